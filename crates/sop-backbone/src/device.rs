//! Where tensors live and are computed.

use burn::tensor::Device;

use crate::BackboneError;

/// The processor as a Burn device.
#[must_use]
pub fn cpu() -> Device {
    Device::flex()
}

/// A kind of device.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DeviceKind {
    /// The processor.
    #[default]
    Cpu,
    /// The first CUDA device; for builds with the feature `cuda`.
    Cuda,
    /// The device that WGPU finds best (Vulkan, Metal, DirectX); for builds with the feature `wgpu`.
    Wgpu,
}

impl DeviceKind {
    /// Opens the device.
    ///
    /// # Errors
    /// [`BackboneError::NoDevice`] where this build cannot use it.
    pub fn open(self) -> Result<Device, BackboneError> {
        match self {
            Self::Cpu => Ok(cpu()),
            #[cfg(feature = "cuda")]
            Self::Cuda => Ok(Device::cuda(0_usize)),
            #[cfg(feature = "wgpu")]
            Self::Wgpu => Ok(Device::wgpu(burn::tensor::DeviceKind::DefaultDevice)),
            #[cfg(not(feature = "cuda"))]
            Self::Cuda => Err(BackboneError::NoDevice { feature: "cuda" }),
            #[cfg(not(feature = "wgpu"))]
            Self::Wgpu => Err(BackboneError::NoDevice { feature: "wgpu" }),
        }
    }
}
