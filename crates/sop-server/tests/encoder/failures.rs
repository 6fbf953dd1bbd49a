//! Bad images, and encoders that fail, panic and give no numbers.

use std::sync::Arc;

use sop_core::{Encoder, Feature};
use sop_image::ImageError;
use sop_image::PrepareError;
use sop_server::encoder::{EmbedError, Embedding, Preparation, QueueOptions, Recipe, ServedEncoder, StartError};

use crate::double::{Double, Trouble, ask, options, serve_double, wait_for_queue};
use crate::images::{bomb, grey};

/// Answers for the grey values 1, 2 and 3 in one batch of an encoder.
async fn batch_of_three(double: Double) -> (Arc<Double>, Vec<Embedding>) {
    let (double, served) = serve_double(double, &options());
    double.shut();
    let first = ask(&served, grey([2, 2], 9));
    double.wait_for_batches(1);
    let mut asked = Vec::new();
    for value in 1..=3 {
        asked.push(ask(&served, grey([2, 2], value)));
        wait_for_queue(&served, asked.len() + 1).await;
    }
    double.open();
    assert!(first.await.unwrap().is_ok());
    let mut answers = Vec::new();
    for answer in asked {
        answers.push(answer.await.unwrap());
    }
    // It goes on.
    assert_eq!(ask(&served, grey([2, 2], 4)).await.unwrap().unwrap(), [4.0, 8.0]);
    assert_eq!(served.queue_length(), 0);
    (double, answers)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_image_that_the_encoder_fails_over_fails_alone() {
    let (double, answers) = batch_of_three(Double::with(Trouble { fails_at: vec![2.0], ..Trouble::default() })).await;
    let [first, second, third] = answers.try_into().unwrap();
    assert_eq!((first.unwrap(), third.unwrap()), (vec![1.0, 2.0], vec![3.0, 6.0]));
    assert!(matches!(second.unwrap_err(), EmbedError::Encode(_)));
    let alone = double.batches().iter().filter(|batch| **batch == [2.0]).count();
    assert_eq!(alone, 1, "{:?}", double.batches());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_encoder_that_panics_answers_with_errors_and_goes_on() {
    let (_, answers) =
        batch_of_three(Double::with(Trouble { panics_at: vec![1.0, 2.0, 3.0], ..Trouble::default() })).await;
    for answer in answers {
        let error = answer.unwrap_err();
        assert!(matches!(error, EmbedError::EncoderPanic { .. }), "{error}");
        assert!(error.to_string().contains("as it was told to"), "{error}");
    }
    let (_, answers) = batch_of_three(Double::with(Trouble { panics_at: vec![3.0], ..Trouble::default() })).await;
    assert_eq!(answers.iter().map(Result::is_ok).collect::<Vec<_>>(), [true, true, false]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_vector_that_is_no_vector_is_an_error() {
    let (_, answers) = batch_of_three(Double::with(Trouble { nan_at: vec![2.0], ..Trouble::default() })).await;
    assert!(matches!(answers[1], Err(EmbedError::NotFinite { component: 0, .. })), "{answers:?}");
    assert!(answers[0].is_ok() && answers[2].is_ok());
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_images_are_told_from_each_other() {
    let (double, served) = serve_double(Double::new(), &QueueOptions { max_input_pixels: 100, ..options() });
    let whole = grey([2, 2], 1);
    let truncated = whole[..whole.len() / 2].to_vec();
    let mut errors = Vec::new();
    for file in [Vec::new(), b"<html>".to_vec(), truncated, bomb(), grey([11, 10], 1)] {
        errors.push(ask(&served, file).await.unwrap().unwrap_err());
    }
    let texts: Vec<String> = errors.iter().map(ToString::to_string).collect();
    let image = |place: usize| match &errors[place] {
        EmbedError::Image(PrepareError::Image(error)) => error,
        _ => panic!("{texts:?}"),
    };
    assert!(matches!(image(0), ImageError::NoData), "{texts:?}");
    assert!(matches!(image(1), ImageError::UnsupportedFormat { .. }), "{texts:?}");
    assert!(matches!(image(2), ImageError::Truncated { .. } | ImageError::Corrupt { .. }), "{texts:?}");
    let size = ImageError::TooManyPixels { width: 100_000, height: 100_000, limit: 1 << 26 };
    assert_eq!(image(3).to_string(), size.to_string());
    assert!(matches!(errors[4], EmbedError::InputTooLarge { height: 10, width: 11, limit: 100 }), "{texts:?}");
    assert!(double.batches().is_empty());
    assert!(ask(&served, grey([10, 10], 1)).await.unwrap().is_ok());
}

#[test]
fn an_encoder_that_cannot_work_is_not_served() {
    // The first image begins with black.
    let double: Arc<dyn Encoder> = Arc::new(Double::with(Trouble { panics_at: vec![0.0], ..Trouble::default() }));
    let recipe = Recipe::new(double.as_ref(), None, Feature::Cls).unwrap();
    let preparation = Arc::new(Preparation::start(1).unwrap());
    let started = ServedEncoder::start("name", double, recipe, &options(), &preparation);
    let error = started.err().unwrap();
    assert!(matches!(&error, StartError::FirstImage { encoder, .. } if encoder == "name"), "{error}");
}
