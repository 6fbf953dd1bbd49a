//! The k-NN protocol on cases that can be worked out by hand, and its properties.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use ndarray::{Array2, array};
use proptest::prelude::*;
use serde_json::json;
use sop_core::{EmbeddingSet, Measurement, Provenance};
use sop_eval::EvalError;
use sop_eval::knn::{KNN, KnnParams, evaluate, evaluate_leave_one_out, votes};

fn set_from(name: &str, labels: &[i32], vectors: Array2<f32>, provenance: Provenance) -> EmbeddingSet {
    let ids = (0..labels.len()).map(|row| format!("{name}{row}")).collect();
    EmbeddingSet::try_new(ids, labels.iter().map(|&label| Some(label)).collect(), vectors, provenance).unwrap()
}

fn set(name: &str, labels: &[i32], vectors: Array2<f32>) -> EmbeddingSet {
    set_from(name, labels, vectors, Provenance::default())
}

fn params(k: &[usize]) -> KnnParams {
    KnnParams { k: k.to_vec(), bootstrap_resamples: 0, ..KnnParams::default() }
}

fn pick<'a>(measurements: &'a [Measurement], metric: &str, k: usize) -> &'a Measurement {
    measurements.iter().find(|found| found.metric == metric && found.params["k"] == json!(k)).unwrap()
}

fn correct(measurements: &[Measurement], k: usize) -> Vec<f64> {
    pick(measurements, "top1", k).outcomes.as_ref().unwrap().values.clone()
}

/// Unit vector at an angle in degrees.
fn at(degrees: f64) -> [f32; 2] {
    [degrees.to_radians().cos() as f32, degrees.to_radians().sin() as f32]
}

#[test]
fn three_rows_by_hand() {
    // Cosines to the query at 0 degrees: 0.99, 0.98 and 0.94; with T = 0.07 the two of class 5 outvote the nearest.
    let train = set("train", &[2, 5, 5], array![at(8.0), at(-11.0), at(20.0)]);
    let test = set("test", &[5], array![[3.0, 0.0]]);
    let found = evaluate(&train, &test, &params(&[1, 2, 3])).unwrap();
    assert_eq!(correct(&found, 1), [0.0]);
    assert_eq!(correct(&found, 2), [0.0]);
    assert_eq!(correct(&found, 3), [1.0]);

    let votes = votes(&train, &test, 3, 0.07).unwrap();
    assert_eq!(votes.labels, [2, 5]);
    let weight = |degrees: f64| (degrees.to_radians().cos() / 0.07).exp();
    for (vote, expected) in votes.votes.iter().zip([weight(8.0), weight(11.0) + weight(20.0)]) {
        assert!((vote / expected - 1.0).abs() < 1e-5, "{vote} instead of {expected}");
    }
    // A low temperature leaves the nearest to decide, down to where the weights themselves would overflow.
    for temperature in [0.001, 1e-9, 1e-300] {
        let cold = KnnParams { temperature, ..params(&[3]) };
        assert_eq!(correct(&evaluate(&train, &test, &cold).unwrap(), 3), [0.0], "T = {temperature}");
    }
}

#[test]
fn ties_between_classes_go_to_the_lower_label() {
    for (labels, truth, expected) in [([9, 4], 4, 1.0), ([9, 4], 9, 0.0), ([4, 9], 4, 1.0), ([14, 19], 14, 1.0)] {
        let train = set("train", &labels, array![[1.0, 1.0], [1.0, -1.0]]);
        let test = set("test", &[truth], array![[1.0, 0.0]]);
        let found = evaluate(&train, &test, &params(&[2])).unwrap();
        assert_eq!(correct(&found, 2), [expected], "{labels:?}, {truth}");
    }
}

#[test]
fn ties_between_images_go_to_the_lower_row() {
    let same = array![[1.0, 1.0], [1.0, 1.0], [2.0, 2.0]];
    let test = set("test", &[8], array![[1.0, 1.0]]);
    let first = evaluate(&set("train", &[8, 1, 1], same.clone()), &test, &params(&[1])).unwrap();
    let last = evaluate(&set("train", &[1, 1, 8], same), &test, &params(&[1])).unwrap();
    assert_eq!((correct(&first, 1), correct(&last, 1)), (vec![1.0], vec![0.0]));
}

