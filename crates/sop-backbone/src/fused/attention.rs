//! Self-attention of all heads, straight from the fused projection to queries, keys and values.

use ndarray::{ArrayView2, s};
use rayon::prelude::*;
use sop_numeric::simd::{Loops, vectorized};
use sop_numeric::{Put, multiply_alone};

use super::elementary::exp;
use super::lane_sum::lane_sum;
use super::matrix::{view, view_mut};

/// Sizes of an attention: `[batch, count, 3 * dim]` goes in, each of queries, keys and values head after head.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shape {
    pub(super) batch: usize,
    pub(super) count: usize,
    pub(super) dim: usize,
    pub(super) heads: usize,
}

impl Shape {
    /// The shape of what comes out.
    pub(super) fn mixed(self) -> Vec<usize> {
        vec![self.batch, self.count, self.dim]
    }

    fn head_dim(self) -> usize {
        self.dim / self.heads.max(1)
    }

    /// Products are divided by the root of a head's components.
    fn scale(self) -> f32 {
        (1.0 / (self.head_dim() as f64).sqrt()) as f32
    }

    /// The columns of a head's queries (0), keys (1) or values (2).
    fn columns(self, part: usize, head: usize) -> std::ops::Range<usize> {
        let first = part * self.dim + head * self.head_dim();
        first..first + self.head_dim()
    }
}

/// Rows to weights: each row's scaled softmax.
struct Softmax<'a> {
    rows: &'a mut [f32],
    columns: usize,
    scale: f32,
}

impl Loops for Softmax<'_> {
    type Output = ();

    #[inline(always)]
    fn run<const FUSED: bool>(self) {
        for row in self.rows.chunks_exact_mut(self.columns) {
            let mut lanes = [f32::NEG_INFINITY; 8];
            let chunks = row.chunks_exact(8);
            let rest = chunks.remainder().iter().copied().fold(f32::NEG_INFINITY, f32::max);
            for chunk in chunks {
                lanes.iter_mut().zip(chunk).for_each(|(lane, value)| *lane = lane.max(*value));
            }
            let largest = lanes.into_iter().fold(rest, f32::max);
            for value in row.iter_mut() {
                *value = exp::<FUSED>((*value - largest) * self.scale);
            }
            let inverse = 1.0 / lane_sum(row.len(), |place| row[place]);
            row.iter_mut().for_each(|value| *value *= inverse);
        }
    }
}

/// The gradient of weights to that of the scaled products: `w (g - Σ g w) scale`, row by row.
struct SoftmaxBackward<'a> {
    weights: &'a [f32],
    gradient: &'a mut [f32],
    columns: usize,
    scale: f32,
}

impl Loops for SoftmaxBackward<'_> {
    type Output = ();

    #[inline(always)]
    fn run<const FUSED: bool>(self) {
        for (weights, row) in self.weights.chunks_exact(self.columns).zip(self.gradient.chunks_exact_mut(self.columns))
        {
            let along = lane_sum(self.columns, |place| row[place] * weights[place]);
            for (gradient, weight) in row.iter_mut().zip(weights) {
                *gradient = weight * (*gradient - along) * self.scale;
            }
        }
    }
}

/// Mixed values `[batch, count, dim]`, and the weights `[batch, heads, count, count]`.
pub(super) fn forward(shape: Shape, qkv: &[f32]) -> (Vec<f32>, Vec<f32>) {
    let Shape { batch, count, dim, heads } = shape;
    let mut mixed = vec![0.0; batch * count * dim];
    let mut weights = vec![0.0; batch * heads * count * count];
    if mixed.is_empty() {
        return (mixed, weights);
    }
    let images = mixed.par_chunks_mut(count * dim).zip(weights.par_chunks_mut(heads * count * count));
    images.zip(qkv.par_chunks(count * 3 * dim)).for_each(|((mixed, weights), qkv)| {
        let (Some(qkv), Some(mut mixed)) = (view(qkv, count, 3 * dim), view_mut(mixed, count, dim)) else { return };
        for (head, weights) in weights.chunks_exact_mut(count * count).enumerate() {
            let part = |part: usize| qkv.slice(s![.., shape.columns(part, head)]);
            if let Some(products) = view_mut(weights, count, count) {
                multiply_alone(part(0), part(1).reversed_axes(), products, Put::Set);
            }
            vectorized(Softmax { rows: weights, columns: count, scale: shape.scale() });
            if let Some(weights) = view(weights, count, count) {
                multiply_alone(weights, part(2), mixed.slice_mut(s![.., shape.columns(0, head)]), Put::Set);
            }
        }
    });
    (mixed, weights)
}

/// The gradient of queries, keys and values.
pub(super) fn backward(shape: Shape, qkv: &[f32], weights: &[f32], gradient: &[f32]) -> Vec<f32> {
    let Shape { batch, count, dim, heads } = shape;
    let mut out = vec![0.0; batch * count * 3 * dim];
    if out.is_empty() {
        return out;
    }
    let given = qkv
        .par_chunks(count * 3 * dim)
        .zip(weights.par_chunks(heads * count * count))
        .zip(gradient.par_chunks(count * dim));
    out.par_chunks_mut(count * 3 * dim).zip(given).for_each(|(out, ((qkv, weights), gradient))| {
        let views = (view(qkv, count, 3 * dim), view(gradient, count, dim), view_mut(out, count, 3 * dim));
        let (Some(qkv), Some(gradient), Some(mut out)) = views else { return };
        let mut products = vec![0.0; count * count];
        for (head, weights) in weights.chunks_exact(count * count).enumerate() {
            let part = |part: usize| qkv.slice(s![.., shape.columns(part, head)]);
            let gradient = gradient.slice(s![.., shape.columns(0, head)]);
            if let Some(products) = view_mut(&mut products, count, count) {
                multiply_alone(gradient, part(2).reversed_axes(), products, Put::Set);
            }
            vectorized(SoftmaxBackward { weights, gradient: &mut products, columns: count, scale: shape.scale() });
            let (Some(weights), Some(products)) = (view(weights, count, count), view(&products, count, count)) else {
                return;
            };
            let mut put = |part: usize, left: ArrayView2<'_, f32>, right: ArrayView2<'_, f32>| {
                multiply_alone(left, right, out.slice_mut(s![.., shape.columns(part, head)]), Put::Set);
            };
            put(0, products, part(1));
            put(1, products.reversed_axes(), part(0));
            put(2, weights.reversed_axes(), gradient);
        }
    });
    out
}
