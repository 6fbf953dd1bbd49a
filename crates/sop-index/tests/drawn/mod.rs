//! Seeded vectors that the tests of graphs share.

use ndarray::{Array2, Axis};
use sop_numeric::l2_normalize;
use sop_numeric::random::Stream;

/// Normal rows of unit length, around one of `clusters` centres each, in the order of the centres; returns the centres, too.
#[must_use]
#[allow(dead_code, reason = "each test compiles this for itself, and some need normal rows alone")]
pub fn clustered(rows: usize, dim: usize, clusters: usize, spread: f32, seed: u64) -> (Array2<f32>, Vec<usize>) {
    let mut centres = normal(clusters, dim, 0, 1.0);
    let labels: Vec<usize> = (0..rows).map(|row| row * clusters / rows.max(1)).collect();
    let noise = normal(rows, dim, seed, spread);
    centres = l2_normalize(centres.view());
    (l2_normalize((centres.select(Axis(0), &labels) + noise).view()), labels)
}

/// Normal numbers of a standard deviation.
#[must_use]
pub fn normal(rows: usize, dim: usize, seed: u64, deviation: f32) -> Array2<f32> {
    let mut stream = Stream::from_seed(seed, 0);
    Array2::from_shape_simple_fn((rows, dim), || deviation * stream.normal() as f32)
}
