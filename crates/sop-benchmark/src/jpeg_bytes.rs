//! Encoding of drawn images as JPEG, for layouts whose files are named so.

use jpeg_encoder::{ColorType, Encoder, SamplingFactor};

use super::canvas::Canvas;
use super::error::GenerateError;

/// The quality of photographs in published sets.
pub(super) const QUALITY: u8 = 92;

/// RGB bytes of a canvas as a baseline JPEG with chroma at half the resolution; `file` is for messages.
pub(super) fn encode_jpeg(rgb: &[u8], canvas: Canvas, quality: u8, file: &str) -> Result<Vec<u8>, GenerateError> {
    let failed = |source| GenerateError::Jpeg { file: file.to_owned(), source };
    let side = |side: usize| u16::try_from(side).unwrap_or(u16::MAX);
    let mut bytes = Vec::new();
    let mut encoder = Encoder::new(&mut bytes, quality);
    encoder.set_sampling_factor(SamplingFactor::R_4_2_0);
    encoder.encode(rgb, side(canvas.width), side(canvas.height), ColorType::Rgb).map_err(failed)?;
    Ok(bytes)
}
