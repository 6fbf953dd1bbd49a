//! Tensors brought from their device.

use burn::tensor::Tensor;

use crate::BackboneError;

/// A tensor's values, row-major; whatever differentiates it is left behind.
///
/// # Errors
/// When the device cannot give them.
pub fn host_values<const D: usize>(tensor: Tensor<D>) -> Result<Vec<f32>, BackboneError> {
    let failed = |reason: String| BackboneError::Device { reason };
    let data = tensor.inner().try_into_data().map_err(|error| failed(error.to_string()))?;
    data.convert::<f32>().try_into_vec().map_err(|error| failed(format!("{error:?}")))
}
