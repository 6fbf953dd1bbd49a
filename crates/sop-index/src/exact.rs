//! Exact search by inner product.

use std::ops::Range;

use ndarray::{Array2, ArrayView2, ArrayViewMut2, Axis};
use rayon::prelude::*;

use crate::SearchError;
use crate::block::BlockShape;
use crate::nearest::Nearest;
use crate::product::{QueryBlock, Rows};

/// How a search is made; the defaults suit most machines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SearchOptions {
    /// Bytes that all threads together may take for blocks of similarities, queries and candidates; 64 MiB by default.
    ///
    /// Every thread takes at least one query at once, whatever is set here. The result does not depend on it.
    pub block_bytes: usize,
    /// Query `i` is row `i` of the gallery and is not its own neighbour: leave-one-out.
    pub exclude_self: bool,
}

impl Default for SearchOptions {
    fn default() -> Self {
        Self { block_bytes: 64 << 20, exclude_self: false }
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

/// Finds the `k` rows of `gallery`, `[rows, dim]`, with the largest inner product for each row of `queries`,
/// `[queries, dim]`.
///
/// Neighbours are ordered by similarity descending, ties by the lower row. `k` is clipped to the rows there are (less
/// one when a query is not its own neighbour). The matrix of all similarities is never held: memory is the result plus
/// [`SearchOptions::block_bytes`], plus a copy of a side that is not contiguous in row-major order.
///
/// Similarities are f32, accumulated over at most 512 components at a time. On one machine a similarity depends on
/// its two vectors alone: not on the other rows, the number of threads or the block size, so that equal rows tie and
/// results repeat bit by bit. Between machines with and without fused multiply-add the last bits may differ.
///
/// Components must be finite, which [`EmbeddingSet`](sop_core::EmbeddingSet) guarantees; a product that overflows to
/// NaN counts as minus infinity.
///
/// # Errors
/// When the sides have different `dim`, `k` is 0, the gallery has 2^32 rows or more, or the queries of a
/// leave-one-out search are not as many as the rows.
pub fn top_k(
    queries: ArrayView2<'_, f32>,
    gallery: ArrayView2<'_, f32>,
    k: usize,
    options: &SearchOptions,
) -> Result<Neighbors, SearchError> {
    let (num_queries, num_rows) = (queries.nrows(), gallery.nrows());
    if queries.ncols() != gallery.ncols() {
        return Err(SearchError::DimMismatch { queries: queries.ncols(), gallery: gallery.ncols() });
    }
    if k == 0 {
        return Err(SearchError::ZeroK);
    }
    if u32::try_from(num_rows).is_err() {
        return Err(SearchError::GalleryTooLarge { rows: num_rows });
    }
    if options.exclude_self && num_queries != num_rows {
        return Err(SearchError::ExcludeSelfShape { queries: num_queries, gallery: num_rows });
    }
    let k = k.min(num_rows.saturating_sub(usize::from(options.exclude_self)));
    let mut neighbors =
        Neighbors { indices: Array2::zeros((num_queries, k)), similarities: Array2::zeros((num_queries, k)) };
    if k == 0 {
        return Ok(neighbors);
    }

    let num_threads = rayon::current_num_threads();
    let search = Search { queries: Rows::new(queries), gallery: Rows::new(gallery), k, options };
    let shape = BlockShape::for_budget(options.block_bytes / num_threads, search.queries.depth(), k);
    let chunks = neighbors
        .indices
        .axis_chunks_iter_mut(Axis(0), shape.queries)
        .zip(neighbors.similarities.axis_chunks_iter_mut(Axis(0), shape.queries));
    let blocks: Vec<_> = chunks
        .zip((0..num_queries).step_by(shape.queries))
        .map(|((indices, similarities), first)| Block {
            queries: first..num_queries.min(first + shape.queries),
            indices,
            similarities,
        })
        .collect();
    if blocks.len() >= num_threads {
        blocks.into_par_iter().for_each(|block| {
            let nearest = search.nearest(block.queries.clone(), 0..num_rows, shape);
            block.fill(nearest);
        });
    } else {
        // Few queries: the threads share the gallery instead.
        for block in blocks {
            let parts: Vec<Vec<Nearest>> = (0..num_threads)
                .into_par_iter()
                .map(|part| part * num_rows / num_threads..(part + 1) * num_rows / num_threads)
                .map(|rows| search.nearest(block.queries.clone(), rows, shape))
                .collect();
            let merged = parts.into_iter().reduce(|first, second| {
                first.into_iter().zip(second).map(|(first, second)| first.merge(second)).collect()
            });
            block.fill(merged.unwrap_or_default());
        }
    }
    Ok(neighbors)
}

/// Some queries, and where their neighbours go.
struct Block<'a> {
    queries: Range<usize>,
    indices: ArrayViewMut2<'a, u32>,
    similarities: ArrayViewMut2<'a, f32>,
}

impl Block<'_> {
    fn fill(mut self, nearest: Vec<Nearest>) {
        let rows = self.indices.rows_mut().into_iter().zip(self.similarities.rows_mut());
        for (nearest, (indices, similarities)) in nearest.into_iter().zip(rows) {
            for (found, slots) in nearest.into_sorted().zip(indices.into_iter().zip(similarities)) {
                (*slots.0, *slots.1) = found;
            }
        }
    }
}

/// What the blocks of one search share.
struct Search<'a> {
    queries: Rows<'a>,
    gallery: Rows<'a>,
    k: usize,
    options: &'a SearchOptions,
}

impl Search<'_> {
    /// The nearest rows among `rows` for a block of queries.
    fn nearest(&self, queries: Range<usize>, rows: Range<usize>, shape: BlockShape) -> Vec<Nearest> {
        let block = QueryBlock::new(&self.queries, queries.clone());
        let mut nearest: Vec<Nearest> = queries.clone().map(|_| Nearest::new(self.k)).collect();
        let stride = shape.gallery_rows;
        let mut similarities = vec![0.0; block.len() * stride];
        for start in rows.clone().step_by(stride) {
            let part = start..rows.end.min(start + stride);
            block.inner_products(&self.gallery, part.clone(), &mut similarities, stride);
            for ((row, query), nearest) in similarities.chunks(stride).zip(queries.clone()).zip(&mut nearest) {
                let excluded = self.options.exclude_self.then_some(query as u32);
                nearest.offer(start as u32, &row[..part.len()], excluded);
            }
        }
        nearest
    }
}
