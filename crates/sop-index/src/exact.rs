//! Exact search by inner product.

use ndarray::{Array2, ArrayView2};

use crate::{Gallery, SearchError, Vectors};

/// How a search is made; the defaults suit most machines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SearchOptions {
    /// Bytes that all threads together may take for queries and candidates; 128 MiB by default.
    ///
    /// Every thread takes at least one query at once, whatever is set here. The result does not depend on it.
    pub block_bytes: usize,
    /// Query `i` is row `i` of the gallery and is not its own neighbour: leave-one-out.
    pub exclude_self: bool,
}

impl Default for SearchOptions {
    fn default() -> Self {
        Self { block_bytes: 128 << 20, exclude_self: false }
    }
}

/// The nearest gallery rows of each query, best first.
#[derive(Clone, Debug, PartialEq)]
pub struct Neighbors {
    /// Rows of the gallery, `[queries, k]`.
    pub indices: Array2<u32>,
    /// Their inner products with the query, `[queries, k]`, descending in each row.
    pub similarities: Array2<f32>,
}

/// Finds the `k` rows of `gallery`, `[rows, dim]`, f32 or f16, with the largest inner product for each row of `queries`,
/// `[queries, dim]`.
///
/// Neighbours are ordered by similarity descending, ties by the lower row. `k` is clipped to the rows there are (less
/// one when a query is not its own neighbour). The matrix of all similarities is never held: memory is the result plus
/// [`SearchOptions::block_bytes`], plus one byte for each component of the gallery.
///
/// A similarity is accumulated in f64 and rounded to f32. The order of the additions is fixed (sixteen partial sums, of
/// every sixteenth component each, then halved four times), and products of two f32 are exact in f64, so that it depends
/// on its two vectors alone: it is the same on every machine, and independent of threads, blocks, `k` and other rows.
///
/// Components must be finite, which [`EmbeddingSet`](sop_core::EmbeddingSet) guarantees; a similarity beyond the range
/// of f32 is infinite.
///
/// # Errors
/// When the sides have different `dim`, `k` is 0, the gallery has 2^32 rows or more, or the queries of a
/// leave-one-out search are not as many as the rows.
pub fn top_k<'a>(
    queries: ArrayView2<'_, f32>,
    gallery: impl Into<Vectors<'a>>,
    k: usize,
    options: &SearchOptions,
) -> Result<Neighbors, SearchError> {
    Gallery::for_once(gallery.into(), queries.nrows(), k).top_k(queries, k, options)
}
