//! Squared Euclidean distances in f64.

use pulp::{Simd, WithSimd};

use super::lanes::vectorized;

/// Partial sums, so that additions overlap.
const SUMS: usize = 8;

/// Writes the squared distance of `point` to each row of `rows`, one after the other and as long as `point`.
///
/// Differences are taken in f64, where they and thus the distances of identical points are exact; the order of the
/// additions is fixed.
pub(super) fn squared_distances(point: &[f32], rows: &[f32], distances: &mut [f64]) {
    vectorized(SquaredDistances { point, rows, distances });
}

struct SquaredDistances<'a> {
    point: &'a [f32],
    rows: &'a [f32],
    distances: &'a mut [f64],
}

impl WithSimd for SquaredDistances<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        if self.point.is_empty() {
            self.distances.fill(0.0);
        }
        for (row, distance) in self.rows.chunks_exact(self.point.len().max(1)).zip(self.distances) {
            *distance = squared_distance(self.point, row);
        }
    }
}

#[inline(always)]
fn squared_distance(left: &[f32], right: &[f32]) -> f64 {
    let ((left_parts, left_rest), (right_parts, right_rest)) = (left.as_chunks::<SUMS>(), right.as_chunks::<SUMS>());
    let mut sums = [0.0_f64; SUMS];
    for (left, right) in left_parts.iter().zip(right_parts) {
        for lane in 0..SUMS {
            let difference = f64::from(left[lane]) - f64::from(right[lane]);
            sums[lane] += difference * difference;
        }
    }
    for ((sum, &left), &right) in sums.iter_mut().zip(left_rest).zip(right_rest) {
        let difference = f64::from(left) - f64::from(right);
        *sum += difference * difference;
    }
    sums.iter().sum()
}
