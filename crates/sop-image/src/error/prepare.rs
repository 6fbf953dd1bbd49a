//! What can go wrong between an image file and the encoder's input.

use thiserror::Error;

use super::{ImageError, TransformError};

/// Why an image file could not be made an encoder's input.
#[derive(Debug, Error)]
pub enum PrepareError {
    /// The file could not be decoded.
    #[error(transparent)]
    Image(#[from] ImageError),
    /// The image could not be transformed.
    #[error(transparent)]
    Transform(#[from] TransformError),
}
