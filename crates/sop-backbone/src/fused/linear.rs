//! A linear layer: rows times a matrix, plus a bias.

use ndarray::{ArrayView2, ArrayViewMut2};
use rayon::prelude::*;
use sop_numeric::simd::{Loops, vectorized};
use sop_numeric::{Put, multiply};

use super::matrix::{total, view, view_mut};

/// Rows that a sum is made of at a time, whatever the number of threads.
const ROWS: usize = 64;

/// Sizes of a layer.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shape {
    pub(super) rows: usize,
    pub(super) inputs: usize,
    pub(super) outputs: usize,
}

/// Sums of the columns of some rows.
struct ColumnSums<'a>(&'a [f32], usize);

impl Loops for ColumnSums<'_> {
    type Output = Vec<f32>;

    #[inline(always)]
    fn run<const FUSED: bool>(self) -> Vec<f32> {
        let mut sums = vec![0.0_f32; self.1];
        for row in self.0.chunks_exact(self.1) {
            sums.iter_mut().zip(row).for_each(|(sum, value)| *sum += value);
        }
        sums
    }
}

/// `input · weight + bias`: `[rows, inputs]`, `[inputs, outputs]` and `[outputs]` to `[rows, outputs]`.
pub(super) fn forward(shape: Shape, input: &[f32], weight: &[f32], bias: &[f32]) -> Vec<f32> {
    let Shape { rows, inputs, outputs } = shape;
    let mut out = Vec::with_capacity(rows * outputs);
    for _ in 0..rows {
        out.extend_from_slice(bias);
    }
    put(view(input, rows, inputs), view(weight, inputs, outputs), view_mut(&mut out, rows, outputs), Put::Add);
    out
}

/// The gradient of the input: `gradient · weightᵀ`.
pub(super) fn of_input(shape: Shape, weight: &[f32], gradient: &[f32]) -> Vec<f32> {
    let Shape { rows, inputs, outputs } = shape;
    let mut out = vec![0.0; rows * inputs];
    let weight = view(weight, inputs, outputs).map(ArrayView2::reversed_axes);
    put(view(gradient, rows, outputs), weight, view_mut(&mut out, rows, inputs), Put::Set);
    out
}

/// The gradient of the weight: `inputᵀ · gradient`.
pub(super) fn of_weight(shape: Shape, input: &[f32], gradient: &[f32]) -> Vec<f32> {
    let Shape { rows, inputs, outputs } = shape;
    let mut out = vec![0.0; inputs * outputs];
    let input = view(input, rows, inputs).map(ArrayView2::reversed_axes);
    put(input, view(gradient, rows, outputs), view_mut(&mut out, inputs, outputs), Put::Set);
    out
}

/// The gradient of the bias: the sum of the gradient's rows.
pub(super) fn of_bias(shape: Shape, gradient: &[f32]) -> Vec<f32> {
    let parts = gradient.par_chunks(ROWS * shape.outputs.max(1));
    let sums: Vec<Vec<f32>> = parts.map(|rows| vectorized(ColumnSums(rows, shape.outputs.max(1)))).collect();
    total(shape.outputs, sums.iter())
}

/// Multiplies what has the shapes that were said; the operation's own shapes are checked before.
fn put(
    left: Option<ArrayView2<'_, f32>>,
    right: Option<ArrayView2<'_, f32>>,
    out: Option<ArrayViewMut2<'_, f32>>,
    how: Put,
) {
    if let (Some(left), Some(right), Some(out)) = (left, right, out) {
        multiply(left, right, out, how);
    }
}
