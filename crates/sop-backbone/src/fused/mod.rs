//! Operations of a block in one pass over memory each, with their own gradients, on the processor.
//!
//! Burn composes layer norm, softmax and attention of simple operations, each of which reads and writes whole tensors, and keeps what
//! the gradient of each needs. Here an operation keeps what its own gradient needs, and nothing else. Other devices, and other numbers
//! than f32, keep Burn's operations.

mod attention;
mod elementary;
mod gelu;
mod lane_sum;
mod layer_norm;
mod linear;
mod matrix;
mod operations;
#[cfg(test)]
mod tests;

use burn::backend::Dispatch;
use burn::tensor::{DType, Tensor};

use self::operations::FusedOperations;
use crate::cpu;

/// Whether a tensor is one that the operations here are for.
pub(crate) fn is_fused<const D: usize>(tensor: &Tensor<D>) -> bool {
    tensor.dtype() == DType::F32 && tensor.device().without_autodiff() == cpu()
}

/// Each row of the last dimension with mean 0 and variance 1, times `gamma` and plus `beta`; see [`is_fused`].
pub(crate) fn layer_norm<const D: usize>(
    tokens: Tensor<D>,
    gamma: Tensor<1>,
    beta: Tensor<1>,
    epsilon: f64,
) -> Tensor<D> {
    let out = <Dispatch as FusedOperations>::layer_norm_rows(
        tokens.into_dispatch(),
        gamma.into_dispatch(),
        beta.into_dispatch(),
        epsilon,
    );
    Tensor::from_dispatch(out)
}

/// Each row of the last dimension times `weight`, `[inputs, outputs]`, plus `bias`; see [`is_fused`].
///
/// The last dimension must be `inputs`, and the bias have `outputs` values.
pub(crate) fn linear<const D: usize>(rows: Tensor<D>, weight: Tensor<2>, bias: Tensor<1>) -> Tensor<D> {
    let out =
        <Dispatch as FusedOperations>::linear_rows(rows.into_dispatch(), weight.into_dispatch(), bias.into_dispatch());
    Tensor::from_dispatch(out)
}

/// Exact GELU; see [`is_fused`].
pub(crate) fn gelu<const D: usize>(values: Tensor<D>) -> Tensor<D> {
    Tensor::from_dispatch(<Dispatch as FusedOperations>::exact_gelu(values.into_dispatch()))
}

/// Queries, keys and values of all heads, `[batch, tokens, 3 * dim]`, to the mixed values `[batch, tokens, dim]`; see [`is_fused`].
pub(crate) fn attention(qkv: Tensor<3>, heads: usize) -> Tensor<3> {
    Tensor::from_dispatch(<Dispatch as FusedOperations>::self_attention(qkv.into_dispatch(), heads))
}
