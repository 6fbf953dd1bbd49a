//! The pull of a point's neighbours, and the divergence of the map from their affinities.

use super::joint::{JointAffinities, LANES};
use super::student::{distance_factor, weight_and_similarity};

/// `sum_j p_ij w_ij (y_i - y_j)` for the point `i`, with the weights of [`student`](super::student).
#[inline(always)]
pub(super) fn attraction<const D: usize>(joint: &JointAffinities, map: &[[f32; D]], point: usize) -> [f64; D] {
    let here = map[point];
    let mut sums = [[0.0_f32; LANES]; D];
    let (columns, affinities) = joint.row(point);
    for (columns, affinities) in columns.iter().zip(affinities) {
        let others = columns.map(|column| map[column as usize]);
        let mut weights = [1.0_f32; LANES];
        let mut differences = [[0.0_f32; LANES]; D];
        for axis in 0..D {
            for lane in 0..LANES {
                differences[axis][lane] = here[axis] - others[lane][axis];
                weights[lane] += differences[axis][lane] * differences[axis][lane] * distance_factor(D) as f32;
            }
        }
        for lane in 0..LANES {
            weights[lane] = affinities[lane] / weights[lane];
        }
        for axis in 0..D {
            for lane in 0..LANES {
                sums[axis][lane] += weights[lane] * differences[axis][lane];
            }
        }
    }
    sums.map(|sums| sums.iter().map(|&sum| f64::from(sum)).sum())
}

/// `sum_j p_ij ln(p_ij / s_ij)` with the similarities `s_ij`, and `sum_j p_ij`: the share of point `i` in the
/// divergence is the first plus the second times the logarithm of the sum of all similarities.
pub(super) fn divergence<const D: usize>(joint: &JointAffinities, map: &[[f32; D]], point: usize) -> (f64, f64) {
    let here = map[point];
    let (columns, affinities) = joint.row(point);
    let entries = columns.as_flattened().iter().zip(affinities.as_flattened());
    entries.filter(|&(_, &affinity)| affinity > 0.0).fold((0.0, 0.0), |(sum, total), (&column, &affinity)| {
        let other = map[column as usize];
        let square = |axis: usize| (f64::from(here[axis]) - f64::from(other[axis])).powi(2);
        let (_, similarity) = weight_and_similarity((0..D).map(square).sum(), D);
        let affinity = f64::from(affinity);
        (sum + affinity * (affinity / similarity).ln(), total + affinity)
    })
}
