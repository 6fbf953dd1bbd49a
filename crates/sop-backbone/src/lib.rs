//! Vision backbones as Burn modules; reading of published checkpoints; export to ONNX.
//!
//! `checkpoint` (a file) → [`VitConfig`] (its sizes) → [`Vit`] (a Burn module that training uses too) →
//! [`export_onnx`] (an encoder that every engine runs).
//!
//! ```
//! use sop_backbone::{EncoderMetadata, SeededWeights, Vit, VitConfig, VitSize, export_onnx};
//!
//! let config = VitConfig { depth: 1, dim: 12, heads: 3, mlp_dim: 24, ..VitSize::Tiny.config(16) };
//! let vit = Vit::new(&config, &mut SeededWeights::new(7), &sop_backbone::cpu())?;
//! let bytes = export_onnx(&vit, &EncoderMetadata::default())?;
//! assert!(!bytes.is_empty());
//! # Ok::<(), sop_backbone::BackboneError>(())
//! ```

pub mod checkpoint;
mod device;
mod error;
mod fused;
mod gelu;
mod host;
mod metadata;
mod named;
mod precision;
mod select_rows;
mod vit;
mod weights;

pub use device::{DeviceKind, cpu};
pub use error::BackboneError;
pub use gelu::gelu;
pub use host::host_values;
pub use metadata::EncoderMetadata;
pub use named::{NamedTensor, named_tensors, torch_name};
pub use precision::Precision;
pub use select_rows::select_rows;
pub use vit::{
    Arch, Attention, Block, BranchFactors, Corruption, Mlp, Pooling, Vit, VitConfig, VitOutput, VitSize,
    check_fed_size, each_row, export_onnx, infer_config, linear, reference_outputs,
};
pub use weights::{SeededWeights, WeightSource};
