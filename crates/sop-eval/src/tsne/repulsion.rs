//! The push of all points against each other, by the algorithm of Barnes and Hut.
//!
//! Barnes and Hut, "A hierarchical O(N log N) force-calculation algorithm" (Nature 1986), with one list of far cells and
//! near points for all points of a group (Barnes, "A modified tree code", 1990): a cell that is far from the box around
//! the group is far from each of its points.

use pulp::{Arch, Simd, WithSimd};

use super::student::{distance_factor, similarity};
use super::tree::{Group, Tree};

/// Entries that are handled at once.
const LANES: usize = 8;
/// Entries whose f32 sums are added to f64 ones: few, so that nothing is lost.
const SEGMENT: usize = 32;

/// What repels the points of a group: cells and points with their numbers of points.
pub(super) struct Repellers<const D: usize> {
    positions: [Vec<[f32; LANES]>; D],
    counts: Vec<[f32; LANES]>,
    len: usize,
}

impl<const D: usize> Repellers<D> {
    /// An empty list.
    pub fn new() -> Self {
        Self { positions: std::array::from_fn(|_| Vec::new()), counts: Vec::new(), len: 0 }
    }

    /// Takes down what repels a group: cells narrower than `theta` times their distance from the group, points else.
    pub fn collect(&mut self, tree: &Tree<D>, group: &Group<D>, theta: f32) {
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
        // The rest of the last entries repels nothing.
        if let Some(rest) = self.counts.get_mut(self.len / LANES) {
            rest[self.len % LANES..].fill(0.0);
        }
    }

    #[inline(always)]
    fn push(&mut self, position: [f32; D], count: f32) {
        let (chunk, lane) = (self.len / LANES, self.len % LANES);
        if chunk == self.counts.len() {
            self.counts.push([0.0; LANES]);
            self.positions.iter_mut().for_each(|positions| positions.push([0.0; LANES]));
        }
        self.counts[chunk][lane] = count;
        for axis in 0..D {
            self.positions[axis][chunk][lane] = position[axis];
        }
        self.len += 1;
    }

    /// Writes `sum_j s_ij w_ij (y_i - y_j)` for each point of the group, and gives the sum of all `s_ij` with `j` other
    /// than `i`: similarities and weights of [`student`](super::student).
    pub fn repel(&self, tree: &Tree<D>, group: &Group<D>, forces: &mut [[f64; D]]) -> f64 {
        let points = std::array::from_fn(|axis| &tree.points[axis][group.first..group.first + group.count]);
        let sum = Arch::new().dispatch(Repel { repellers: self, points, forces });
        // A point is among its own repellers: it does not move itself, but counts 1.
        sum - group.count as f64
    }
}

struct Repel<'a, const D: usize> {
    repellers: &'a Repellers<D>,
    points: [&'a [f32]; D],
    forces: &'a mut [[f64; D]],
}

impl<const D: usize> WithSimd for Repel<'_, D> {
    type Output = f64;

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) -> f64 {
        let num_chunks = self.repellers.len.div_ceil(LANES);
        let positions: [&[[f32; LANES]]; D] = std::array::from_fn(|axis| &self.repellers.positions[axis][..num_chunks]);
        let counts = &self.repellers.counts[..num_chunks];
        let mut normalizer = 0.0;
        for (place, force) in self.forces.iter_mut().enumerate() {
            let here: [f32; D] = std::array::from_fn(|axis| self.points[axis][place]);
            *force = [0.0; D];
            for first in (0..num_chunks).step_by(SEGMENT) {
                let segment = first..(first + SEGMENT).min(num_chunks);
                let positions = std::array::from_fn(|axis| &positions[axis][segment.clone()]);
                let (forces, similarities) = segment_sums(here, positions, &counts[segment.clone()]);
                normalizer += similarities.iter().map(|&similarity| f64::from(similarity)).sum::<f64>();
                for (force, sums) in force.iter_mut().zip(forces) {
                    *force += sums.iter().map(|&sum| f64::from(sum)).sum::<f64>();
                }
            }
        }
        normalizer
    }
}

/// Forces and similarities, each as the sums of every [`LANES`]-th entry.
#[inline(always)]
fn segment_sums<const D: usize>(
    here: [f32; D],
    positions: [&[[f32; LANES]]; D],
    counts: &[[f32; LANES]],
) -> ([[f32; LANES]; D], [f32; LANES]) {
    let mut forces = [[0.0_f32; LANES]; D];
    let mut similarities = [0.0_f32; LANES];
    let positions = positions.map(|positions| &positions[..counts.len()]);
    for (chunk, counts) in counts.iter().enumerate() {
        let mut denominators = [1.0_f32; LANES];
        let mut differences = [[0.0_f32; LANES]; D];
        for axis in 0..D {
            for lane in 0..LANES {
                differences[axis][lane] = here[axis] - positions[axis][chunk][lane];
                denominators[lane] += differences[axis][lane] * differences[axis][lane] * distance_factor(D) as f32;
            }
        }
        let mut scaled = [0.0_f32; LANES];
        for lane in 0..LANES {
            let weight = 1.0 / denominators[lane];
            scaled[lane] = counts[lane] * similarity::<D>(weight);
            similarities[lane] += scaled[lane];
            scaled[lane] *= weight;
        }
        for axis in 0..D {
            for lane in 0..LANES {
                forces[axis][lane] += scaled[lane] * differences[axis][lane];
            }
        }
    }
    (forces, similarities)
}
