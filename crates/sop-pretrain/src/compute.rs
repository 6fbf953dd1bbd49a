//! What computes the gradients of a batch, and in which numbers.

use burn::tensor::Device;
use sop_backbone::{BackboneError, Precision, cpu};

/// Devices, at least one, and numbers that all of them have.
#[derive(Clone, Debug)]
pub struct Compute {
    devices: Vec<Device>,
    precision: Precision,
}

impl Default for Compute {
    /// The processor, in f32.
    fn default() -> Self {
        Self { devices: vec![cpu()], precision: Precision::F32 }
    }
}

impl Compute {
    /// Computes on these devices in turns; weights and optimiser are on the first.
    ///
    /// # Errors
    /// [`BackboneError`] where there is no device, or one that cannot compute in these numbers.
    pub fn new(devices: Vec<Device>, precision: Precision) -> Result<Self, BackboneError> {
        if devices.is_empty() {
            return Err(BackboneError::Device { reason: "there is none".to_owned() });
        }
        match devices.iter().all(|device| device.supports_dtype(precision.dtype())) {
            true => Ok(Self { devices, precision }),
            false => Err(BackboneError::NoPrecision { precision }),
        }
    }

    /// All devices, at least one.
    #[must_use]
    pub fn devices(&self) -> &[Device] {
        &self.devices
    }

    /// The device that weights and optimiser are on.
    #[must_use]
    pub fn first(&self) -> &Device {
        &self.devices[0]
    }

    /// Numbers of the networks' products.
    #[must_use]
    pub fn precision(&self) -> Precision {
        self.precision
    }
}
