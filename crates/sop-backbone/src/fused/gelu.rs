//! GELU and its slope.

use rayon::prelude::*;
use sop_numeric::simd::{Loops, vectorized};

use super::elementary::normal;

/// Values that one thread takes at a time.
const CHUNK: usize = 1 << 14;

struct Forward<'a>(&'a [f32], &'a mut [f32]);

impl Loops for Forward<'_> {
    type Output = ();

    #[inline(always)]
    fn run<const FUSED: bool>(self) {
        for (x, out) in self.0.iter().zip(self.1) {
            *out = x * normal::<FUSED>(*x).0;
        }
    }
}

struct Backward<'a>(&'a [f32], &'a [f32], &'a mut [f32]);

impl Loops for Backward<'_> {
    type Output = ();

    #[inline(always)]
    fn run<const FUSED: bool>(self) {
        for ((x, gradient), out) in self.0.iter().zip(self.1).zip(self.2) {
            let (below, density) = normal::<FUSED>(*x);
            *out = gradient * (below + x * density);
        }
    }
}

/// `x Φ(x)` of each value.
pub(super) fn forward(values: &[f32]) -> Vec<f32> {
    let mut out = vec![0.0; values.len()];
    out.par_chunks_mut(CHUNK).zip(values.par_chunks(CHUNK)).for_each(|(out, values)| vectorized(Forward(values, out)));
    out
}

/// The gradient times `Φ(x) + x φ(x)`.
pub(super) fn backward(values: &[f32], gradient: &[f32]) -> Vec<f32> {
    let mut out = vec![0.0; values.len()];
    let parts = out.par_chunks_mut(CHUNK).zip(values.par_chunks(CHUNK).zip(gradient.par_chunks(CHUNK)));
    parts.for_each(|(out, (values, gradient))| vectorized(Backward(values, gradient, out)));
    out
}
