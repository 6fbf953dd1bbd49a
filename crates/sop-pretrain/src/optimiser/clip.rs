//! Clipping of gradients, each parameter's for itself.

use burn::tensor::Tensor;

/// Scales a gradient down to a norm of `limit` where it is longer; returns it with its norm before, `[1]`.
///
/// The factor is `limit / (norm + 1e-6)` where that is below 1 (`clip_gradients` of iBOT's `utils.py`). Nothing waits for the device.
#[must_use]
pub fn clip_to_norm<const D: usize>(gradient: Tensor<D>, limit: f64) -> (Tensor<D>, Tensor<1>) {
    let norm = (gradient.clone() * gradient.clone()).sum().sqrt();
    let factor = ((norm.clone() + 1e-6).recip() * limit).clamp_max(1.0);
    (gradient * factor.unsqueeze::<D>(), norm)
}
