//! Batches, bounds, and who is answered.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use sop_server::encoder::{EmbedError, QueueOptions, ServedEncoder};

use crate::double::{Double, ask, options, serve_double, wait_for_queue};
use crate::images::grey;

#[tokio::test(flavor = "multi_thread")]
async fn a_lone_image_waits_for_nobody() {
    // With an hour to wait for others, this ends only where nothing is waited for.
    let (double, served) = serve_double(Double::new(), &options());
    for value in [1, 2, 3] {
        let vector = ask(&served, grey([2, 2], value)).await.unwrap().unwrap();
        assert_eq!(vector, [f32::from(value), 2.0 * f32::from(value)]);
    }
    assert_eq!(double.batches(), [[1.0], [2.0], [3.0]]);
    assert_eq!((served.queue_length(), served.dim()), (0, 2));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_comes_while_the_encoder_works_shares_batches_of_one_size() {
    let (double, served) = serve_double(Double::new(), &QueueOptions { max_batch: 3, ..options() });
    double.shut();
    let first = ask(&served, grey([2, 2], 1));
    double.wait_for_batches(1);
    let sizes = [[2, 2], [3, 2], [2, 2], [2, 2], [3, 2], [2, 2]];
    let mut asked = Vec::new();
    for (value, size) in (10..).zip(sizes) {
        asked.push(ask(&served, grey(size, value)));
        // One after the other, so that the order is known.
        wait_for_queue(&served, asked.len() + 1).await;
    }
    double.open();
    assert_eq!(first.await.unwrap().unwrap(), [1.0, 2.0]);
    for (value, answer) in (10_u8..).zip(asked) {
        assert_eq!(answer.await.unwrap().unwrap()[0], f32::from(value));
    }
    let mut batches = double.batches();
    assert_eq!(batches.remove(0), [1.0]);
    assert!(batches.iter().all(|batch| batch.len() <= 3), "{batches:?}");
    let wide = |value: &f32| [11.0, 14.0].contains(value);
    assert!(batches.iter().all(|batch| batch.iter().all(wide) || !batch.iter().any(wide)), "{batches:?}");
    let mut all = batches.concat();
    all.sort_by(f32::total_cmp);
    assert_eq!(all, [10.0, 11.0, 12.0, 13.0, 14.0, 15.0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_queue_refuses_and_has_room_again_afterwards() {
    let (double, served) = serve_double(Double::new(), &QueueOptions { queue: 4, max_batch: 2, ..options() });
    double.shut();
    let asked: Vec<_> = (1..=4).map(|value| ask(&served, grey([2, 2], value))).collect();
    wait_for_queue(&served, 4).await;
    let error = ask(&served, grey([2, 2], 5)).await.unwrap().unwrap_err();
    let EmbedError::Overloaded { waiting: 4, queue: 4, retry_after, .. } = error else { panic!("{error}") };
    assert!((1..=60).contains(&retry_after.as_secs()), "{retry_after:?}");
    double.open();
    for answer in asked {
        assert!(answer.await.unwrap().is_ok());
    }
    assert_eq!(served.queue_length(), 0);
    assert!(ask(&served, grey([2, 2], 6)).await.unwrap().is_ok());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_images_of_a_request_are_accepted_all_or_none() {
    let (double, served) = serve_double(Double::new(), &QueueOptions { queue: 4, ..options() });
    let files = |count: u8| (0..count).map(|value| Bytes::from(grey([2, 2], value))).collect::<Vec<_>>();
    let recipe = Arc::clone(served.recipe());
    let error = served.embed(files(5), &recipe).await.unwrap_err();
    assert!(matches!(error, EmbedError::TooMuch { images: 5, queue: 4, .. }), "{error}");
    double.shut();
    let first = ask(&served, grey([2, 2], 9));
    wait_for_queue(&served, 1).await;
    let error = served.embed(files(4), &recipe).await.unwrap_err();
    assert!(matches!(error, EmbedError::Overloaded { waiting: 1, .. }), "{error}");
    double.open();
    assert!(first.await.unwrap().is_ok());
    let vectors = served.embed(files(4), &recipe).await.unwrap();
    let first: Vec<f32> = vectors.into_iter().map(|vector| vector.unwrap()[0]).collect();
    assert_eq!(first, [0.0, 1.0, 2.0, 3.0]);
    assert!(served.embed(Vec::new(), &recipe).await.unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn files_are_bounded_in_bytes_too() {
    let file = grey([2, 2], 1);
    let (double, served) = serve_double(Double::new(), &QueueOptions { max_waiting_bytes: file.len(), ..options() });
    let recipe = Arc::clone(served.recipe());
    let two = vec![Bytes::from(file.clone()), Bytes::from(file.clone())];
    let error = served.embed(two, &recipe).await.unwrap_err();
    assert!(matches!(error, EmbedError::TooMuch { images: 2, .. }), "{error}");
    double.shut();
    let first = ask(&served, file.clone());
    double.wait_for_batches(1);
    // Its file is gone once it is a tensor.
    let second = ask(&served, file);
    wait_for_queue(&served, 2).await;
    double.open();
    assert!(first.await.unwrap().is_ok() && second.await.unwrap().is_ok());
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_encodes_for_clients_that_are_gone() {
    let (double, served) = serve_double(Double::new(), &options());
    double.shut();
    let first = ask(&served, grey([2, 2], 1));
    double.wait_for_batches(1);
    let gone = ask(&served, grey([2, 2], 2));
    wait_for_queue(&served, 2).await;
    let stays = ask(&served, grey([2, 2], 3));
    wait_for_queue(&served, 3).await;
    gone.abort();
    assert!(gone.await.unwrap_err().is_cancelled());
    double.open();
    assert!(first.await.unwrap().is_ok() && stays.await.unwrap().is_ok());
    wait_for_queue(&served, 0).await;
    assert!(!double.batches().concat().contains(&2.0), "{:?}", double.batches());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_accepted_is_answered_before_the_end() {
    let (double, served) = serve_double(Double::new(), &options());
    double.shut();
    let recipe = Arc::clone(served.recipe());
    let files: Vec<Bytes> = (1..=5).map(|value| Bytes::from(grey([2, 2], value))).collect();
    let accepting = Arc::clone(&served);
    let mut asked = Box::pin(async move { accepting.embed(files, &recipe).await });
    // The first look at the future hands the images over.
    let looked = tokio::select! {
        biased;
        _ = &mut asked => true,
        () = std::future::ready(()) => false,
    };
    assert!(!looked);
    served.close();
    let error = ask(&served, grey([2, 2], 6)).await.unwrap().unwrap_err();
    assert!(matches!(error, EmbedError::ShuttingDown), "{error}");
    double.open();
    assert!(asked.await.unwrap().iter().all(Result::is_ok));
    assert_eq!(served.queue_length(), 0);
    let ended = tokio::task::spawn_blocking(move || drop(Arc::<ServedEncoder>::into_inner(served).unwrap()));
    tokio::time::timeout(Duration::from_secs(60), ended).await.unwrap().unwrap();
}
