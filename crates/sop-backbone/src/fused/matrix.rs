//! Slices as matrices, and sums over their rows.

use ndarray::{ArrayView2, ArrayViewMut2};

/// Row-major values as a matrix, where there are as many as it has.
pub(super) fn view(values: &[f32], rows: usize, columns: usize) -> Option<ArrayView2<'_, f32>> {
    ArrayView2::from_shape((rows, columns), values).ok()
}

/// The same to write to.
pub(super) fn view_mut(values: &mut [f32], rows: usize, columns: usize) -> Option<ArrayViewMut2<'_, f32>> {
    ArrayViewMut2::from_shape((rows, columns), values).ok()
}

/// The sum of vectors of `count` values, in their order and in f64: the same whichever thread made them.
pub(super) fn total<'a>(count: usize, parts: impl Iterator<Item = &'a Vec<f32>>) -> Vec<f32> {
    let mut total = vec![0.0_f64; count];
    for part in parts {
        total.iter_mut().zip(part).for_each(|(total, value)| *total += f64::from(*value));
    }
    total.into_iter().map(|sum| sum as f32).collect()
}
