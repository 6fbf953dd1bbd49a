//! The joint affinities of near neighbours, the attraction of the map.

use ndarray::ArrayView2;
use rayon::prelude::*;

use super::TsneError;
use super::calibration::Kernel;
use super::lanes::LANES;
use super::neighbors::nearest;

/// Neighbours of a point, as a multiple of the perplexity (van der Maaten 2014, section 4.1).
const NEIGHBORS: f64 = 3.0;

/// The symmetric matrix `p_ij = (p(j|i) + p(i|j)) / 2n`, row by row, without its zeros.
///
/// A row is filled up to a multiple of [`LANES`] by its own point with affinity 0, which moves nothing.
pub(super) struct JointAffinities {
    /// The other point of each entry, ascending within a row but for the fill.
    columns: Vec<[u32; LANES]>,
    /// Its affinity; all together sum to 1.
    affinities: Vec<[f32; LANES]>,
    /// Where each row starts, and the end of the last.
    starts: Vec<usize>,
}

impl JointAffinities {
    /// Calibrates every point over its nearest three times `perplexity` others, or all others where they are fewer.
    ///
    /// `points` are finite and more than `perplexity + 1`.
    pub fn new(points: ArrayView2<'_, f32>, perplexity: f64) -> Result<Self, TsneError> {
        let num_points = points.nrows();
        let k = ((NEIGHBORS * perplexity) as usize).min(num_points - 1);
        let nearest = nearest(points, k)?;
        let distances = nearest.distances.as_slice().unwrap_or_default();
        let conditional: Vec<f64> = distances
            .par_chunks(k)
            .flat_map_iter(|distances| {
                let kernel = Kernel::calibrate(distances, perplexity);
                distances.iter().map(move |&distance| kernel.affinity(distance))
            })
            .collect();
        let neighbors = nearest.indices.as_slice().unwrap_or_default();
        Ok(Self::symmetric(neighbors, &conditional, k))
    }

    /// Adds up both directions of every pair.
    fn symmetric(neighbors: &[u32], conditional: &[f64], k: usize) -> Self {
        let num_points = neighbors.len() / k;
        let share = 0.5 / num_points as f64;
        let mut entries: Vec<Vec<(u32, f64)>> = neighbors
            .chunks(k)
            .zip(conditional.chunks(k))
            .map(|(neighbors, affinities)| neighbors.iter().copied().zip(affinities.iter().copied()).collect())
            .collect();
        for (point, (neighbors, affinities)) in neighbors.chunks(k).zip(conditional.chunks(k)).enumerate() {
            for (&neighbor, &affinity) in neighbors.iter().zip(affinities) {
                entries[neighbor as usize].push((point as u32, affinity));
            }
        }
        entries.par_iter_mut().for_each(|row| {
            row.sort_by_key(|&(column, _)| column);
            row.dedup_by(|later, kept| {
                let same = later.0 == kept.0;
                if same {
                    kept.1 += later.1;
                }
                same
            });
        });
        let mut joint = Self { columns: Vec::new(), affinities: Vec::new(), starts: vec![0] };
        for (point, row) in entries.iter().enumerate() {
            for chunk in row.chunks(LANES) {
                let (mut columns, mut affinities) = ([point as u32; LANES], [0.0; LANES]);
                for (&(column, affinity), slots) in chunk.iter().zip(columns.iter_mut().zip(&mut affinities)) {
                    (*slots.0, *slots.1) = (column, (affinity * share) as f32);
                }
                joint.columns.push(columns);
                joint.affinities.push(affinities);
            }
            joint.starts.push(joint.columns.len());
        }
        joint
    }

    /// The entries of a row.
    #[inline(always)]
    pub fn row(&self, point: usize) -> (&[[u32; LANES]], &[[f32; LANES]]) {
        let range = self.starts[point]..self.starts[point + 1];
        (&self.columns[range.clone()], &self.affinities[range])
    }
}
