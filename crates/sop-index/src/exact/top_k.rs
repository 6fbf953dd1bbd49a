//! Exact search by inner product.

use ndarray::ArrayView2;

use crate::{Gallery, Neighbors, SearchError, SearchOptions, VectorIndex as _, Vectors};

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
