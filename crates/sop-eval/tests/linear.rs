//! The linear probe through its public interface.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use ndarray::{Array1, Array2};
use safetensors::Dtype;
use safetensors::tensor::TensorView;
use sop_core::{EmbeddingSet, Measurement, Provenance};
use sop_eval::EvalError;
use sop_eval::linear::{FeatureSets, LinearHead, LinearOutcome, LinearParams, LinearStart, evaluate, evaluate_from};

/// Images of `classes` classes around the corners of a simplex, with a little deterministic noise.
fn corners(name: &str, images: usize, classes: usize, dim: usize, noise: f32) -> EmbeddingSet {
    let mut state = images as u64 + 7;
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 40) as f32 / (1_u64 << 24) as f32 - 0.5
    };
    let vectors = Array2::from_shape_fn((images, dim), |(image, component)| {
        f32::from(u8::from(image % classes == component)) + noise * next()
    });
    let ids = (0..images).map(|image| format!("{name}{image}")).collect();
    let labels = (0..images).map(|image| Some((image % classes) as i32 * 10)).collect();
    EmbeddingSet::try_new(ids, labels, vectors, Provenance::default()).unwrap()
}

fn quick() -> LinearParams {
    LinearParams {
        learning_rates: vec![1e-4, 0.5],
        epochs: 20,
        batch: 16,
        bootstrap_resamples: 50,
        ..LinearParams::default()
    }
}

fn run(train: &EmbeddingSet, test: &EmbeddingSet, params: &LinearParams) -> Result<LinearOutcome, EvalError> {
    evaluate(&[FeatureSets { name: "cls", train, test }], params, &mut |_| {})
}

fn find<'a>(outcome: &'a LinearOutcome, metric: &str, key: &str, value: &str) -> &'a Measurement {
    let is = |found: &&Measurement| found.metric == metric && found.params.get(key).is_some_and(|found| found == value);
    outcome.measurements.iter().find(is).unwrap()
}

#[test]
fn separable_classes_are_learnt_and_both_selections_reported() {
    let (train, test) = (corners("a", 120, 6, 8, 0.3), corners("b", 60, 6, 8, 0.3));
    let outcome = run(&train, &test, &quick()).unwrap();
    for selection in ["held_out", "test"] {
        let top1 = find(&outcome, "top1", "selection", selection);
        assert_eq!((top1.value, top1.num_samples), (Some(1.0), 60));
        assert_eq!(top1.params["learning_rate"], 0.5);
        assert!(find(&outcome, "top5", "selection", selection).value.is_some());
    }
    // A curve for both learning rates and 20 epochs; heads of the last epoch beside them.
    assert_eq!(outcome.curves.len(), 40);
    assert_eq!(outcome.measurements.iter().filter(|found| found.metric == "head_top1").count(), 2);
    assert!(outcome.curves.iter().all(|curve| curve.held_out_top1.is_some()));
    let losses: Vec<f64> =
        outcome.curves.iter().filter(|curve| curve.learning_rate > 0.1).map(|curve| curve.train_loss).collect();
    assert!(losses[19] < 0.5 * losses[0], "{losses:?}");
}

#[test]
fn the_number_chosen_on_the_test_set_is_the_best_of_all_heads_and_epochs() {
    let (train, test) = (corners("a", 60, 3, 4, 3.0), corners("b", 90, 3, 4, 3.0));
    let outcome = run(&train, &test, &quick()).unwrap();
    let best = outcome.curves.iter().map(|curve| curve.test_top1).fold(0.0, f64::max);
    assert_eq!(find(&outcome, "top1", "selection", "test").value, Some(best));
    assert!(find(&outcome, "top1", "selection", "held_out").value.unwrap() <= best);
}

