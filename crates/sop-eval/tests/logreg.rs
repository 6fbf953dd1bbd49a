//! Logistic regression through its public interface.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use ndarray::{Array2, array};
use sop_core::{EmbeddingSet, Provenance};
use sop_eval::EvalError;
use sop_eval::logreg::{LogregParams, Scaling, evaluate, solve};

fn set(name: &str, vectors: Array2<f32>, labels: &[i32]) -> EmbeddingSet {
    let ids = (0..labels.len()).map(|image| format!("{name}{image}")).collect();
    let labels = labels.iter().map(|&label| Some(label)).collect();
    EmbeddingSet::try_new(ids, labels, vectors, Provenance::default()).unwrap()
}

fn params(penalty: f64) -> LogregParams {
    LogregParams { penalties: vec![penalty], scaling: Scaling::None, intercept: false, ..LogregParams::default() }
}

#[test]
fn two_opposite_points_have_the_weights_of_the_closed_condition() {
    // Features +1 and -1, classes 0 and 1: with weights (w, -w) the gradient is sigma(2w) - 1 + penalty w = 0.
    let features = array![[1.0_f32], [-1.0]];
    let penalty = 0.3;
    let solutions =
        solve(features.view(), &[0, 1], 2, &LogregParams { tolerance: 1e-10, ..params(penalty) }, &mut |_| {});
    let w = solutions[0].classifier.weights[[0, 0]];
    assert!((solutions[0].classifier.weights[[1, 0]] + w).abs() < 1e-9);
    let sigma = 1.0 / (1.0 + (-2.0 * w).exp());
    assert!((sigma - 1.0 + penalty * w).abs() < 1e-9, "{w}");
    assert!(solutions[0].converged);
}

#[test]
fn without_features_that_tell_the_intercept_learns_the_frequencies() {
    let features = Array2::<f32>::zeros((4, 1));
    let fitted = LogregParams { intercept: true, tolerance: 1e-9, ..params(1.0) };
    let solutions = solve(features.view(), &[0, 0, 0, 1], 2, &fitted, &mut |_| {});
    let intercepts = &solutions[0].classifier.intercepts;
    assert!((intercepts[0] - intercepts[1] - 3.0_f64.ln()).abs() < 1e-6, "{intercepts}");
}

#[test]
fn penalties_keep_their_order_and_stronger_ones_fit_less() {
    let train = set("a", array![[0.0, 1.0], [0.1, 0.8], [1.0, 0.1], [0.9, 0.0]], &[3, 3, 8, 8]);
    let test = set("b", array![[0.0, 0.9], [0.8, 0.1]], &[3, 8]);
    let many = LogregParams { penalties: vec![1e-3, 10.0, 0.1], ..LogregParams::default() };
    let found = evaluate(&train, &test, &many, &mut |_| {}).unwrap();
    let objectives: Vec<_> = found.iter().filter(|found| found.metric == "objective").collect();
    let penalties: Vec<f64> = objectives.iter().map(|found| found.params["penalty"].as_f64().unwrap()).collect();
    assert_eq!(penalties, [1e-3, 10.0, 0.1]);
    assert!(objectives[0].value < objectives[2].value && objectives[2].value < objectives[1].value);
    assert!(found.iter().filter(|found| found.metric == "top1").all(|found| found.value == Some(1.0)));
    assert!(found.iter().filter(|found| found.metric == "top5").all(|found| found.value.is_none()));
}

#[test]
fn constant_features_and_single_images_are_no_reason_to_fail() {
    let train = set("a", array![[5.0, 1.0], [5.0, 1.0], [5.0, 1.0]], &[0, 1, 1]);
    let test = set("b", array![[5.0, 1.0]], &[1]);
    let found = evaluate(&train, &test, &LogregParams::default(), &mut |_| {}).unwrap();
    assert_eq!(found.iter().find(|found| found.metric == "top1").unwrap().value, Some(1.0));
}

#[test]
fn what_cannot_be_measured_is_refused() {
    let train = set("a", array![[1.0], [2.0]], &[0, 1]);
    for (params, name) in [
        (LogregParams { penalties: vec![], ..LogregParams::default() }, "penalties"),
        (LogregParams { penalties: vec![0.0], ..LogregParams::default() }, "positive"),
        (LogregParams { penalties: vec![1.0, 1.0], ..LogregParams::default() }, "more than once"),
        (LogregParams { tolerance: 0.0, ..LogregParams::default() }, "tolerance"),
        (LogregParams { max_iterations: 0, ..LogregParams::default() }, "max_iterations"),
    ] {
        let error = evaluate(&train, &train, &params, &mut |_| {}).unwrap_err().to_string();
        assert!(error.contains(name), "{error}");
    }
    let test = set("b", array![[1.0]], &[7]);
    let error = evaluate(&train, &test, &LogregParams::default(), &mut |_| {}).unwrap_err();
    assert!(matches!(error, EvalError::UnknownTestLabels { .. }), "{error}");
}
