//! Embeddings on the processor, a row each.

use burn::tensor::Tensor;
use ndarray::{Array2, ArrayView2, Axis, ShapeError, concatenate};
use sop_backbone::{BackboneError, host_values};

/// A matrix's values, brought from the device.
pub(crate) fn host_rows(rows: Tensor<2>) -> Result<Array2<f32>, BackboneError> {
    let shape = rows.dims();
    Array2::from_shape_vec(shape, host_values(rows)?).map_err(wrong_shape)
}

/// The rows of several matrices below each other.
pub(crate) fn stacked(parts: &[Array2<f32>]) -> Result<Array2<f32>, BackboneError> {
    let parts: Vec<ArrayView2<'_, f32>> = parts.iter().map(|part| part.view()).collect();
    concatenate(Axis(0), &parts).map_err(wrong_shape)
}

fn wrong_shape(error: ShapeError) -> BackboneError {
    BackboneError::Device { reason: error.to_string() }
}