#[test]
fn several_features_are_swept_and_the_chosen_one_named() {
    let (train, test) = (corners("a", 90, 3, 4, 0.2), corners("b", 30, 3, 4, 0.2));
    let useless = |set: &EmbeddingSet| {
        let vectors = Array2::ones((set.len(), 2));
        EmbeddingSet::try_new(set.ids().to_vec(), set.labels().to_vec(), vectors, Provenance::default()).unwrap()
    };
    let (plain_train, plain_test) = (useless(&train), useless(&test));
    let features = [
        FeatureSets { name: "constant", train: &plain_train, test: &plain_test },
        FeatureSets { name: "cls", train: &train, test: &test },
    ];
    let outcome = evaluate(&features, &quick(), &mut |_| {}).unwrap();
    assert_eq!(find(&outcome, "top1", "selection", "held_out").params["feature"], "cls");
    assert_eq!(outcome.head.feature.as_deref(), Some("cls"));
    let constant = find(&outcome, "head_top1", "feature", "constant").value.unwrap();
    assert!((constant - 1.0 / 3.0).abs() < 1e-9, "{constant}");
}

#[test]
fn the_same_seed_gives_the_same_numbers_on_any_number_of_threads() {
    let (train, test) = (corners("a", 70, 5, 40, 2.0), corners("b", 40, 5, 40, 2.0));
    let on = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| {
            run(
                &train,
                &test,
                &LinearParams { learning_rates: (1..40).map(f64::from).map(|k| k / 100.0).collect(), ..quick() },
            )
            .unwrap()
        })
    };
    let (one, three) = (on(1), on(3));
    assert_eq!(one.curves, three.curves);
    assert_eq!(one.head, three.head);
}

#[test]
fn nothing_held_out_leaves_that_number_out() {
    let (train, test) = (corners("a", 30, 3, 4, 0.2), corners("b", 30, 3, 4, 0.2));
    let outcome = run(&train, &test, &LinearParams { held_out: 0.0, ..quick() }).unwrap();
    assert!(outcome.measurements.iter().all(|found| found.params.get("selection") != Some(&"held_out".into())));
    assert!(outcome.measurements.iter().all(|found| found.metric != "held_out_top1"));
}

#[test]
fn a_class_with_a_single_image_and_a_train_set_of_one_work() {
    let (train, test) = (corners("a", 4, 3, 4, 0.0), corners("b", 3, 3, 4, 0.0));
    assert!(
        run(&train, &test, &quick())
            .unwrap()
            .measurements
            .iter()
            .all(|found| found.metric != "top1" || found.value.is_some())
    );
    let (train, test) = (corners("a", 1, 1, 4, 0.0), corners("b", 2, 1, 4, 0.0));
    assert_eq!(find(&run(&train, &test, &quick()).unwrap(), "top1", "selection", "test").value, Some(1.0));
}

#[test]
fn a_head_is_the_same_after_its_file() {
    let (train, test) = (corners("a", 30, 3, 4, 0.2), corners("b", 30, 3, 4, 0.2));
    let head = run(&train, &test, &quick()).unwrap().head;
    let bytes = head.to_bytes().unwrap();
    assert_eq!(LinearHead::from_bytes(&bytes).unwrap(), head);
    assert_eq!(head.labels, [0, 10, 20]);
    for broken in [&bytes[..bytes.len() - 3], b"nothing", b""] {
        LinearHead::from_bytes(broken).unwrap_err();
    }
}

#[test]
fn what_cannot_be_measured_is_refused() {
    let (train, test) = (corners("a", 30, 3, 4, 0.2), corners("b", 30, 3, 4, 0.2));
    for (params, name) in [
        (LinearParams { learning_rates: vec![], ..quick() }, "learning_rates"),
        (LinearParams { learning_rates: vec![0.1, 0.1], ..quick() }, "more than once"),
        (LinearParams { learning_rates: vec![-1.0], ..quick() }, "positive"),
        (LinearParams { held_out: 1.0, ..quick() }, "held_out"),
        (LinearParams { batch: 0, ..quick() }, "batch"),
        (LinearParams { epochs: 0, ..quick() }, "epochs"),
        (LinearParams { momentum: 1.0, ..quick() }, "momentum"),
    ] {
        let error = run(&train, &test, &params).unwrap_err().to_string();
        assert!(error.contains(name), "{error}");
    }
    let other = corners("c", 30, 3, 4, 0.2);
    let features =
        [FeatureSets { name: "x", train: &train, test: &test }, FeatureSets { name: "y", train: &other, test: &test }];
    let error = evaluate(&features, &quick(), &mut |_| {}).unwrap_err();
    assert!(matches!(error, EvalError::OtherImages { .. }), "{error}");
    assert!(matches!(run(&train, &corners("d", 9, 9, 4, 0.1), &quick()), Err(EvalError::UnknownTestLabels { .. })));
}

