//! An encoder for targets that need one: small, fast, and of one component more than nothing.

use ndarray::{Array2, ArrayView4, Axis};
use sop_core::{EncodeError, Encoder, EncoderOutput, EncoderSpec, OutputKind, OutputKinds};

/// Components of the vectors of [`MeanAndCorner`].
pub const DIM: usize = 2;

/// `cls` is the mean of all pixels and one more than the first one, so that no vector is zero.
pub struct MeanAndCorner(EncoderSpec);

impl Default for MeanAndCorner {
    fn default() -> Self {
        Self(EncoderSpec {
            name: "means".to_owned(),
            sha256: "e".repeat(64),
            meta: serde_json::Map::new(),
            outputs: [OutputKind::Cls].into(),
            transform: Some("normalize(none)".to_owned()),
            runtime: "none".to_owned(),
        })
    }
}

impl Encoder for MeanAndCorner {
    fn spec(&self) -> &EncoderSpec {
        &self.0
    }

    fn encode(&self, images: ArrayView4<'_, f32>, _: &OutputKinds) -> Result<EncoderOutput, EncodeError> {
        let mut cls = Array2::zeros((images.dim().0, DIM));
        for (image, mut row) in images.axis_iter(Axis(0)).zip(cls.rows_mut()) {
            row[0] = image.mean().unwrap_or_default();
            row[1] = 1.0 + image.first().copied().unwrap_or_default();
        }
        let mut output = EncoderOutput::new("means", None, [images.dim().2, images.dim().3]);
        output.insert(OutputKind::Cls, cls)?;
        Ok(output)
    }
}
