//! The pull of a point's neighbours, and the divergence of the map from their affinities.

use pulp::{Simd, WithSimd};

use super::joint::JointAffinities;
use super::lanes::{LANES, load, sum, vectorized};
use super::student::{inverse_weights, weight_and_similarity};

/// Writes `sum_j p_ij w_ij (y_i - y_j)` for the points from `first` on to `forces`, with the weights of
/// [`student`](super::student).
pub(super) fn attract<const D: usize>(
    joint: &JointAffinities,
    map: &[[f32; D]],
    first: usize,
    forces: &mut [[f64; D]],
) {
    vectorized(Attract { joint, map, first, forces });
}

struct Attract<'a, const D: usize> {
    joint: &'a JointAffinities,
    map: &'a [[f32; D]],
    first: usize,
    forces: &'a mut [[f64; D]],
}

impl<const D: usize> WithSimd for Attract<'_, D> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        for (force, point) in self.forces.iter_mut().zip(self.first..) {
            let here = self.map[point].map(|coordinate| simd.splat_f32s(coordinate));
            let mut sums = [simd.splat_f32s(0.0); D];
            let (columns, affinities) = self.joint.row(point);
            for (columns, affinities) in columns.iter().zip(affinities) {
                let mut others = [[0.0; LANES]; D];
                for (lane, &column) in columns.iter().enumerate() {
                    let other = self.map[column as usize];
                    for axis in 0..D {
                        others[axis][lane] = other[axis];
                    }
                }
                let differences: [S::f32s; D] =
                    std::array::from_fn(|axis| simd.sub_f32s(here[axis], load(simd, others[axis])));
                let pull = simd.div_f32s(load(simd, *affinities), inverse_weights(simd, differences));
                for (sum, difference) in sums.iter_mut().zip(differences) {
                    *sum = simd.add_f32s(*sum, simd.mul_f32s(pull, difference));
                }
            }
            *force = sums.map(|of_axis| sum(simd, of_axis));
        }
    }
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
