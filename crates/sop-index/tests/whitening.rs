//! Whitening on cases by hand.

#![allow(clippy::unwrap_used, reason = "tests may unwrap, and so may the functions they share")]

use ndarray::{Array1, Array2, array, s};
use proptest::prelude::*;
use sop_index::{Covariance, Whitening, WhiteningError, WhiteningParams};

fn near(found: &Array2<f32>, wanted: &Array2<f32>) {
    assert_eq!(found.dim(), wanted.dim());
    assert!(found.iter().zip(wanted).all(|(found, wanted)| (found - wanted).abs() < 1e-6), "{found} {wanted}");
}

/// Points on an ellipse around (5, 0): variances 2 and 0.5.
fn ellipse() -> Array2<f32> {
    array![[7.0, 0.0], [3.0, 0.0], [5.0, 1.0], [5.0, -1.0]]
}

#[test]
fn centred_whitening_gives_unit_variance() {
    let params = WhiteningParams { covariance: Covariance::Centred, dim: None };
    let (whitening, spectrum) = Whitening::fit(ellipse().view(), &params).unwrap();
    assert_eq!(whitening.mean(), Array1::from(vec![5.0, 0.0]));
    assert!((spectrum.eigenvalues[0] - 2.0).abs() < 1e-12 && (spectrum.eigenvalues[1] - 0.5).abs() < 1e-12);
    let whitened = whitening.apply(ellipse().view()).unwrap();
    let root = 2.0_f32.sqrt();
    near(&whitened.mapv(f32::abs), &array![[root, 0.0], [root, 0.0], [0.0, root], [0.0, root]]);
}

#[test]
fn uncentred_whitening_divides_by_second_moments() {
    let (whitening, spectrum) = Whitening::fit(ellipse().view(), &WhiteningParams::default()).unwrap();
    assert!((spectrum.eigenvalues[0] - 27.0).abs() < 1e-12, "{spectrum:?}");
    let whitened = whitening.apply(array![[5.0 + 27.0_f32.sqrt(), 0.0]].view()).unwrap();
    near(&whitened.mapv(f32::abs), &array![[1.0, 0.0]]);
}

#[test]
fn the_kept_components_are_those_of_the_largest_eigenvalues() {
    let params = WhiteningParams { covariance: Covariance::Centred, dim: Some(1) };
    let (whitening, spectrum) = Whitening::fit(ellipse().view(), &params).unwrap();
    assert_eq!(whitening.projection().dim(), (1, 2));
    assert!((spectrum.kept_energy - 0.8).abs() < 1e-12 && spectrum.eigenvalues.len() == 2);
    near(&whitening.apply(array![[5.0, 9.0]].view()).unwrap(), &array![[0.0]]);
}

#[test]
fn a_whitening_survives_its_arrays() {
    let (whitening, _) = Whitening::fit(ellipse().view(), &WhiteningParams::default()).unwrap();
    let copy = Whitening::from_arrays(whitening.mean().to_owned(), whitening.projection().to_owned()).unwrap();
    assert_eq!(copy, whitening);
}

#[test]
fn sets_that_cannot_be_whitened_are_refused() {
    let fit = |set: Array2<f32>, dim: Option<usize>, covariance| {
        Whitening::fit(set.view(), &WhiteningParams { covariance, dim }).unwrap_err()
    };
    let centred = Covariance::Centred;
    assert!(matches!(fit(Array2::zeros((0, 2)), None, centred), WhiteningError::Empty { .. }));
    assert!(matches!(fit(Array2::zeros((2, 0)), None, centred), WhiteningError::Empty { .. }));
    assert!(matches!(fit(ellipse(), Some(3), centred), WhiteningError::TooMany { dim: 3, available: 2 }));
    assert!(matches!(fit(array![[1.0, 2.0], [1.0, 2.0]], None, centred), WhiteningError::NoVariance));
    assert!(matches!(fit(Array2::zeros((3, 2)), None, Covariance::Uncentred), WhiteningError::NoVariance));
    assert!(matches!(fit(array![[1.0], [f32::NAN]], None, centred), WhiteningError::NotFinite { row: 1, .. }));
}

#[test]
fn arrays_that_are_no_whitening_are_refused() {
    let from = |mean: Vec<f64>, projection| Whitening::from_arrays(mean.into(), projection).unwrap_err();
    assert!(matches!(from(vec![], Array2::zeros((0, 0))), WhiteningError::Empty { .. }));
    assert!(matches!(from(vec![0.0; 3], Array2::ones((1, 2))), WhiteningError::Dim { .. }));
    assert!(matches!(from(vec![f64::NAN], Array2::ones((1, 1))), WhiteningError::NotFinite { .. }));
    let error = from(vec![0.0], array![[1.0], [f64::INFINITY]]);
    assert!(matches!(error, WhiteningError::NotFinite { row: 1, .. }), "{error}");
    let (whitening, _) = Whitening::fit(ellipse().view(), &WhiteningParams::default()).unwrap();
    assert!(matches!(whitening.apply(array![[1.0]].view()).unwrap_err(), WhiteningError::Dim { .. }));
}

proptest! {
    #[test]
    fn a_row_has_the_same_bits_alone_and_among_others(
        rows in 1..100_usize,
        dim in 2..70_usize,
        kept in 1..70_usize,
        values in prop::collection::vec(-10.0..10.0_f32, 1..200),
    ) {
        let value = |row: usize, column: usize| values[(row * dim + column) % values.len()] + (row * 31 % 7) as f32;
        let set = Array2::from_shape_fn((rows, dim), |(row, column)| value(row, column));
        let projection = Array2::from_shape_fn((kept, dim), |(row, column)| f64::from(value(column, row)) / 3.0);
        let whitening = Whitening::from_arrays(Array1::from_elem(dim, 0.1), projection).unwrap();
        let all = whitening.apply(set.view()).unwrap();
        for row in 0..rows {
            let alone = whitening.apply(set.slice(s![row..=row, ..])).unwrap();
            prop_assert_eq!(alone.row(0), all.row(row));
        }
    }

    #[test]
    fn whitened_sets_have_unit_covariance(values in prop::collection::vec(-10.0..10.0_f32, 60)) {
        let set = Array2::from_shape_vec((20, 3), values).unwrap();
        let params = WhiteningParams { covariance: Covariance::Centred, dim: None };
        let (whitening, spectrum) = Whitening::fit(set.view(), &params).unwrap();
        prop_assume!(spectrum.eigenvalues[2] > 1e-3 * spectrum.eigenvalues[0]);
        let whitened = whitening.apply(set.view()).unwrap().mapv(f64::from);
        let covariance = whitened.t().dot(&whitened) / 20.0;
        for ((row, column), &value) in covariance.indexed_iter() {
            prop_assert!((value - f64::from(u8::from(row == column))).abs() < 1e-4, "{}", covariance);
        }
    }
}
