//! Student's t-distribution, the similarity of two places of a map.
//!
//! In `d` dimensions it has `d - 1` degrees of freedom (van der Maaten, "Learning a Parametric Embedding by Preserving
//! Local Structure", 2009, section 4), as in scikit-learn: with `w = 1 / (1 + |y_i - y_j|^2 / (d - 1))` the similarity
//! is `w^(d/2)`, in two dimensions `w` itself, and the gradient of the divergence is
//! `2 d / (d - 1) sum_j (p_ij - q_ij) w (y_i - y_j)`, `q` being the similarities divided by the sum of all.
//! (scikit-learn has the similarity in the place of `w`, which is not the gradient in three dimensions.)

use pulp::Simd;

/// One over the degrees of freedom.
const fn distance_factor(dimensions: usize) -> f64 {
    if dimensions > 2 { 1.0 / (dimensions - 1) as f64 } else { 1.0 }
}

/// The factor of the gradient.
pub(super) const fn gradient_factor(dimensions: usize) -> f64 {
    2.0 + 2.0 * distance_factor(dimensions)
}

/// The weight and the similarity of a pair at a squared distance.
pub(super) fn weight_and_similarity(square: f64, dimensions: usize) -> (f64, f64) {
    let weight = 1.0 / (1.0 + square * distance_factor(dimensions));
    let similarity = match dimensions {
        0..=2 => weight,
        3 => weight * weight.sqrt(),
        _ => weight.powf(dimensions as f64 / 2.0),
    };
    (weight, similarity)
}

/// One over the weights of pairs with these differences along each axis.
#[inline(always)]
pub(super) fn inverse_weights<S: Simd, const D: usize>(simd: S, differences: [S::f32s; D]) -> S::f32s {
    let mut square = simd.mul_f32s(differences[0], differences[0]);
    for difference in &differences[1..] {
        square = simd.add_f32s(square, simd.mul_f32s(*difference, *difference));
    }
    if D > 2 {
        square = simd.mul_f32s(square, simd.splat_f32s(const { distance_factor(D) as f32 }));
    }
    simd.add_f32s(simd.splat_f32s(1.0), square)
}

/// The similarities of pairs with these weights.
#[inline(always)]
pub(super) fn similarities<S: Simd, const D: usize>(simd: S, weights: S::f32s) -> S::f32s {
    const { assert!(D == 2 || D == 3, "a map has two or three dimensions") };
    if D == 2 { weights } else { simd.mul_f32s(weights, simd.sqrt_f32s(weights)) }
}
