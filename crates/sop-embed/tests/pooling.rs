//! Pooling of patch tokens.

#![allow(clippy::unwrap_used, reason = "tests may unwrap")]

use ndarray::{Array1, Array3, array, s};
use proptest::prelude::*;
use sop_embed::{GEM_FLOOR, PoolError, gem, rmac};

fn near(found: &Array1<f32>, wanted: &[f64]) {
    assert_eq!(found.len(), wanted.len());
    assert!(
        found.iter().zip(wanted).all(|(&found, wanted)| (f64::from(found) - wanted).abs() < 1e-5),
        "{found} {wanted:?}"
    );
}

#[test]
fn generalised_means_by_hand() {
    let tokens = array![[[1.0_f32, -2.0], [3.0, 4.0]]];
    near(&gem(tokens.view(), 1.0).unwrap(), &[2.0, (GEM_FLOOR + 4.0) / 2.0]);
    near(&gem(tokens.view(), 2.0).unwrap(), &[5.0_f64.sqrt(), 8.0_f64.sqrt()]);
    // Towards the maximum, where the powers themselves would overflow.
    near(&gem(tokens.view(), 5000.0).unwrap(), &[3.0 * 0.5_f64.powf(1.0 / 5000.0), 4.0 * 0.5_f64.powf(1.0 / 5000.0)]);
}

#[test]
fn one_token_is_in_every_region() {
    // The whole grid and the one region of level 1; regions of level 2 have no side.
    let tokens = array![[[3.0_f32, 4.0]]];
    near(&rmac(tokens.view(), 3).unwrap(), &[1.2, 1.6]);
}

#[test]
fn regions_of_a_square_by_hand() {
    // A grid of 3 x 3 where only the middle is not zero: the whole grid, level 1 (the same) and the four regions of side
    // 2 of level 2 hold it; of the nine regions of side 1 of level 3 the middle one does.
    let mut tokens = Array3::<f32>::zeros((3, 3, 2));
    tokens.slice_mut(s![1, 1, ..]).assign(&array![0.0, 5.0]);
    near(&rmac(tokens.view(), 1).unwrap(), &[0.0, 2.0]);
    near(&rmac(tokens.view(), 2).unwrap(), &[0.0, 6.0]);
    near(&rmac(tokens.view(), 3).unwrap(), &[0.0, 7.0]);
}

#[test]
fn the_longer_side_has_more_regions() {
    // 2 x 4: one more region gives no overlap, two more give half, which is nearest to 40 %: at level 1 three regions of
    // side 2 begin at columns 0, 1 and 2. The left column is in the first one and in the whole grid.
    let mut tokens = Array3::<f32>::zeros((2, 4, 1));
    tokens.slice_mut(s![.., 0, ..]).fill(1.0);
    near(&rmac(tokens.view(), 1).unwrap(), &[2.0]);
    near(&rmac(tokens.view().permuted_axes([1, 0, 2]), 1).unwrap(), &[2.0]);
    let mut tokens = Array3::<f32>::zeros((2, 4, 1));
    tokens.slice_mut(s![.., 1, ..]).fill(1.0);
    near(&rmac(tokens.view(), 1).unwrap(), &[3.0]);
}

#[test]
fn regions_are_those_of_the_published_rule() {
    // Computed in Python from the rule of cnnimageretrieval-pytorch, over 21, 21, 15, 51 and 51 regions.
    for ((rows, columns), wanted) in [
        ((16, 22), [10.601_929_590, 14.155_651_311, 10.678_597_267]),
        ((22, 16), [10.138_285_377, 14.939_648_331, 9.991_570_117]),
        ((14, 14), [6.958_085_926, 10.883_145_894, 6.987_771_459]),
        ((5, 37), [28.036_802_481, 30.691_525_255, 28.682_699_211]),
        ((3, 50), [27.600_398_580, 29.094_552_667, 28.938_466_774]),
    ] {
        let token = |(i, j, c): (usize, usize, usize)| {
            ((i * 7 + j * 3 + c * 5 + i * j) % 23) as f32 / 23.0 + (i + j) as f32 / 50.0
        };
        let mut tokens = Array3::from_shape_fn((rows, columns, 3), token);
        tokens[[rows / 3, columns / 2, 1]] = 3.0;
        near(&rmac(tokens.view(), 3).unwrap(), &wanted);
    }
}

#[test]
fn levels_end_where_regions_have_no_side() {
    let tokens = Array3::<f32>::ones((2, 3, 4));
    assert_eq!(rmac(tokens.view(), 4).unwrap(), rmac(tokens.view(), usize::MAX).unwrap());
}

#[test]
fn grids_that_cannot_be_pooled_are_refused() {
    for shape in [(0, 3, 2), (3, 0, 2), (3, 3, 0)] {
        let tokens = Array3::<f32>::zeros(shape);
        assert!(matches!(gem(tokens.view(), 3.0).unwrap_err(), PoolError::Empty));
        assert!(matches!(rmac(tokens.view(), 3).unwrap_err(), PoolError::Empty));
    }
    let mut tokens = Array3::<f32>::ones((2, 2, 2));
    for p in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        assert!(matches!(gem(tokens.view(), p).unwrap_err(), PoolError::Param { name: "p", .. }), "{p}");
    }
    assert!(matches!(rmac(tokens.view(), 0).unwrap_err(), PoolError::Param { name: "levels", .. }));
    tokens[[1, 0, 1]] = f32::INFINITY;
    assert!(matches!(gem(tokens.view(), 3.0).unwrap_err(), PoolError::NotFinite { row: 1, .. }));
    assert!(matches!(rmac(tokens.view(), 3).unwrap_err(), PoolError::NotFinite { row: 1, .. }));
}

proptest! {
    #[test]
    fn the_generalised_mean_lies_between_the_mean_and_the_maximum(
        values in prop::collection::vec(0.001..100.0_f32, 1..30),
        p in 1.0..20.0_f64,
    ) {
        let tokens = Array3::from_shape_vec((1, values.len(), 1), values.clone()).unwrap();
        let found = f64::from(gem(tokens.view(), p).unwrap()[0]);
        let mean = values.iter().map(|&value| f64::from(value)).sum::<f64>() / values.len() as f64;
        let most = f64::from(values.iter().copied().fold(0.0, f32::max));
        prop_assert!(found >= mean * (1.0 - 1e-6) && found <= most * (1.0 + 1e-6), "{mean} {found} {most}");
    }

    #[test]
    fn regions_fit_any_grid(rows in 1..40_usize, columns in 1..40_usize, levels in 1..8_usize) {
        let tokens = Array3::<f32>::from_elem((rows, columns, 1), 2.0);
        // Each region adds about 1.
        let found = rmac(tokens.view(), levels).unwrap()[0];
        prop_assert!(found > 0.9 && (found - found.round()).abs() < 1e-2, "{}", found);
    }
}
