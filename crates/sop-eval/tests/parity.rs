//! Parity of two encoders, on vectors compared by hand.

#![allow(clippy::unwrap_used, reason = "tests, and the functions they share")]

use ndarray::{Array2, array};
use proptest::prelude::*;
use sop_core::{EmbeddingSet, Provenance};
use sop_eval::parity::{Agreement, Largest, ParityError, common_rows, compare};

fn set(ids: &[&str], labels: &[Option<i32>], vectors: Array2<f32>) -> EmbeddingSet {
    let ids = ids.iter().map(|&id| id.to_owned()).collect();
    EmbeddingSet::try_new(ids, labels.to_vec(), vectors, Provenance::default()).unwrap()
}

#[test]
fn a_case_by_hand() {
    let first = array![[1.0, 0.0], [0.0, 2.0], [3.0, 4.0]];
    let second = array![[1.0, 0.0], [0.0, 4.0], [4.0, 3.0]];
    let found = compare(first.view(), second.view(), &[Some(0), Some(1), None]).unwrap();
    assert_eq!((found.cosines[0], found.cosines[1]), (1.0, 1.0));
    assert!((found.cosines[2] - 0.96).abs() < 1e-12);
    assert_eq!((found.min_row, found.min_cosine()), (2, found.cosines[2]));
    assert!((found.mean_cosine - 2.96 / 3.0).abs() < 1e-12);
    assert_eq!(found.absolute, Largest { value: 2.0, row: 1, component: 1 });
    // 2 of 4 in the second image, 1 of 4 in the third one.
    assert_eq!(found.relative, Largest { value: 0.5, row: 1, component: 1 });
    // Nearest images: 2, 2, 1 under the first encoder and 2, 2, 0 under the second one.
    assert_eq!(found.nearest, Agreement { same: 2, of: 3 });
    // Images 0 and 1 have a neighbour without a label, image 2 one of label 1 and one of label 0.
    assert_eq!(found.nearest_label, Agreement { same: 0, of: 1 });
    assert_eq!(found.nearest_label.fraction(), Some(0.0));
}

#[test]
fn zero_vectors_have_a_cosine() {
    let first = array![[0.0, 0.0], [0.0, 0.0], [1e-30, 0.0]];
    let second = array![[0.0, 0.0], [1.0, 0.0], [1e-30, 0.0]];
    let found = compare(first.view(), second.view(), &[None; 3]).unwrap();
    assert_eq!(found.cosines, [1.0, 0.0, 1.0]);
    assert_eq!(found.relative, Largest { value: 1.0, row: 1, component: 0 });
    assert_eq!(found.nearest_label.fraction(), None);
}

#[test]
fn sets_are_matched_by_id() {
    let first = set(&["a", "b", "c"], &[Some(1), None, None], array![[1.0, 0.0], [2.0, 0.0], [3.0, 0.0]]);
    let second = set(&["c", "x", "a"], &[Some(7), None, Some(9)], array![[30.0], [0.0], [10.0]]);
    let common = common_rows(&first, &second).unwrap();
    assert_eq!((common.ids, common.labels), (vec!["a".to_owned(), "c".to_owned()], vec![Some(1), Some(7)]));
    assert_eq!((common.first, common.second), (array![[1.0, 0.0], [3.0, 0.0]], array![[10.0], [30.0]]));
}

#[test]
fn what_cannot_be_compared_is_refused() {
    let vectors = |rows, dim| Array2::<f32>::ones((rows, dim));
    let refused = |first: (usize, usize), second: (usize, usize), labels: usize| {
        compare(vectors(first.0, first.1).view(), vectors(second.0, second.1).view(), &vec![None; labels]).unwrap_err()
    };
    assert!(matches!(refused((3, 2), (3, 4), 3), ParityError::DimMismatch { first: 2, second: 4 }));
    assert!(matches!(refused((3, 2), (2, 2), 3), ParityError::RowMismatch { .. }));
    assert!(matches!(refused((3, 2), (3, 2), 2), ParityError::RowMismatch { .. }));
    assert!(matches!(refused((1, 2), (1, 2), 1), ParityError::TooFewImages { found: 1 }));
    let (a, b) = (set(&["a"], &[None], array![[1.0]]), set(&["b"], &[None], array![[1.0]]));
    let error = common_rows(&a, &b).unwrap_err();
    assert!(error.to_string().contains("`a`") && error.to_string().contains("`b`"), "{error}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn equal_and_scaled_vectors_agree(
        values in prop::collection::vec(-4.0_f32..4.0, 8..80),
        exponent in -8_i32..8,
    ) {
        let rows = values.len() / 4;
        let first = Array2::from_shape_vec((rows, 4), values[..rows * 4].to_vec()).unwrap();
        let labels: Vec<Option<i32>> = (0..rows).map(|row| i32::try_from(row % 3).ok()).collect();
        let same = compare(first.view(), first.view(), &labels).unwrap();
        prop_assert_eq!((same.min_cosine(), same.mean_cosine), (1.0, 1.0));
        prop_assert_eq!((same.absolute.value, same.relative.value), (0.0, 0.0));
        prop_assert_eq!((same.nearest.same, same.nearest_label.same), (rows, rows));
        // A power of two changes no digit.
        let scaled = &first * 2.0_f32.powi(exponent);
        let found = compare(first.view(), scaled.view(), &labels).unwrap();
        prop_assert!(found.min_cosine() > 1.0 - 1e-12);
        prop_assert_eq!(found.nearest.same, rows);
        // Neither side is the first one.
        let back = compare(scaled.view(), first.view(), &labels).unwrap();
        prop_assert_eq!(back, found);
    }
}
