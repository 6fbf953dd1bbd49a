//! What can be wrong with a backbone.

use crate::checkpoint::CheckpointError;

/// Why a backbone could not be built or exported.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BackboneError {
    /// Sizes that do not fit together.
    #[error("sizes of the backbone do not fit: {reason}")]
    Config {
        /// Which size is wrong.
        reason: String,
    },
    /// An architecture name that does not exist.
    #[error(
        "unknown architecture `{name}`; the known ones are vit_tiny, vit_small, vit_base, vit_large, and vit (any size)"
    )]
    UnknownArch {
        /// The name.
        name: String,
    },
    /// The checkpoint holds another architecture than the one asked for.
    #[error(
        "the checkpoint is not a {arch}: {what} is {found}, {arch} has {expected}; use --arch vit to take the sizes from the checkpoint"
    )]
    OtherArch {
        /// The architecture asked for.
        arch: String,
        /// The size that differs.
        what: &'static str,
        /// The architecture's size.
        expected: usize,
        /// The checkpoint's size.
        found: usize,
    },
    /// The checkpoint says something else of its network than what was asked for, or than its tensors show.
    #[error(
        "the checkpoint says that `{name}` is {value}, {found}; {remedy} (--ignore-args where what the file says is not \
         about this model)"
    )]
    Contradiction {
        /// Where the file says so, e.g. `args.num_heads`.
        name: String,
        /// What it says.
        value: String,
        /// What is against it.
        found: String,
        /// What to do.
        remedy: String,
    },
    /// Something the checkpoint does not say.
    #[error(
        "the checkpoint does not say how many attention heads the model has; give --heads (dim {dim}: {candidates})"
    )]
    HeadsUnknown {
        /// Components of a token.
        dim: usize,
        /// Numbers of heads that divide the dimension into usual head sizes.
        candidates: String,
    },
    /// Images too small for one patch.
    #[error("an image of {height}x{width} pixels has no whole patch of {patch_size} pixels")]
    ImageTooSmall {
        /// Pixels.
        height: usize,
        /// Pixels.
        width: usize,
        /// Pixels.
        patch_size: usize,
    },
    /// Reading the checkpoint failed.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// Writing the model failed.
    #[error("cannot write the ONNX model")]
    Onnx(#[from] sop_onnx::OnnxError),
    /// A device failed, or there is none.
    #[error("cannot use the device: {reason}")]
    Device {
        /// The device's own words.
        reason: String,
    },
    /// A device that this build knows nothing of.
    #[error(
        "this build cannot use a {feature} device; build with `--features {feature}`, or take the processor (`--device cpu`)"
    )]
    NoDevice {
        /// The feature of the crate that brings it.
        feature: &'static str,
    },
    /// A device that has no such numbers.
    #[error(
        "the device cannot compute in {precision:?}; leave `training.precision` at \"f32\", or take another --device"
    )]
    NoPrecision {
        /// The numbers.
        precision: crate::Precision,
    },
    /// Not as many devices as were asked for.
    #[error(
        "`--devices {wanted}` asks for {wanted} of kind {kind}, this machine has {found}; its processor counts as one"
    )]
    TooFewDevices {
        /// `cpu`, `cuda` or `wgpu`.
        kind: &'static str,
        /// Devices asked for.
        wanted: usize,
        /// Devices there are.
        found: usize,
    },
}
