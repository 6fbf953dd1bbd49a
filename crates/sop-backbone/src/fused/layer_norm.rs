//! Layer norm over the last dimension.

use rayon::prelude::*;
use sop_numeric::simd::{Loops, vectorized};

use super::lane_sum::lane_sum;
use super::matrix::total;

/// Rows that one thread takes at a time; sums over rows are made in parts of so many, whatever the number of threads.
const ROWS: usize = 64;

/// Gradients of everything that goes in.
pub(super) struct Gradients {
    pub(super) tokens: Vec<f32>,
    pub(super) gamma: Vec<f32>,
    pub(super) beta: Vec<f32>,
}

/// Mean of a row, and one over its standard deviation.
#[inline(always)]
fn moments(row: &[f32], epsilon: f64) -> (f32, f32) {
    let count = row.len() as f32;
    let mean = lane_sum(row.len(), |place| row[place]) / count;
    let variance = lane_sum(row.len(), |place| (row[place] - mean) * (row[place] - mean)) / count;
    (mean, (1.0 / (f64::from(variance) + epsilon).sqrt()) as f32)
}

struct Forward<'a> {
    tokens: &'a [f32],
    gamma: &'a [f32],
    beta: &'a [f32],
    epsilon: f64,
    out: &'a mut [f32],
}

impl Loops for Forward<'_> {
    type Output = ();

    #[inline(always)]
    fn run<const FUSED: bool>(self) {
        let dim = self.gamma.len();
        for (row, out) in self.tokens.chunks_exact(dim).zip(self.out.chunks_exact_mut(dim)) {
            let (mean, scale) = moments(row, self.epsilon);
            for (((x, gamma), beta), out) in row.iter().zip(self.gamma).zip(self.beta).zip(out) {
                *out = (x - mean) * scale * gamma + beta;
            }
        }
    }
}

struct Backward<'a> {
    tokens: &'a [f32],
    gamma: &'a [f32],
    gradient: &'a [f32],
    epsilon: f64,
    out: &'a mut [f32],
}

impl Loops for Backward<'_> {
    /// The gradients of gamma and of beta over these rows.
    type Output = [Vec<f32>; 2];

    #[inline(always)]
    fn run<const FUSED: bool>(self) -> [Vec<f32>; 2] {
        let dim = self.gamma.len();
        let (mut of_gamma, mut of_beta) = (vec![0.0_f32; dim], vec![0.0_f32; dim]);
        let rows =
            self.tokens.chunks_exact(dim).zip(self.gradient.chunks_exact(dim)).zip(self.out.chunks_exact_mut(dim));
        for ((row, gradient), out) in rows {
            let (mean, scale) = moments(row, self.epsilon);
            let gamma = &self.gamma[..dim];
            let (row, gradient) = (&row[..dim], &gradient[..dim]);
            let plain = lane_sum(dim, |place| gradient[place] * gamma[place]) / dim as f32;
            let along =
                lane_sum(dim, |place| gradient[place] * gamma[place] * (row[place] - mean)) * scale / dim as f32;
            let sums = of_gamma.iter_mut().zip(of_beta.iter_mut());
            for ((((x, gradient), gamma), out), (of_gamma, of_beta)) in
                row.iter().zip(gradient).zip(gamma).zip(out).zip(sums)
            {
                let normed = (x - mean) * scale;
                *out = (gradient * gamma - plain - normed * along) * scale;
                *of_gamma += gradient * normed;
                *of_beta += gradient;
            }
        }
        [of_gamma, of_beta]
    }
}

/// Each row with mean 0 and variance 1, times gamma and plus beta.
pub(super) fn forward(tokens: &[f32], gamma: &[f32], beta: &[f32], epsilon: f64) -> Vec<f32> {
    let mut out = vec![0.0; tokens.len()];
    let size = ROWS * gamma.len().max(1);
    out.par_chunks_mut(size)
        .zip(tokens.par_chunks(size))
        .for_each(|(out, tokens)| vectorized(Forward { tokens, gamma, beta, epsilon, out }));
    out
}

/// Gradients of tokens, gamma and beta.
pub(super) fn backward(tokens: &[f32], gamma: &[f32], gradient: &[f32], epsilon: f64) -> Gradients {
    let mut out = vec![0.0; tokens.len()];
    let size = ROWS * gamma.len().max(1);
    let parts = out.par_chunks_mut(size).zip(tokens.par_chunks(size).zip(gradient.par_chunks(size)));
    let sums: Vec<[Vec<f32>; 2]> =
        parts.map(|(out, (tokens, gradient))| vectorized(Backward { tokens, gamma, gradient, epsilon, out })).collect();
    let total = |which: usize| total(gamma.len(), sums.iter().map(|sums| &sums[which]));
    Gradients { gamma: total(0), beta: total(1), tokens: out }
}
