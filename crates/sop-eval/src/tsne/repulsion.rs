//! The push of all points against each other, by the algorithm of Barnes and Hut.
//!
//! Barnes and Hut, "A hierarchical O(N log N) force-calculation algorithm" (Nature 1986), with one list of far cells
//! and near points for all points of a group (Barnes, "A modified tree code", 1990): a cell that is far from the box
//! around the group is far from each of its points.

use pulp::{Simd, WithSimd};

use super::lanes::{LANES, load, sum, vectorized};
use super::student::{inverse_weights, similarities};
use super::tree::{Group, Tree};

/// Chunks whose f32 sums are added to f64 ones: few, so that little is lost.
const SEGMENT: usize = 32;

/// What repels the points of a group: cells and points with their numbers of points.
pub(super) struct Repellers<const D: usize> {
    chunks: Vec<Chunk<D>>,
    /// Repellers; the rest of the last chunk has no points.
    len: usize,
}

#[derive(Clone, Copy)]
struct Chunk<const D: usize> {
    positions: [[f32; LANES]; D],
    counts: [f32; LANES],
}

impl<const D: usize> Repellers<D> {
    /// An empty list.
    pub fn new() -> Self {
        Self { chunks: Vec::new(), len: 0 }
    }

    /// Takes down what repels a group: cells narrower than `theta` times their distance from the group, points else.
    pub fn collect(&mut self, tree: &Tree<D>, group: &Group<D>, theta: f32) {
        self.chunks.clear();
        self.len = 0;
        let mut place = 0;
        while let Some(node) = tree.nodes.get(place) {
            let mut square = 0.0;
            for axis in 0..D {
                let centre = node.centre[axis];
                let outside = (group.low[axis] - centre).max(centre - group.high[axis]).max(0.0);
                square += outside * outside;
            }
            let (first, end) = (node.first as usize, (node.first + node.count) as usize);
            let holds_group = (first..end).contains(&group.first);
            if node.width * node.width < theta * theta * square && !holds_group {
                self.push(node.centre, node.count as f32);
                place = node.next as usize;
            } else {
                place += 1;
                if place == node.next as usize {
                    for point in first..end {
                        self.push(std::array::from_fn(|axis| tree.points[axis][point]), 1.0);
                    }
                }
            }
        }
    }

    #[inline(always)]
    fn push(&mut self, position: [f32; D], count: f32) {
        let lane = self.len % LANES;
        if lane == 0 {
            self.chunks.push(Chunk { positions: [[0.0; LANES]; D], counts: [0.0; LANES] });
        }
        if let Some(chunk) = self.chunks.last_mut() {
            chunk.counts[lane] = count;
            for (coordinates, coordinate) in chunk.positions.iter_mut().zip(position) {
                coordinates[lane] = coordinate;
            }
        }
        self.len += 1;
    }

    /// Writes `sum_j s_ij w_ij (y_i - y_j)` for each point of the group, and gives the sum of all `s_ij` with `j` other
    /// than `i`: similarities and weights of [`student`](super::student).
    pub fn repel(&self, tree: &Tree<D>, group: &Group<D>, forces: &mut [[f64; D]]) -> f64 {
        let points = std::array::from_fn(|axis| &tree.points[axis][group.first..group.first + group.count]);
        let sum = vectorized(Repel { chunks: &self.chunks, points, forces });
        // A point is among its own repellers: it does not move itself, but counts 1.
        sum - group.count as f64
    }
}

struct Repel<'a, const D: usize> {
    chunks: &'a [Chunk<D>],
    points: [&'a [f32]; D],
    forces: &'a mut [[f64; D]],
}

