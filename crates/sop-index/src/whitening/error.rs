//! What can be wrong with a whitening.

/// Why a whitening could not be fitted or applied.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum WhiteningError {
    /// An array without rows or columns.
    #[error("there are no {what}; give at least one")]
    Empty {
        /// What is missing.
        what: &'static str,
    },
    /// A component that is infinite or not a number.
    #[error("row {row} of the {what} holds {value}; embed the image again")]
    NotFinite {
        /// Which array.
        what: &'static str,
        /// The row.
        row: usize,
        /// The component.
        value: f64,
    },
    /// Vectors of another length than those that the whitening is for.
    #[error(
        "vectors have {found} components, and the whitening is for {expected}: both must come from the same encoder, feature and pooling"
    )]
    Dim {
        /// Components that the whitening takes.
        expected: usize,
        /// Components of the vectors.
        found: usize,
    },
    /// Nothing would be kept.
    #[error("`whitening.dim` is 0; it must be at least 1")]
    NothingKept,
    /// More components than there are.
    #[error("whitening to {dim} components, but the descriptors have {available}; ask for at most as many")]
    TooMany {
        /// Components asked for.
        dim: usize,
        /// Components of a descriptor.
        available: usize,
    },
    /// Descriptors that all lie in one point.
    #[error("the descriptors of the whitening set do not vary; give more images")]
    NoVariance,
    /// The eigenvalues were not found.
    #[error(
        "the eigenvalues of the covariance of {dim} components were not found; are the descriptors of sensible size?"
    )]
    Eigenvalues {
        /// Size of the matrix.
        dim: usize,
    },
}
