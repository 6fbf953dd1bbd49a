//! Expansion and whitening on cases by hand.

use ndarray::{Array1, Array2, array};
use proptest::prelude::*;
use sop_eval::retrieval::{
    Augmentation, Covariance, Expansion, RetrievalError, Whitening, WhiteningParams, database_augmentation,
    query_expansion,
};
use sop_numeric::l2_normalize;

fn near(found: &Array2<f32>, wanted: &Array2<f32>) {
    assert_eq!(found.dim(), wanted.dim());
    assert!(found.iter().zip(wanted).all(|(found, wanted)| (found - wanted).abs() < 1e-6), "{found} {wanted}");
}

#[test]
fn a_query_moves_towards_its_neighbours_by_their_similarity() {
    let database = array![[0.6_f32, 0.8], [0.0, 1.0], [-1.0, 0.0]];
    let query = array![[1.0_f32, 0.0]];
    let expand = |params: Expansion| query_expansion(query.view(), database.view(), &params).unwrap();
    // (1, 0) + 0.6² (0.6, 0.8).
    let found = expand(Expansion { neighbors: 1, alpha: 2.0, with_query: true });
    near(&found, &l2_normalize(array![[1.0 + 0.36 * 0.6, 0.36 * 0.8]].view()));
    let found = expand(Expansion { neighbors: 1, alpha: 2.0, with_query: false });
    near(&found, &array![[0.6, 0.8]]);
    // A negative similarity counts as 0, which to the power of 0 is 1; more neighbours than there are is all of them.
    let found = expand(Expansion { neighbors: 9, alpha: 1.0, with_query: true });
    near(&found, &l2_normalize(array![[1.0 + 0.6 * 0.6, 0.6 * 0.8]].view()));
    let found = expand(Expansion { neighbors: 9, alpha: 0.0, with_query: true });
    near(&found, &l2_normalize(array![[1.0 + 0.6 - 1.0, 0.8 + 1.0]].view()));
}

#[test]
fn an_expansion_to_nothing_is_zero_and_not_undefined() {
    let params = Expansion { neighbors: 1, alpha: 1.0, with_query: false };
    let found = query_expansion(array![[1.0, 0.0]].view(), array![[-1.0, 0.0]].view(), &params).unwrap();
    assert_eq!(found, array![[0.0, 0.0]]);
}

#[test]
fn augmentation_counts_each_image_itself_once_even_beside_its_double() {
    let database = array![[1.0_f32, 0.0], [0.0, 1.0], [1.0, 0.0]];
    let params = Augmentation { neighbors: 2, alpha: 1.0 };
    near(&database_augmentation(database.view(), &params).unwrap(), &database);
    let params = Augmentation { neighbors: 2, alpha: 0.0 };
    let wanted = l2_normalize(array![[2.0, 1.0], [2.0, 1.0], [2.0, 1.0]].view());
    near(&database_augmentation(database.view(), &params).unwrap(), &wanted);
    assert_eq!(database_augmentation(array![[1.0]].view(), &params).unwrap(), array![[1.0]]);
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
    assert!(matches!(fit(Array2::zeros((0, 2)), None, centred), RetrievalError::Empty { .. }));
    assert!(matches!(fit(Array2::zeros((2, 0)), None, centred), RetrievalError::Empty { .. }));
    assert!(matches!(fit(ellipse(), Some(3), centred), RetrievalError::WhiteningDim { dim: 3, available: 2 }));
    assert!(matches!(fit(array![[1.0, 2.0], [1.0, 2.0]], None, centred), RetrievalError::NoVariance));
    assert!(matches!(fit(Array2::zeros((3, 2)), None, Covariance::Uncentred), RetrievalError::NoVariance));
    assert!(matches!(fit(array![[1.0], [f32::NAN]], None, centred), RetrievalError::NotFinite { row: 1, .. }));
}

#[test]
fn arrays_that_are_no_whitening_are_refused() {
    let from = |mean: Vec<f64>, projection| Whitening::from_arrays(mean.into(), projection).unwrap_err();
    assert!(matches!(from(vec![], Array2::zeros((0, 0))), RetrievalError::Empty { .. }));
    assert!(matches!(from(vec![0.0; 3], Array2::ones((1, 2))), RetrievalError::Dims { .. }));
    assert!(matches!(from(vec![f64::NAN], Array2::ones((1, 1))), RetrievalError::NotFinite { .. }));
    let error = from(vec![0.0], array![[1.0], [f64::INFINITY]]);
    assert!(matches!(error, RetrievalError::NotFinite { row: 1, .. }), "{error}");
    let (whitening, _) = Whitening::fit(ellipse().view(), &WhiteningParams::default()).unwrap();
    assert!(matches!(whitening.apply(array![[1.0]].view()).unwrap_err(), RetrievalError::Dims { .. }));
}

proptest! {
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
