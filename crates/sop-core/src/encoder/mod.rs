//! The encoder: a batch of images in, features out.

mod error;
mod output;
mod output_kind;
mod output_kinds;
mod patch_grid;

use std::num::NonZeroUsize;

use ndarray::ArrayView4;

pub use error::EncodeError;
pub use output::{EncoderOutput, PatchValues};
pub use output_kind::{OutputAxis, OutputKind};
pub use output_kinds::OutputKinds;
pub use patch_grid::{NoPatchGrid, PATCH_SIZE, PatchGrid};

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
    pub outputs: OutputKinds,
    /// The transform its images should go through, e.g. `resize_short(256,bicubic)|center_crop(224)|normalize(imagenet)`.
    pub transform: Option<String>,
    /// What runs it, e.g. `onnxruntime 1.23.2` or `tract 0.23`.
    pub runtime: String,
}

impl EncoderSpec {
    /// The patch size in its metadata, in pixels; what is no positive number counts as unknown.
    #[must_use]
    pub fn patch_size(&self) -> Option<NonZeroUsize> {
        let side = self.meta.get(PATCH_SIZE)?.as_u64()?;
        usize::try_from(side).ok().and_then(NonZeroUsize::new)
    }

    /// Checks that it has the outputs that are asked for.
    ///
    /// # Errors
    /// [`EncodeError::MissingOutput`] names the first one that it lacks.
    pub fn check_outputs(&self, wanted: &OutputKinds) -> Result<(), EncodeError> {
        match wanted.minus(&self.outputs).iter().next() {
            None => Ok(()),
            Some(output) => {
                let available = self.outputs.names().join(", ");
                Err(EncodeError::MissingOutput { encoder: self.name.clone(), output, available })
            }
        }
    }
}

/// Something that turns images into features: an ONNX model, or a built-in baseline.
///
/// Several callers may share one (`Arc<dyn Encoder>`) and encode at the same time; each gets what it would get alone.
pub trait Encoder: Send + Sync {
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
    fn encode(&self, images: ArrayView4<'_, f32>, wanted: &OutputKinds) -> Result<EncoderOutput, EncodeError>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_patch_size_that_is_no_positive_number_says_nothing() {
        let stated = |side: serde_json::Value| EncoderSpec {
            name: "e".to_owned(),
            sha256: String::new(),
            meta: [(PATCH_SIZE.to_owned(), side)].into_iter().collect(),
            outputs: OutputKinds::default(),
            transform: None,
            runtime: String::new(),
        };
        assert_eq!(stated(16.into()).patch_size(), NonZeroUsize::new(16));
        for side in ["16x16".into(), 0.into(), (-16).into(), 16.5.into(), serde_json::Value::Null] {
            assert_eq!(stated(side).patch_size(), None);
        }
    }
}
