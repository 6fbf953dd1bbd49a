//! What protocols predict for each image, beside whether it is right.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use ndarray::{Array2, array};
use proptest::prelude::*;
use sop_core::{Classified, EmbeddingSet, Measurement, Provenance};
use sop_eval::few_labels::average_over_tries;
use sop_eval::imagenet9::{ClassMap, VariantImages};
use sop_eval::knn::KnnParams;
use sop_eval::linear::{FeatureSets, LinearParams};
use sop_eval::logreg::LogregParams;
use sop_eval::{imagenet9, knn, linear, logreg};

fn set(name: &str, labels: &[i32], vectors: Array2<f32>, names: Option<&[&str]>) -> EmbeddingSet {
    let ids = (0..labels.len()).map(|row| format!("{name}{row}")).collect();
    let class_names = names.map(|names| names.iter().map(|&name| name.to_owned()).collect());
    let provenance = Provenance { class_names, ..Provenance::default() };
    EmbeddingSet::try_new(ids, labels.iter().map(|&label| Some(label)).collect(), vectors, provenance).unwrap()
}

/// The values of these metrics must have classes that agree with their outcomes, image by image, and the others none.
fn check(found: &[Measurement], metrics: &[&str], labels: &[i32]) {
    let mut checked = 0;
    for measurement in found {
        let classified = measurement.outcomes.as_ref().and_then(|outcomes| outcomes.classified.as_ref());
        assert_eq!(classified.is_some(), metrics.contains(&measurement.metric.as_str()), "{}", measurement.metric);
        let Some(classified) = classified else { continue };
        let pairs: Vec<(u32, u32)> =
            classified.labels().iter().copied().zip(classified.predictions().iter().copied()).collect();
        let right: Vec<f64> =
            pairs.iter().map(|(label, prediction)| f64::from(u8::from(label == prediction))).collect();
        assert_eq!(right, measurement.outcomes.as_ref().unwrap().values, "{}", measurement.metric);
        assert_eq!(measurement.value, Some(right.iter().sum::<f64>() / right.len() as f64));
        let names: Vec<i32> = pairs.iter().map(|(label, _)| name(classified, *label).parse().unwrap()).collect();
        assert_eq!(names, labels);
        checked += 1;
    }
    assert!(checked > 0, "nothing was classified");
}

fn name(classified: &Classified, class: u32) -> &str {
    &classified.names()[class as usize]
}