/// A start's file: weights `[classes, dim]` of 0 and orders of images.
fn start(shape: [usize; 2], orders: &[Vec<i32>]) -> Vec<u8> {
    let weights = vec![0_u8; 4 * shape[0] * shape[1]];
    let rows: Vec<u8> = orders.iter().flatten().flat_map(|row| row.to_le_bytes()).collect();
    let columns = orders.first().map_or(0, Vec::len);
    let tensors = [
        ("W0", TensorView::new(Dtype::F32, shape.to_vec(), &weights).unwrap()),
        ("order", TensorView::new(Dtype::I32, vec![orders.len(), columns], &rows).unwrap()),
    ];
    safetensors::serialize(tensors, None).unwrap()
}

#[test]
fn a_start_gives_the_same_heads_whatever_the_seed_and_other_orders_others() {
    let (train, test) = (corners("train", 24, 3, 4, 0.8), corners("test", 12, 3, 4, 0.8));
    let heads = |bytes: &[u8], seed: u64| {
        let params = LinearParams { epochs: 2, batch: 5, held_out: 0.0, seed, ..quick() };
        let start = LinearStart::from_bytes(bytes).unwrap();
        let features = [FeatureSets { name: "cls", train: &train, test: &test }];
        evaluate_from(Some(&start), &features, &params, &mut |_| {}).unwrap().curves
    };
    let order: Vec<i32> = (0..24).rev().collect();
    let bytes = start([3, 4], &[order.clone(), order.clone()]);
    assert_eq!(heads(&bytes, 0), heads(&bytes, 1));
    let other: Vec<i32> = (0..24).collect();
    assert_ne!(heads(&bytes, 0), heads(&start([3, 4], &[order, other]), 0));
}

#[test]
fn starts_that_do_not_fit_are_refused() {
    let (train, test) = (corners("train", 6, 3, 4, 0.8), corners("test", 6, 3, 4, 0.8));
    let order: Vec<i32> = (0..6).collect();
    let twice: Vec<i32> = vec![0, 1, 2, 3, 4, 4];
    let beyond: Vec<i32> = vec![0, 1, 2, 3, 4, 6];
    let two = |order: &[i32]| [order.to_vec(), order.to_vec()];
    for (bytes, part) in [
        (start([3, 5], &two(&order)), "3 x 5"),
        (start([4, 4], &two(&order)), "4 x 4"),
        (start([3, 4], std::slice::from_ref(&order)), "1 epochs"),
        (start([3, 4], &two(&twice)), "epoch 0"),
        (start([3, 4], &two(&beyond)), "epoch 0"),
        (start([3, 4], &two(&order[..5])), "epoch 0"),
    ] {
        let params = LinearParams { epochs: 2, ..quick() };
        let features = [FeatureSets { name: "cls", train: &train, test: &test }];
        let parsed = LinearStart::from_bytes(&bytes).unwrap();
        let error = evaluate_from(Some(&parsed), &features, &params, &mut |_| {}).unwrap_err().to_string();
        assert!(error.contains(part), "{error}");
    }
    let negative: Vec<i32> = vec![0, 1, 2, 3, 4, -5];
    assert!(LinearStart::from_bytes(&start([3, 4], &two(&negative))).unwrap_err().to_string().contains("-5"));
    assert!(LinearStart::from_bytes(b"no tensors").is_err());
    let head = LinearHead::from_bytes(&start([3, 4], &two(&order)));
    assert!(head.is_err());
}

#[test]
fn the_same_head_gives_the_same_bytes() {
    let head = LinearHead {
        class_names: Some(vec!["ant".to_owned(), "bee".to_owned()]),
        feature: Some("cls".to_owned()),
        encoder_sha256: Some("00ff".to_owned()),
        transform: Some("normalize(imagenet)".to_owned()),
        weights: Array2::zeros((2, 3)),
        biases: Array1::zeros(2),
        labels: vec![0, 1],
    };
    let bytes = head.to_bytes().unwrap();
    // A hash map has another order each time it is made.
    assert!((0..20).all(|_| head.to_bytes().unwrap() == bytes));
    assert_eq!(LinearHead::from_bytes(&bytes).unwrap(), head);
}
