//! What can go wrong with one image.

use sop_core::panic_guard::CaughtPanic;
use sop_datasets::DatasetError;
use sop_image::{ImageError, PrepareError, TransformError};

/// An image that could not be loaded.
#[derive(Debug, thiserror::Error)]
#[error("cannot use the image {id}")]
pub struct LoadError {
    /// Id of the image.
    pub id: String,
    /// What is wrong with it.
    #[source]
    pub cause: LoadCause,
}

/// Why an image could not be loaded.
#[derive(Debug, thiserror::Error)]
pub enum LoadCause {
    /// The data set cannot be read.
    #[error(transparent)]
    Read(Box<DatasetError>),
    /// The file is damaged, or too large.
    #[error(transparent)]
    Decode(ImageError),
    /// The decoded image cannot be brought to the wanted size.
    #[error(transparent)]
    Transform(TransformError),
    /// Its tensor does not fit beside the others of its batch.
    #[error(
        "its tensor has the shape {found:?}, and the first one of its batch has {first:?}: only tensors of one size make a batch"
    )]
    Shape {
        /// Channels, height and width.
        found: [usize; 3],
        /// Channels, height and width of the first image.
        first: [usize; 3],
    },
    /// A library that reads images panicked.
    #[error(transparent)]
    Panic(CaughtPanic),
}

impl From<PrepareError> for LoadCause {
    fn from(error: PrepareError) -> Self {
        match error {
            PrepareError::Image(error) => Self::Decode(error),
            PrepareError::Transform(error) => Self::Transform(error),
        }
    }
}
