//! What can be wrong with a retrieval.

use sop_index::{SearchError, WhiteningError};

/// Why a retrieval could not be measured.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RetrievalError {
    /// An array without rows or columns.
    #[error("there are no {what}; give at least one")]
    Empty {
        /// What is missing, e.g. `queries`.
        what: &'static str,
    },
    /// Vectors of different length.
    #[error(
        "{first} have {first_dim} components and {second} {second_dim}: both must come from the same encoder, feature and \
         pooling"
    )]
    Dims {
        /// One side.
        first: &'static str,
        /// Its components.
        first_dim: usize,
        /// The other side.
        second: &'static str,
        /// Its components.
        second_dim: usize,
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
    /// Arrays whose rows do not belong together.
    #[error("there are {found} {what}, but {expected} were expected")]
    Counts {
        /// What is counted.
        what: &'static str,
        /// How many there are.
        found: usize,
        /// How many there should be.
        expected: usize,
    },
    /// An answer beyond the database.
    #[error(
        "image {index} is an answer to query `{query}`, but the database has {images} images; do ground truth and \
         database belong together?"
    )]
    AnswerBeyond {
        /// The query.
        query: String,
        /// The index.
        index: u32,
        /// Images of the database.
        images: usize,
    },
    /// An image that is listed twice for a query.
    #[error("image {index} is listed twice for query `{query}`; it is either easy, hard or junk")]
    TwoRoles {
        /// The query.
        query: String,
        /// The image.
        index: u32,
    },
    /// A ranking that names an image beyond the database.
    #[error("the ranking of query `{query}` names image {index}, but the database has {images} images")]
    RankBeyond {
        /// The query.
        query: String,
        /// The index.
        index: u32,
        /// Images of the database.
        images: usize,
    },
    /// A ranking that names an image twice.
    #[error("the ranking of query `{query}` names image {index} twice; is it transposed? a row belongs to a query")]
    RankedTwice {
        /// The query.
        query: String,
        /// The image.
        index: u32,
    },
    /// A setting that changes descriptors where there is a ranking already.
    #[error("`{name}` changes descriptors, but a ranking is given; leave the setting out or give descriptors")]
    RankingIsFinal {
        /// The setting.
        name: &'static str,
    },
    /// A parameter outside of its range.
    #[error("`{name}` is {value}; it must be {range}")]
    Param {
        /// The parameter.
        name: &'static str,
        /// The value given.
        value: f64,
        /// What is allowed, in words.
        range: &'static str,
    },
    /// Whitening without descriptors to fit it on.
    #[error("`whitening` needs descriptors to be fitted on; give a whitening set, or leave the setting out")]
    NoWhiteningSet,
    /// Descriptors to fit on, but no whitening.
    #[error("a whitening set is given, but `whitening` is not asked for; set it or leave the set out")]
    UnusedWhiteningSet,
    /// The whitening cannot be fitted or applied.
    #[error(transparent)]
    Whitening(#[from] WhiteningError),
    /// The neighbour search failed.
    #[error(transparent)]
    Search(#[from] SearchError),
}