/// Labels with gaps and vectors that say a little of them.
fn labelled(rows: std::ops::Range<usize>) -> impl Strategy<Value = (Vec<i32>, Array2<f32>)> {
    let row = (0_i32..7, prop::array::uniform4(-1.0_f32..1.0));
    prop::collection::vec(row, rows).prop_map(|rows| {
        let vectors = Array2::from_shape_fn((rows.len(), 4), |(row, column)| {
            rows[row].1[column] + f32::from(u8::from(rows[row].0 % 4 == column as i32))
        });
        (rows.iter().map(|row| row.0 * 10).collect(), vectors)
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn images_are_right_where_their_class_was_predicted(
        (labels, vectors) in labelled(20..60),
        (test_labels, test_vectors) in labelled(5..40),
    ) {
        let known: Vec<usize> = (0..test_labels.len()).filter(|&row| labels.contains(&test_labels[row])).collect();
        prop_assume!(!known.is_empty());
        let test_labels: Vec<i32> = known.iter().map(|&row| test_labels[row]).collect();
        let train = set("train", &labels, vectors, None);
        let test = set("test", &test_labels, test_vectors.select(ndarray::Axis(0), &known), None);

        let params = KnnParams { k: vec![5, 1, 100], bootstrap_resamples: 0, ..KnnParams::default() };
        check(&knn::evaluate(&train, &test, &params).unwrap(), &["top1"], &test_labels);

        let params = LinearParams {
            learning_rates: vec![0.01, 1.0, 1e30], epochs: 3, batch: 8, bootstrap_resamples: 0, ..LinearParams::default()
        };
        let features = [FeatureSets { name: "cls", train: &train, test: &test }];
        let found = linear::evaluate(&features, &params, &mut |_| {}).unwrap().measurements;
        check(&found, &["top1", "head_top1"], &test_labels);

        let params = LogregParams { penalties: vec![1e-3, 1.0], bootstrap_resamples: 0, ..LogregParams::default() };
        check(&logreg::evaluate(&train, &test, &params, &mut |_| {}).unwrap(), &["top1"], &test_labels);
    }

    #[test]
    fn variants_of_imagenet9_are_right_where_their_class_was_predicted(
        rows in prop::collection::vec((0_u32..9, prop::collection::vec(-2_i8..3, 12)), 1..40),
    ) {
        // Three of the head's classes stand for none of the nine.
        let mapping: serde_json::Map<String, serde_json::Value> =
            (0..12).map(|class: i32| (class.to_string(), if class < 9 { class } else { -1 }.into())).collect();
        let mapping = serde_json::Value::Object(mapping).to_string();
        let map = ClassMap::parse(&mapping, &(0..12).collect::<Vec<_>>()).unwrap();
        let truths: Vec<u32> = rows.iter().map(|row| row.0).collect();
        let logits = Array2::from_shape_fn((rows.len(), 12), |(row, class)| f32::from(rows[row].1[class]));
        let ids: Vec<String> = (0..rows.len()).map(|image| image.to_string()).collect();
        let variant = VariantImages { variant: "original", ids: &ids, truths: &truths, logits: logits.view() };
        let classes: Vec<String> = (0..9).map(|class| class.to_string()).collect();
        let found = imagenet9::evaluate(&[variant], &map, &classes, 0, 0).unwrap();
        let labels: Vec<i32> = truths.iter().map(|&truth| truth as i32).collect();
        check(&found, &["accuracy"], &labels);
    }
}

#[test]
fn predictions_have_the_names_of_the_classes() {
    let train = set("train", &[0, 1, 2, 9], array![[1.0, 0.0], [0.0, 1.0], [-1.0, 0.0], [0.0, -1.0]], None);
    // The last class has no name, and two have the same.
    let names = ["crane", "9", "crane"];
    let test = set("test", &[0, 1, 2, 9], array![[0.0, 1.0], [0.1, 1.0], [-1.0, 0.1], [1.0, 0.1]], Some(&names));
    let params = KnnParams { k: vec![1], bootstrap_resamples: 0, ..KnnParams::default() };
    let of_knn = knn::evaluate(&train, &test, &params).unwrap();
    let of_logreg = logreg::evaluate(&train, &test, &LogregParams::default(), &mut |_| {}).unwrap();
    for found in [of_knn, of_logreg] {
        let top1 = found.iter().find(|found| found.metric == "top1").unwrap();
        let classified = top1.outcomes.as_ref().unwrap().classified.as_ref().unwrap();
        let names_of = |classes: &[u32]| classes.iter().map(|&class| name(classified, class)).collect::<Vec<_>>();
        assert_eq!(names_of(classified.labels()), ["crane (0)", "9", "crane (2)", "9 (3)"]);
        assert_eq!(names_of(classified.predictions()), ["9", "9", "crane (2)", "crane (0)"]);
    }
}

#[test]
fn a_class_of_the_head_that_stands_for_none_is_predicted_by_that_name() {
    let map = ClassMap::parse(r#"{"0": 0, "1": -1, "2": 1}"#, &[0, 1, 2]).unwrap();
    let logits = array![[1.0_f32, 2.0, 0.0], [0.0, 1.0, 3.0]];
    let ids = ["a".to_owned(), "b".to_owned()];
    let variant = VariantImages { variant: "original", ids: &ids, truths: &[0, 1], logits: logits.view() };
    let found = imagenet9::evaluate(&[variant], &map, &imagenet9::CLASSES.map(str::to_owned), 0, 0).unwrap();
    let classified = found[0].outcomes.as_ref().unwrap().classified.as_ref().unwrap();
    assert_eq!(name(classified, classified.predictions()[0]), Classified::NO_CLASS);
    assert_eq!(name(classified, classified.predictions()[1]), "bird");
}

#[test]
fn a_mean_of_several_tries_predicts_nothing() {
    let train = set("train", &[0, 1], array![[1.0, 0.0], [0.0, 1.0]], None);
    let params = KnnParams { k: vec![1], bootstrap_resamples: 0, ..KnnParams::default() };
    let found = knn::evaluate(&train, &train, &params).unwrap();
    let classes = |tries: &[Vec<Measurement>]| {
        let averaged = average_over_tries(tries, &["k"], 0, 0);
        let top1 = averaged.into_iter().find(|found| found.metric == "top1").unwrap();
        top1.outcomes.unwrap().classified
    };
    assert!(classes(std::slice::from_ref(&found)).is_some());
    assert_eq!(classes(&[found.clone(), found]), None);
}

/// Logits that are no numbers compare with nothing, so that no class would be ahead of the right one.
#[test]
fn a_head_that_diverged_is_never_right() {
    let (train, test) = (
        set("train", &[0, 1, 0, 1], array![[1e20, 0.0], [0.0, 1e20], [1e20, 1.0], [1.0, 1e20]], None),
        set("test", &[0, 1], array![[1.0, 0.0], [0.0, 1.0]], None),
    );
    let params = LinearParams {
        learning_rates: vec![1e-3, 1e30],
        epochs: 4,
        batch: 2,
        held_out: 0.0,
        bootstrap_resamples: 0,
        ..LinearParams::default()
    };
    let features = [FeatureSets { name: "cls", train: &train, test: &test }];
    let outcome = linear::evaluate(&features, &params, &mut |_| {}).unwrap();
    let diverged: Vec<_> = outcome.curves.iter().filter(|curve| !curve.train_loss.is_finite()).collect();
    assert!(!diverged.is_empty(), "{:?}", outcome.curves);
    assert!(diverged.iter().all(|curve| curve.test_top1 == 0.0), "{:?}", outcome.curves);
}
