//! What can be wrong with a comparison of two encoders.

use sop_index::SearchError;

/// Why two sets of vectors could not be compared.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ParityError {
    /// Vectors of different length.
    #[error("vectors of {first} and of {second} components cannot be compared: take the same feature of both sides")]
    DimMismatch {
        /// Components on the first side.
        first: usize,
        /// Components on the second side.
        second: usize,
    },
    /// Numbers of rows that do not go together.
    #[error("{first} vectors cannot be compared with {second} vectors and {labels} labels: match them by id first")]
    RowMismatch {
        /// Rows of the first side.
        first: usize,
        /// Rows of the second side.
        second: usize,
        /// Number of labels.
        labels: usize,
    },
    /// No image is on both sides.
    #[error(
        "no id is on both sides, the first one has e.g. `{first}`, the second one `{second}`; embed the same images and \
         name them alike"
    )]
    NoCommonIds {
        /// An id of the first side.
        first: String,
        /// An id of the second side.
        second: String,
    },
    /// Too few images for a nearest other one.
    #[error("{found} image to compare on, at least two are needed; take more images of both sides")]
    TooFewImages {
        /// Number of images.
        found: usize,
    },
    /// The neighbour search failed.
    #[error(transparent)]
    Search(#[from] SearchError),
}