#[test]
fn any_labels_one_query_and_more_neighbours_than_images() {
    let train = set("train", &[1_000_000, 7, 3], array![[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]);
    let test = set("test", &[1_000_000], array![[5.0, 1.0, 1.0]]);
    let found = evaluate(&train, &test, &params(&[200, 1])).unwrap();
    let top1 = pick(&found, "top1", 200);
    assert_eq!((top1.value, top1.num_samples, top1.higher_is_better), (Some(1.0), 1, true));
    assert_eq!(serde_json::to_string(&top1.params).unwrap(), r#"{"k":200,"temperature":0.07}"#);
    let class = pick(&found, "class_top1", 1);
    assert_eq!((class.params["class"].clone(), class.num_samples), (json!(1_000_000), 1));
    assert_eq!((KNN.name, KNN.version), ("knn", 1));
}

#[test]
fn one_class_is_always_right() {
    let train = set("train", &[3, 3], array![[1.0, 0.0], [0.0, 1.0]]);
    let test = set("test", &[3, 3], array![[0.0, -1.0], [0.0, 0.0]]);
    assert_eq!(correct(&evaluate(&train, &test, &params(&[1])).unwrap(), 1), [1.0, 1.0]);
}

#[test]
fn top5_is_undefined_below_five_classes() {
    let eye = |classes: usize| Array2::from_shape_fn((classes, 6), |(row, column)| f32::from(row == column));
    for classes in 1..7 {
        let labels: Vec<i32> = (0..classes).collect();
        let train = set("train", &labels, eye(labels.len()));
        let test = set("test", &labels, eye(labels.len()));
        let found = evaluate(&train, &test, &params(&[1, 5])).unwrap();
        let top5 = pick(&found, "top5", 1);
        assert_eq!((top5.value, top5.outcomes.is_some()), ((classes >= 5).then_some(1.0), classes >= 5));
    }
}

#[test]
fn top5_counts_only_classes_with_a_vote() {
    let labels: Vec<i32> = (0..7).collect();
    let train = set("train", &labels, Array2::from_shape_fn((7, 2), |(row, column)| at(10.0 * row as f64)[column]));
    let test = set("test", &labels, Array2::from_shape_fn((7, 2), |(_, column)| at(0.0)[column]));
    let found = evaluate(&train, &test, &params(&[3, 5, 7])).unwrap();
    let within = |k| pick(&found, "top5", k).outcomes.as_ref().unwrap().values.iter().sum::<f64>();
    assert_eq!((within(3), within(5), within(7)), (3.0, 5.0, 5.0));
}

#[test]
fn classes_are_named_and_averaged() {
    let names = ["cat", "crane", "crane"].map(str::to_owned).to_vec();
    let provenance = Provenance { class_names: Some(names), ..Provenance::default() };
    let train = set("train", &[0, 1, 2, 9], array![[1.0, 0.0], [0.0, 1.0], [-1.0, 0.0], [0.0, -1.0]]);
    let vectors = array![[1.0, 0.1], [1.0, 0.2], [0.1, 1.0], [1.0, 0.1], [0.0, -1.0]];
    let test = set_from("test", &[0, 0, 0, 2, 9], vectors, provenance);
    let found = evaluate(&train, &test, &params(&[1])).unwrap();
    assert_eq!(pick(&found, "top1", 1).value, Some(3.0 / 5.0));
    let mean = pick(&found, "macro_top1", 1);
    assert!((mean.value.unwrap() - (2.0 / 3.0 + 0.0 + 1.0) / 3.0).abs() < 1e-12);
    assert_eq!((mean.num_samples, mean.outcomes.as_ref().unwrap().values.len()), (5, 5));
    let by_class: Vec<_> = found
        .iter()
        .filter(|found| found.metric == "class_top1")
        .map(|found| (found.params["class"].clone(), found.value, found.num_samples))
        .collect();
    let expected = [(json!("cat"), 2.0 / 3.0, 3), (json!("crane (2)"), 0.0, 1), (json!(9), 1.0, 1)];
    assert_eq!(by_class, expected.map(|(name, value, count)| (name, Some(value), count)));
    let units = found.iter().find(|found| found.metric == "class_top1").unwrap().outcomes.as_ref().unwrap();
    assert_eq!(*units.unit_ids, ["test0", "test1", "test2"]);
}

#[test]
fn intervals_surround_the_value_and_repeat() {
    let train = set("train", &[0, 1], array![[1.0, 0.0], [0.0, 1.0]]);
    let labels: Vec<i32> = (0..100).map(|image| i32::from(image % 4 == 0)).collect();
    let test = set("test", &labels, Array2::from_shape_fn((100, 2), |(_, column)| at(10.0)[column]));
    let asked = KnnParams { bootstrap_resamples: 500, seed: 3, ..params(&[1]) };
    let first = evaluate(&train, &test, &asked).unwrap();
    let top1 = pick(&first, "top1", 1);
    let (low, high) = top1.ci95.unwrap();
    assert!(low < 0.75 && 0.75 < high && high - low < 0.25, "{low} to {high}");
    // The standard error of a fraction is sqrt(p (1 - p) / n).
    assert!((top1.std_error.unwrap() - (0.75_f64 * 0.25 / 100.0).sqrt()).abs() < 0.005, "{top1:?}");
    let second = evaluate(&train, &test, &asked).unwrap();
    assert_eq!(pick(&second, "top1", 1).ci95, top1.ci95);
    let without = evaluate(&train, &test, &params(&[1])).unwrap();
    assert!(without.iter().all(|found| found.ci95.is_none() && found.std_error.is_none()));
}

#[test]
fn parameters_are_read_strictly() {
    let read = |json| serde_json::from_value::<KnnParams>(json);
    assert_eq!(read(json!({})).unwrap(), KnnParams::default());
    let default = KnnParams::default();
    assert_eq!((default.k, default.temperature, default.bootstrap_resamples), (vec![10, 20, 100, 200], 0.07, 2000));
    assert_eq!(read(json!({"k": [1], "temperature": 1})).unwrap().temperature, 1.0);
    let message = read(json!({"temprature": 0.1})).unwrap_err().to_string();
    assert!(message.contains("temprature") && message.contains("temperature"), "{message}");
}

#[test]
fn wrong_parameters_are_named() {
    let check = |k: &[usize], temperature| KnnParams { temperature, ..params(k) }.check();
    assert!(matches!(check(&[], 0.07), Err(EvalError::EmptyK)));
    assert!(matches!(check(&[5, 0], 0.07), Err(EvalError::ZeroK)));
    assert!(matches!(check(&[5, 1, 5], 0.07), Err(EvalError::DuplicateK { k: 5 })));
    for temperature in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        assert!(matches!(check(&[5], temperature), Err(EvalError::Temperature { .. })), "{temperature}");
    }
    assert!(check(&[5, 1], 0.07).is_ok());
    let one = set("a", &[1], array![[1.0, 0.0]]);
    assert!(matches!(evaluate(&one, &one, &params(&[])), Err(EvalError::EmptyK)));
    assert!(matches!(evaluate_leave_one_out(&one, &params(&[])), Err(EvalError::EmptyK)));
    assert!(matches!(votes(&one, &one, 0, 0.07), Err(EvalError::ZeroK)));
    assert!(matches!(votes(&one, &one, 1, 0.0), Err(EvalError::Temperature { .. })));
    assert!(matches!(evaluate_leave_one_out(&one, &params(&[1])), Err(EvalError::LeaveOneOutOfOne)));
    let alone = KnnParams { leave_one_out: true, ..params(&[1]) };
    assert!(matches!(evaluate(&one, &one, &alone), Err(EvalError::LeaveOneOutOfTwoSets)));
}

#[test]
fn sets_that_do_not_belong_together_are_refused() {
    let vectors = array![[1.0, 0.0]];
    let with = |provenance| set_from("a", &[1], vectors.clone(), provenance);
    let plain = with(Provenance::default());
    let text = |text: &str| Some(text.to_owned());

    let other_dim = set("b", &[1], array![[1.0, 0.0, 0.0]]);
    let error = evaluate(&plain, &other_dim, &params(&[1])).unwrap_err();
    assert!(matches!(error, EvalError::DimMismatch { train: 2, test: 3 }));

    let unlabelled =
        EmbeddingSet::try_new(vec!["x".into()], vec![None], vectors.clone(), Provenance::default()).unwrap();
    let error = evaluate(&plain, &unlabelled, &params(&[1])).unwrap_err();
    assert!(matches!(error, EvalError::Labels { role: "test", .. }));
    assert!(matches!(evaluate(&unlabelled, &plain, &params(&[1])), Err(EvalError::Labels { role: "train", .. })));

    let strangers = set("b", &[4, 1, 5, 4], Array2::ones((4, 2)));
    let error = evaluate(&plain, &strangers, &params(&[1])).unwrap_err();
    assert!(error.to_string().contains("2 labels") && error.to_string().contains("4, 5"), "{error}");

    for (what, first, second) in [
        (
            "encoder_sha256",
            Provenance { encoder_sha256: text("aa"), ..Provenance::default() },
            Provenance { encoder_sha256: text("bb"), ..Provenance::default() },
        ),
        (
            "feature",
            Provenance { feature: text("cls"), ..Provenance::default() },
            Provenance { feature: text("patch_mean"), ..Provenance::default() },
        ),
        (
            "transform",
            Provenance { transform: text("a"), ..Provenance::default() },
            Provenance { transform: text("b"), ..Provenance::default() },
        ),
    ] {
        let (first, second) = (with(first), with(second));
        let error = evaluate(&first, &second, &params(&[1])).unwrap_err();
        assert!(matches!(error, EvalError::ProvenanceMismatch { what: found, .. } if found == what), "{error}");
        assert!(evaluate(&first, &first, &params(&[1])).is_ok());
        assert!(evaluate(&first, &plain, &params(&[1])).is_ok());
    }

    let named = |names: &[&str]| {
        let class_names = Some(names.iter().map(|&name| name.to_owned()).collect());
        with(Provenance { class_names, ..Provenance::default() })
    };
    let error = evaluate(&named(&["cat", "dog"]), &named(&["cat", "fox"]), &params(&[1])).unwrap_err();
    assert!(matches!(error, EvalError::ClassNameMismatch { label: 1, .. }), "{error}");
    let error = evaluate(&named(&["cat", "dog"]), &named(&["cat", "dog", "fox"]), &params(&[1])).unwrap_err();
    assert!(error.to_string().contains("class 2 is unnamed in train but `fox` in test"), "{error}");
    assert!(evaluate(&named(&["cat", "dog"]), &plain, &params(&[1])).is_ok());
}

/// Leave-one-out by evaluating every image alone against all others.
fn leave_one_out_by_hand(labels: &[i32], vectors: &Array2<f32>, k: usize) -> Vec<f64> {
    (0..labels.len())
        .map(|image| {
            let others: Vec<usize> = (0..labels.len()).filter(|&other| other != image).collect();
            let other_labels: Vec<i32> = others.iter().map(|&other| labels[other]).collect();
            let train = set("train", &other_labels, vectors.select(ndarray::Axis(0), &others));
            let test = set("test", &[labels[image]], vectors.select(ndarray::Axis(0), &[image]));
            match evaluate(&train, &test, &params(&[k])) {
                Err(EvalError::UnknownTestLabels { .. }) => 0.0,
                found => correct(&found.unwrap(), k)[0],
            }
        })
        .collect()
}

fn labelled(max_rows: usize) -> impl Strategy<Value = (Vec<i32>, Array2<f32>)> {
    let row = (0_i32..6, prop::array::uniform4(-1.0_f32..1.0));
    prop::collection::vec(row, 2..max_rows).prop_map(|rows| {
        let vectors = Array2::from_shape_fn((rows.len(), 4), |(row, column)| rows[row].1[column]);
        (rows.iter().map(|row| row.0).collect(), vectors)
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn leave_one_out_equals_evaluating_each_image_alone((labels, vectors) in labelled(25), k in 1_usize..30) {
        let found = evaluate_leave_one_out(&set("a", &labels, vectors.clone()), &params(&[k])).unwrap();
        prop_assert_eq!(correct(&found, k), leave_one_out_by_hand(&labels, &vectors, k));
        prop_assert_eq!(&pick(&found, "top1", k).params["leave_one_out"], &json!(true));
    }

    #[test]
    fn the_order_of_the_train_set_changes_nothing(
        (labels, vectors) in labelled(40),
        (test_labels, test_vectors) in labelled(10),
        shift in 1_usize..40,
    ) {
        // Random components do not tie, and votes are summed from the nearest on whatever the order of rows.
        let known: Vec<usize> = (0..test_labels.len()).filter(|&row| labels.contains(&test_labels[row])).collect();
        prop_assume!(!known.is_empty());
        let known_labels: Vec<i32> = known.iter().map(|&row| test_labels[row]).collect();
        let test = set("test", &known_labels, test_vectors.select(ndarray::Axis(0), &known));
        let order: Vec<usize> = (0..labels.len()).map(|row| (row + shift) % labels.len()).rev().collect();
        let moved: Vec<i32> = order.iter().map(|&row| labels[row]).collect();
        let ks = [1, 3, 100];
        let first = evaluate(&set("train", &labels, vectors.clone()), &test, &params(&ks)).unwrap();
        let moved = set("train", &moved, vectors.select(ndarray::Axis(0), &order));
        let second = evaluate(&moved, &test, &params(&ks)).unwrap();
        for k in ks {
            prop_assert_eq!(correct(&first, k), correct(&second, k));
        }
    }

    #[test]
    fn a_set_finds_itself((labels, vectors) in labelled(60)) {
        let own = set("a", &labels, vectors);
        let found = evaluate(&own, &own, &params(&[1])).unwrap();
        prop_assert_eq!(pick(&found, "top1", 1).value, Some(1.0));
    }
}
