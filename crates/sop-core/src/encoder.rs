//! The encoder: a batch of images in, features out.

use std::path::PathBuf;

use ndarray::{Array2, Array3, ArrayView4};

/// What is known of an encoder before it is run.
#[derive(Clone, Debug, PartialEq)]
pub struct EncoderSpec {
    /// Short name for tables: the file stem, or `pixels:16`.
    pub name: String,
    /// SHA-256 of the encoder file, with the description where one was needed (of the name for built-in encoders),
    /// lower-case hex.
    pub sha256: String,
    /// What is known of its making, as a JSON object: architecture, method, epochs, data.
    pub meta: serde_json::Map<String, serde_json::Value>,
    /// The outputs it can compute.
    pub outputs: EncoderOutputs,
    /// The transform its images should go through, e.g. `resize_short(256,bicubic)|center_crop(224)|normalize(imagenet)`.
    pub transform: Option<String>,
    /// What runs it, e.g. `onnxruntime 1.23.2` or `tract 0.23`.
    pub runtime: String,
}

/// A set of encoder outputs: those that exist, or those that are asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct EncoderOutputs {
    /// Normed CLS token, `[batch, dim]`.
    pub cls: bool,
    /// Normed patch tokens, `[batch, tokens, dim]`.
    pub patches: bool,
    /// Normed CLS tokens of the last four blocks, `[batch, 4 * dim]`.
    pub cls_last4: bool,
    /// CLS-to-patch attention of the last block, `[batch, heads, tokens]`.
    pub attention: bool,
}

impl EncoderOutputs {
    /// The ONNX output names of the set, in the contract's order.
    #[must_use]
    pub fn names(self) -> Vec<&'static str> {
        [(self.cls, "cls"), (self.patches, "patches"), (self.cls_last4, "cls_last4"), (self.attention, "attention")]
            .into_iter()
            .filter_map(|(present, name)| present.then_some(name))
            .collect()
    }

    /// The outputs of either set.
    #[must_use]
    pub fn union(self, other: Self) -> Self {
        Self {
            cls: self.cls || other.cls,
            patches: self.patches || other.patches,
            cls_last4: self.cls_last4 || other.cls_last4,
            attention: self.attention || other.attention,
        }
    }

    /// The outputs of `self` that `other` lacks.
    #[must_use]
    pub fn minus(self, other: Self) -> Self {
        Self {
            cls: self.cls && !other.cls,
            patches: self.patches && !other.patches,
            cls_last4: self.cls_last4 && !other.cls_last4,
            attention: self.attention && !other.attention,
        }
    }
}

/// The outputs of one batch; those that were not asked for are `None`.
#[derive(Clone, Debug, Default)]
pub struct EncoderOutput {
    /// Normed CLS token, `[batch, dim]`.
    pub cls: Option<Array2<f32>>,
    /// Normed patch tokens, `[batch, tokens, dim]`, row-major over the token grid.
    pub patches: Option<Array3<f32>>,
    /// Normed CLS tokens of the last four blocks, first block first, `[batch, 4 * dim]`.
    pub cls_last4: Option<Array2<f32>>,
    /// CLS-to-patch attention of the last block, `[batch, heads, tokens]`.
    pub attention: Option<Array3<f32>>,
}

/// Why a batch could not be encoded.
#[derive(Debug, thiserror::Error)]
pub enum EncodeError {
    /// An output was asked for that the encoder does not have.
    #[error("encoder `{encoder}` has no output `{output}`; it has: {available}")]
    MissingOutput {
        /// The encoder's name.
        encoder: String,
        /// The output asked for.
        output: String,
        /// The outputs it has, separated by commas.
        available: String,
    },
    /// An output came back in another shape than the contract's.
    #[error("encoder `{encoder}` returned `{output}` with shape {found:?}, expected {expected}")]
    OutputShape {
        /// The encoder's name.
        encoder: String,
        /// The output's name.
        output: String,
        /// The shape that came back.
        found: Vec<usize>,
        /// The shape the contract asks for, in words.
        expected: String,
    },
    /// The images do not fit the encoder.
    #[error("encoder `{encoder}` cannot take images of shape {found:?}: {reason}")]
    InputShape {
        /// The encoder's name.
        encoder: String,
        /// Shape of the batch.
        found: Vec<usize>,
        /// What is wrong with it.
        reason: String,
    },
    /// The features of an image depend on the images that are encoded with it.
    #[error(
        "{} gives an image other features alone than among others: `{output}` differs by up to {difference:.2e}, where its \
         largest value is {largest:.2e}; export it again in evaluation mode (`model.eval()` in PyTorch) and without dynamic \
         quantisation, so that every image is encoded by itself",
        file.display()
    )]
    DependsOnBatch {
        /// The encoder's file.
        file: PathBuf,
        /// The output that differs most.
        output: String,
        /// Largest difference of a value.
        difference: f64,
        /// Largest value.
        largest: f64,
    },
    /// The engine failed.
    #[error("encoder `{encoder}` failed while running")]
    Engine {
        /// The encoder's name.
        encoder: String,
        /// The engine's own error.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

/// Something that turns images into features: an ONNX model, or a built-in baseline.
pub trait Encoder: Send {
    /// What is known of the encoder.
    fn spec(&self) -> &EncoderSpec;

    /// The only height and width in pixels of the images that it takes; `None` where an axis may have any size.
    fn input_size(&self) -> [Option<usize>; 2] {
        [None, None]
    }

    /// Encodes a batch of transformed images `[batch, 3, height, width]` and returns at least the outputs in `wanted`.
    ///
    /// The result for an image does not depend on what else is in the batch, up to floating-point rounding.
    ///
    /// # Errors
    /// When an output is missing, the input does not fit, the engine fails, or the result was seen to depend on the batch.
    fn encode(&mut self, images: ArrayView4<'_, f32>, wanted: EncoderOutputs) -> Result<EncoderOutput, EncodeError>;
}
