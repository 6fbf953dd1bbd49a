//! Networks to ONNX encoders: published weights, checkpoints of pre-training, seeded random weights.
//!
//! Every file proves itself first: it gets its name only when an engine gives the same outputs as the network.

mod import;
mod own;
mod verified;

use sop_backbone::EncoderMetadata;
use sop_image::transform::Transform;

pub use import::{Import, Imported};
pub use own::{export_pretrained, export_untrained, start_of};
pub use verified::Exported;

/// Metadata of an encoder whose images go through `transform`.
fn of_transform(transform: &Transform) -> EncoderMetadata {
    let normalization = transform.normalization();
    EncoderMetadata {
        transform: transform.to_string(),
        normalization: (normalization.mean(), normalization.std()),
        ..EncoderMetadata::default()
    }
}
