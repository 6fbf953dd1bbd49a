//! Where the cases are computed.

use burn::tensor::Device;
use sop_backbone::DeviceKind;

/// The device that `SOP_DEVICE` names, the processor by default.
pub fn device() -> Device {
    let kind = match std::env::var("SOP_DEVICE").as_deref() {
        Err(_) | Ok("cpu") => DeviceKind::Cpu,
        Ok("cuda") => DeviceKind::Cuda,
        Ok("wgpu") => DeviceKind::Wgpu,
        Ok(other) => panic!("SOP_DEVICE is `{other}`, it may be cpu, cuda or wgpu"),
    };
    kind.open(1).unwrap().remove(0)
}
