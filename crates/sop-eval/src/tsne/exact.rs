//! Affinities of all pairs, and how far a map is from them.

use ndarray::{Array2, ArrayView2, Axis, CowArray, Ix2};
use rayon::prelude::*;

use super::TsneError;
use super::calibration::Kernel;
use super::embed::check_finite;
use super::params::{check_number_of_points, check_perplexity};
use super::squared_distance::squared_distances;
use super::student::{gradient_factor, weight_and_similarity};

/// The joint affinities of all pairs of points, without approximation, all in f64.
///
/// Rows are computed when they are asked for: memory is that of the points, time per row is one distance per point.
#[derive(Clone, Debug)]
pub struct ExactAffinities<'a> {
    points: CowArray<'a, f32, Ix2>,
    kernels: Vec<Kernel>,
}

/// How far a map is from the affinities.
#[derive(Clone, Debug, PartialEq)]
pub struct Divergence {
    /// Kullback-Leibler divergence of the map's similarities from the affinities in nats, at least 0.
    pub kl_divergence: f64,
    /// Its derivative by each coordinate, `[points, dimensions]`.
    pub gradient: Array2<f64>,
}

impl<'a> ExactAffinities<'a> {
    /// Calibrates every point of `points`, `[points, components]`, over all others: the entropy of its affinities is
    /// `ln(perplexity)` within 1e-12, but where too many others are equally near for so low an entropy.
    ///
    /// # Errors
    /// When the perplexity is not above 1 and below the number of other points, or a value is not finite.
    pub fn new(points: ArrayView2<'a, f32>, perplexity: f64) -> Result<Self, TsneError> {
        check_perplexity(perplexity)?;
        check_number_of_points(points.nrows(), perplexity)?;
        check_finite(points)?;
        let points = if points.is_standard_layout() {
            CowArray::from(points)
        } else {
            CowArray::from(points.as_standard_layout().into_owned())
        };
        let num_points = points.nrows();
        let mut affinities = Self { points, kernels: Vec::new() };
        affinities.kernels = (0..num_points)
            .into_par_iter()
            .map_init(Vec::new, |distances, point| {
                affinities.distances(point, distances);
                distances.remove(point);
                Kernel::calibrate(distances, perplexity)
            })
            .collect();
        Ok(affinities)
    }

    /// The precision `1 / (2 sigma^2)` of every point's kernel on squared distances, at least 0.
    #[must_use]
    pub fn betas(&self) -> Vec<f64> {
        self.kernels.iter().map(|kernel| kernel.beta).collect()
    }

    /// The joint affinities `(p(j|i) + p(i|j)) / 2n` of the point `row`, which is 0 to itself; all rows together sum to
    /// 1. `None` beyond the last point.
    #[must_use]
    pub fn row(&self, row: usize) -> Option<Vec<f64>> {
        let mut affinities = Vec::new();
        (row < self.kernels.len()).then(|| {
            self.write_row(row, &mut affinities);
            affinities
        })
    }

    /// Compares a map of the same points, `[points, dimensions]`, with the affinities.
    ///
    /// # Errors
    /// When the map has another number of rows or a value that is not finite.
    pub fn divergence(&self, map: ArrayView2<'_, f64>) -> Result<Divergence, TsneError> {
        let num_points = self.kernels.len();
        if map.nrows() != num_points {
            return Err(TsneError::MapRows { rows: map.nrows(), points: num_points });
        }
        if let Some(row) = map.rows().into_iter().position(|row| row.iter().any(|value| !value.is_finite())) {
            return Err(TsneError::NotFinite { what: "map", row });
        }
        let of_pair = |row: usize, other: usize| {
            let squares = map.row(row).into_iter().zip(map.row(other)).map(|(here, there)| (here - there).powi(2));
            weight_and_similarity(squares.sum(), map.ncols())
        };
        let others = |row: usize| (0..num_points).filter(move |&other| other != row);
        let of_rows: Vec<f64> = (0..num_points)
            .into_par_iter()
            .map(|row| others(row).map(|other| of_pair(row, other).1).sum::<f64>())
            .collect();
        let normalizer: f64 = of_rows.iter().sum();
        let mut gradient = Array2::zeros(map.dim());
        let rows: Vec<_> = gradient.axis_iter_mut(Axis(0)).enumerate().collect();
        let shares: Vec<f64> = rows
            .into_par_iter()
            .map_init(Vec::new, |affinities, (row, mut gradient)| {
                self.write_row(row, affinities);
                let mut share = 0.0;
                for other in others(row) {
                    let (affinity, (weight, similarity)) = (affinities[other], of_pair(row, other));
                    let normalized = similarity / normalizer;
                    if affinity > 0.0 {
                        share += affinity * (affinity / normalized).ln();
                    }
                    let pull = gradient_factor(map.ncols()) * (affinity - normalized) * weight;
                    for (axis, slope) in gradient.iter_mut().enumerate() {
                        *slope += pull * (map[[row, axis]] - map[[other, axis]]);
                    }
                }
                share
            })
            .collect();
        Ok(Divergence { kl_divergence: shares.iter().sum(), gradient })
    }

    /// Squared distances of a point to all points.
    fn distances(&self, point: usize, distances: &mut Vec<f64>) {
        let values = self.points.as_slice().unwrap_or_default();
        let dim = self.points.ncols();
        distances.resize(self.points.nrows(), 0.0);
        squared_distances(&values[point * dim..(point + 1) * dim], values, distances);
    }

    fn write_row(&self, row: usize, affinities: &mut Vec<f64>) {
        self.distances(row, affinities);
        let (kernel, share) = (self.kernels[row], 0.5 / self.kernels.len() as f64);
        for (affinity, other) in affinities.iter_mut().zip(&self.kernels) {
            *affinity = (kernel.affinity(*affinity) + other.affinity(*affinity)) * share;
        }
        affinities[row] = 0.0;
    }
}
