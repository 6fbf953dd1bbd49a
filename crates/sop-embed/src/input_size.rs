//! The size of the images that an encoder takes.

use sop_core::Encoder;
use sop_image::transform::Transform;

/// A transform gives images of another size than an encoder takes.
#[derive(Debug, thiserror::Error)]
#[error(
    "encoder `{encoder}` takes images of {taken} pixels only (height × width), and the transform gives {height} × {width}: {transform}; \
     give a transform for that size, or export the encoder for any size"
)]
pub struct InputSizeError {
    /// The encoder's name.
    pub encoder: String,
    /// What it takes.
    pub taken: String,
    /// Height that the transform gives.
    pub height: usize,
    /// Width that the transform gives.
    pub width: usize,
    /// The transform.
    pub transform: String,
}

/// Holds the size of the images that a transform gives against the only one that an encoder takes.
///
/// # Errors
/// When they differ. Where the size follows that of the image, the encoder checks every batch.
pub fn check_input_size(encoder: &dyn Encoder, transform: &Transform) -> Result<(), InputSizeError> {
    let Some((height, width)) = transform.output_size() else { return Ok(()) };
    let taken = encoder.input_size();
    if [height, width].into_iter().zip(taken).all(|(given, taken)| taken.is_none_or(|taken| taken == given)) {
        return Ok(());
    }
    let taken = taken.map(|size| size.map_or_else(|| "any".to_owned(), |size| size.to_string())).join(" × ");
    let (encoder, transform) = (encoder.spec().name.clone(), transform.to_string());
    Err(InputSizeError { encoder, taken, height, width, transform })
}
