//! Coordinates along the first principal components.

use ndarray::{Array2, ArrayView2, Axis};

/// Rounds of subspace iteration: components of nearly equal variance may stay mixed, which is all the same to a start.
const ROUNDS: usize = 30;
/// Further directions that are followed, which lets the first ones settle sooner.
const SPARE: usize = 8;

/// The centred points along their first `D` principal components, by descending variance, within what some rounds of
/// subspace iteration tell apart (Golub and Van Loan, "Matrix Computations", section 8.2.4).
///
/// `points` are `[points, components]` with `D` components at least; the sign of a component makes its largest entry
/// positive. The start is drawn from `normal`.
pub(super) fn principal_coordinates<const D: usize>(
    points: ArrayView2<'_, f32>,
    mut normal: impl FnMut() -> f64,
) -> Vec<[f64; D]> {
    let mut centred = points.mapv(f64::from);
    if let Some(mean) = centred.mean_axis(Axis(0)) {
        centred -= &mean;
    }
    let largest = centred.iter().fold(0.0_f64, |largest, value| largest.max(value.abs()));
    if largest > 0.0 {
        // Squares of the largest and smallest f32 are otherwise beyond f64 after a few rounds.
        centred /= largest;
    }
    let count = (D + SPARE).min(points.ncols());
    let mut directions = Array2::from_shape_simple_fn((points.ncols(), count), &mut normal);
    orthonormalize(&mut directions);
    for _ in 0..ROUNDS {
        directions = centred.t().dot(&centred.dot(&directions));
        orthonormalize(&mut directions);
    }
    for mut direction in directions.columns_mut() {
        let largest =
            direction.iter().fold(0.0_f64, |largest, &value| if value.abs() > largest.abs() { value } else { largest });
        direction *= largest.signum();
    }
    let along = centred.dot(&directions);
    along.rows().into_iter().map(|row| std::array::from_fn(|axis| row[axis])).collect()
}

/// Makes columns orthonormal (Gram and Schmidt, twice for the rounding); one that depends on those before becomes zero.
fn orthonormalize(directions: &mut Array2<f64>) {
    for column in 0..directions.ncols() {
        let (before, mut rest) = directions.view_mut().split_at(Axis(1), column);
        let mut direction = rest.column_mut(0);
        let length = direction.dot(&direction).sqrt();
        for _ in 0..2 {
            for other in before.columns() {
                let along = other.dot(&direction);
                direction.scaled_add(-along, &other);
            }
        }
        let left = direction.dot(&direction).sqrt();
        if left > length * 1e-12 {
            direction /= left;
        } else {
            direction.fill(0.0);
        }
    }
}
