//! Where tensors live and are computed.

use burn::tensor::Device;
use sop_core::Choice;

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
    /// CUDA devices; for builds with the feature `cuda`.
    Cuda,
    /// Devices of WGPU (Vulkan, Metal, DirectX), the one that it finds best where one is asked for; for builds with the feature `wgpu`.
    Wgpu,
}

impl DeviceKind {
    /// The kinds by name.
    pub const CHOICES: [Choice<Self>; 3] = [
        Choice { value: Self::Cpu, name: "cpu", about: "The processor" },
        Choice { value: Self::Cuda, name: "cuda", about: "The first CUDA device" },
        Choice { value: Self::Wgpu, name: "wgpu", about: "The device that WGPU finds best" },
    ];

    /// Opens the first `count` devices of this kind, at least one.
    ///
    /// # Errors
    /// [`BackboneError::NoDevice`] where this build cannot use it, [`BackboneError::TooFewDevices`] where there are not as many.
    pub fn open(self, count: usize) -> Result<Vec<Device>, BackboneError> {
        let (devices, kind): (Vec<Device>, &'static str) = match self {
            Self::Cpu => (vec![cpu()], "cpu"),
            #[cfg(feature = "cuda")]
            Self::Cuda => (Device::enumerate(burn::tensor::DeviceType::Cuda).into_vec(), "cuda"),
            // What WGPU finds best is not always the first of its list.
            #[cfg(feature = "wgpu")]
            Self::Wgpu if count <= 1 => (vec![Device::wgpu(burn::tensor::DeviceKind::DefaultDevice)], "wgpu"),
            #[cfg(feature = "wgpu")]
            Self::Wgpu => (Device::enumerate(burn::tensor::DeviceType::Wgpu).into_vec(), "wgpu"),
            #[cfg(not(feature = "cuda"))]
            Self::Cuda => return Err(BackboneError::NoDevice { feature: "cuda" }),
            #[cfg(not(feature = "wgpu"))]
            Self::Wgpu => return Err(BackboneError::NoDevice { feature: "wgpu" }),
        };
        let (found, wanted) = (devices.len(), count.max(1));
        match found < wanted {
            true => Err(BackboneError::TooFewDevices { kind, wanted, found }),
            false => Ok(devices.into_iter().take(wanted).collect()),
        }
    }
}
