//! Loops over eight f32 at once: the same eight, in the same order, on every machine.

use pulp::{Scalar256b, Simd, WithSimd, cast};

/// Numbers at once.
pub(super) const LANES: usize = 8;

/// Runs loops as compiled for AVX2 where the machine has it, else as compiled for any machine.
///
/// Vectors of `f32` have [`LANES`] numbers either way, and loops without fused operations give the same bits.
pub(super) fn vectorized<Loops: WithSimd>(loops: Loops) -> Loops::Output {
    #[cfg(target_arch = "x86_64")]
    if let Some(simd) = pulp::x86::V3::try_new() {
        return Simd::vectorize(simd, loops);
    }
    Simd::vectorize(Scalar256b, loops)
}

/// Eight numbers as a vector.
#[inline(always)]
pub(super) fn load<S: Simd>(_: S, values: [f32; LANES]) -> S::f32s {
    cast(values)
}

/// The sum of a vector's eight numbers.
#[inline(always)]
pub(super) fn sum<S: Simd>(_: S, vector: S::f32s) -> f64 {
    let values: [f32; LANES] = cast(vector);
    values.into_iter().map(f64::from).sum()
}
