//! What can be wrong with a search.

/// Why a search could not be made.
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum SearchError {
    /// Queries and gallery have vectors of different length.
    #[error(
        "queries have {queries} components and the gallery {gallery}: both must come from the same encoder and feature"
    )]
    DimMismatch {
        /// Components of a query.
        queries: usize,
        /// Components of a gallery row.
        gallery: usize,
    },
    /// No neighbours were asked for.
    #[error("k is 0; ask for at least one neighbour")]
    ZeroK,
    /// More gallery rows than an index of 32 bits can name.
    #[error("the gallery has {rows} rows, more than 2^32 - 1; split it")]
    GalleryTooLarge {
        /// Rows of the gallery.
        rows: usize,
    },
    /// Leave-one-out search where the queries are not the gallery.
    #[error("leave-one-out search needs the gallery as queries, but there are {queries} queries and {gallery} rows")]
    ExcludeSelfShape {
        /// Number of queries.
        queries: usize,
        /// Rows of the gallery.
        gallery: usize,
    },
    /// A set of rows of another index.
    #[error("the set of allowed rows is one of {allowed} rows, but the gallery has {gallery}")]
    AllowedRows {
        /// Rows that the set is of.
        allowed: usize,
        /// Rows of the gallery.
        gallery: usize,
    },
}
