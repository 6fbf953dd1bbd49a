//! Copy detection.

use ndarray::{Array2, array};
use sop_eval::retrieval::{
    COPYDAYS, CopyBlock, CopyDatabase, CopyDetectionParams, LIST_LENGTH, RetrievalError, WhiteningParams,
    evaluate_copies,
};

use crate::ids;

fn plain() -> CopyDetectionParams {
    CopyDetectionParams { bootstrap_resamples: 0, ..CopyDetectionParams::default() }
}

/// Originals at angles of 0, 10, 20, … degrees.
fn fan(count: usize) -> Array2<f32> {
    let angle = |row: usize| (10.0 * row as f32).to_radians();
    Array2::from_shape_fn((count, 2), |(row, column)| if column == 0 { angle(row).cos() } else { angle(row).sin() })
}

#[test]
fn the_mean_is_over_the_queries_of_a_block() {
    let originals = fan(3);
    // Nearest is original 0, then 1, then 2, whatever the length.
    let queries = array![[8.0_f32, 0.0], [8.0, 0.0], [8.0, 0.0]];
    let ids = ids(3);
    let block = |name, originals| CopyBlock { name, ids: &ids, descriptors: queries.view(), originals };
    let blocks = [block("strong", &[0, 1, 2]), block("crops/80", &[0, 0, 0])];
    let database = CopyDatabase { originals: originals.view(), distractors: None };
    let found = evaluate_copies(&blocks, database, None, &plain()).unwrap();
    assert_eq!(found.len(), 2);
    let [strong, crops] = found.as_slice() else { panic!() };
    let metrics: Vec<&str> = COPYDAYS.metrics.iter().map(|metric| metric.name).collect();
    assert_eq!(metrics, [strong.metric.as_str()]);
    // At rank r a single answer gives 1 / (r + 1) / 2, at rank 0 it gives 1.
    assert_eq!(strong.outcomes.as_ref().unwrap().values, [1.0, 0.25, 1.0 / 6.0]);
    assert_eq!((strong.num_samples, crops.value), (3, Some(1.0)));
    assert_eq!(strong.params["block"], "strong");
    assert_eq!(strong.params["list_length"], 20);
    assert_eq!(strong.params.len(), 2);
}

#[test]
fn distractors_push_originals_back_and_off_the_list() {
    let originals = array![[0.0_f32, 1.0]];
    let near = |count: usize| Array2::from_shape_fn((count, 2), |(_, column)| if column == 0 { 1.0_f32 } else { 0.5 });
    let ids = ids(1);
    let query = array![[1.0_f32, 1.0]];
    let block = CopyBlock { name: "strong", ids: &ids, descriptors: query.view(), originals: &[0] };
    for (count, value) in [(1, 0.25), (LIST_LENGTH - 1, 0.5 / 20.0), (LIST_LENGTH, 0.0)] {
        let distractors = near(count);
        let database = CopyDatabase { originals: originals.view(), distractors: Some(distractors.view()) };
        let found = evaluate_copies(&[block], database, None, &plain()).unwrap();
        assert_eq!(found[0].value, Some(value), "{count}");
        assert_eq!(found[0].params["distractors"], count);
    }
}

#[test]
fn whitening_is_fitted_on_its_own_set_and_recorded() {
    let originals = fan(4);
    let ids = ids(4);
    let block = CopyBlock { name: "original", ids: &ids, descriptors: originals.view(), originals: &[0, 1, 2, 3] };
    let database = CopyDatabase { originals: originals.view(), distractors: None };
    let params = CopyDetectionParams { whitening: Some(WhiteningParams::default()), ..plain() };
    let set = array![[1.0_f32, 0.0], [0.5, 0.5], [0.0, 2.0]];
    let found = evaluate_copies(&[block], database, Some(set.view()), &params).unwrap();
    assert_eq!(found[0].value, Some(1.0));
    assert_eq!(found[0].params["whitening"], "uncentred");
    assert!(matches!(evaluate_copies(&[block], database, None, &params), Err(RetrievalError::NoWhiteningSet)));
    let unused = evaluate_copies(&[block], database, Some(set.view()), &plain());
    assert!(matches!(unused, Err(RetrievalError::UnusedWhiteningSet)));
}

#[test]
fn blocks_that_do_not_fit_are_refused() {
    let originals = fan(2);
    let ids = ids(1);
    let (one, three) = (array![[1.0_f32, 0.0]], array![[1.0_f32, 0.0, 0.0]]);
    let run = |block: CopyBlock<'_>, distractors: Option<&Array2<f32>>, originals: &Array2<f32>| {
        let database = CopyDatabase {
            originals: originals.view(),
            distractors: distractors.map(|distractors| distractors.view()),
        };
        evaluate_copies(&[block], database, None, &plain()).unwrap_err()
    };
    let good = CopyBlock { name: "strong", ids: &ids, descriptors: one.view(), originals: &[1] };
    let beyond = CopyBlock { originals: &[2], ..good };
    assert!(matches!(run(beyond, None, &originals), RetrievalError::AnswerBeyond { index: 2, images: 2, .. }));
    // A distractor is no original.
    assert!(matches!(run(beyond, Some(&one), &originals), RetrievalError::AnswerBeyond { images: 2, .. }));
    assert!(matches!(run(CopyBlock { originals: &[0, 1], ..good }, None, &originals), RetrievalError::Counts { .. }));
    assert!(matches!(run(CopyBlock { ids: &[], ..good }, None, &originals), RetrievalError::Counts { .. }));
    let other = CopyBlock { descriptors: three.view(), ..good };
    assert!(matches!(run(other, None, &originals), RetrievalError::Dims { first_dim: 3, second_dim: 2, .. }));
    assert!(matches!(run(good, Some(&three), &originals), RetrievalError::Dims { .. }));
    assert!(matches!(run(good, None, &Array2::zeros((0, 2))), RetrievalError::Empty { what: "originals" }));
    let broken = array![[1.0_f32, f32::NAN]];
    let error = run(CopyBlock { descriptors: broken.view(), ..good }, None, &originals);
    assert!(matches!(error, RetrievalError::NotFinite { what: "queries", row: 0, .. }), "{error}");
}