impl<const D: usize> WithSimd for Repel<'_, D> {
    type Output = f64;

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> f64 {
        let mut normalizer = 0.0;
        for (place, force) in self.forces.iter_mut().enumerate() {
            let here: [S::f32s; D] = std::array::from_fn(|axis| simd.splat_f32s(self.points[axis][place]));
            *force = [0.0; D];
            for segment in self.chunks.chunks(SEGMENT) {
                let mut forces = [simd.splat_f32s(0.0); D];
                let mut total = simd.splat_f32s(0.0);
                for chunk in segment {
                    let differences: [S::f32s; D] =
                        std::array::from_fn(|axis| simd.sub_f32s(here[axis], load(simd, chunk.positions[axis])));
                    let weights = simd.div_f32s(simd.splat_f32s(1.0), inverse_weights(simd, differences));
                    let counted = simd.mul_f32s(load(simd, chunk.counts), similarities::<S, D>(simd, weights));
                    total = simd.add_f32s(total, counted);
                    let push = simd.mul_f32s(counted, weights);
                    for (force, difference) in forces.iter_mut().zip(differences) {
                        *force = simd.add_f32s(*force, simd.mul_f32s(push, difference));
                    }
                }
                normalizer += sum(simd, total);
                for (force, of_axis) in force.iter_mut().zip(forces) {
                    *force += sum(simd, of_axis);
                }
            }
        }
        normalizer
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tsne::student::weight_and_similarity;

    /// Places in three clumps of different size and density, some of them equal.
    fn places<const D: usize>(count: usize) -> Vec<[f32; D]> {
        let mut state = 5_u32;
        let mut next = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 8) as f32 / (1_u32 << 24) as f32
        };
        let place = |index: usize| {
            let (centre, size) = [(0.0, 20.0), (30.0, 1.0), (-10.0, 0.0)][index % 3];
            std::array::from_fn(|_| centre + size * next())
        };
        (0..count).map(place).collect()
    }

    /// Largest error of a force as a part of the largest force, and the relative error of the normaliser.
    fn errors<const D: usize>(count: usize, theta: f32) -> (f64, f64) {
        let places = places::<D>(count);
        let tree = Tree::new(&places);
        let mut forces = vec![[0.0; D]; count];
        let mut normalizer = 0.0;
        let mut repellers = Repellers::new();
        for group in &tree.groups {
            repellers.collect(&tree, group, theta);
            normalizer += repellers.repel(&tree, group, &mut forces[group.first..group.first + group.count]);
        }
        let (mut expected_normalizer, mut largest_error, mut largest) = (0.0, 0.0_f64, 0.0_f64);
        for (&row, force) in tree.rows.iter().zip(&forces) {
            let mut expected = [0.0; D];
            for other in (0..count).filter(|&other| other != row as usize) {
                let differences: [f64; D] =
                    std::array::from_fn(|axis| f64::from(places[row as usize][axis]) - f64::from(places[other][axis]));
                let square = differences.iter().map(|difference| difference * difference).sum();
                let (weight, similarity) = weight_and_similarity(square, D);
                expected_normalizer += similarity;
                (0..D).for_each(|axis| expected[axis] += similarity * weight * differences[axis]);
            }
            let norm = |force: [f64; D]| force.iter().map(|component| component * component).sum::<f64>().sqrt();
            largest = largest.max(norm(expected));
            largest_error = largest_error.max(norm(std::array::from_fn(|axis| force[axis] - expected[axis])));
        }
        (largest_error / largest, (normalizer / expected_normalizer - 1.0).abs())
    }

    #[test]
    fn without_cells_the_forces_are_those_of_all_pairs() {
        for count in [1, 2, 7, 64, 65, 1000] {
            for (force, normalizer) in [errors::<2>(count, 0.0), errors::<3>(count, 0.0)] {
                assert!(!(force > 1e-6 || normalizer > 1e-6), "{count} places: {force}, {normalizer}");
            }
        }
    }

    #[test]
    fn cells_change_the_forces_little() {
        for (theta, tolerance) in [(0.2, 5e-3), (0.5, 2e-2), (1.0, 1e-1)] {
            for (force, normalizer) in [errors::<2>(3000, theta), errors::<3>(3000, theta)] {
                assert!(force > 0.0 && force < tolerance && normalizer < tolerance, "{theta}: {force}, {normalizer}");
            }
        }
    }
}
