//! What every index can do: find the nearest rows of a query.

use ndarray::{Array2, ArrayView2};

use crate::{RowSet, SearchError};

/// Vectors that can be searched by inner product; on rows of unit length that is the cosine similarity.
///
/// An index may be exact or approximate, in memory or not: callers rely on what is written here alone. Several threads may search at a
/// time.
pub trait VectorIndex: Send + Sync {
    /// Number of rows.
    fn len(&self) -> usize;

    /// Whether there is no row.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Components of a row.
    fn dim(&self) -> usize;

    /// Finds the `k` nearest rows of each query, `[queries, dim]`, best first, ties by the lower row.
    ///
    /// `k` is clipped to the rows there are (less one when a query is not its own neighbour). Similarities are those of
    /// [`top_k`](crate::top_k) for the rows that are found; an approximate index may miss rows, never misstate a similarity. Where it
    /// finds fewer than `k`, the end of the query's row is [`Neighbors::NONE`] with a similarity of -∞.
    ///
    /// # Errors
    /// When the queries have another `dim`, `k` is 0, or the queries of a leave-one-out search are not as many as the rows.
    fn top_k(&self, queries: ArrayView2<'_, f32>, k: usize, options: &SearchOptions) -> Result<Neighbors, SearchError>;

    /// As [`Self::top_k`] among some rows only: the others are as if they were not there, except that rows keep their numbers.
    ///
    /// `k` is clipped to the rows in `allowed`.
    ///
    /// # Errors
    /// As [`Self::top_k`], and when `allowed` is a set of another number of rows.
    fn top_k_among(
        &self,
        queries: ArrayView2<'_, f32>,
        k: usize,
        allowed: &RowSet,
        options: &SearchOptions,
    ) -> Result<Neighbors, SearchError>;
}

/// How a search is made; the defaults suit most machines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SearchOptions {
    /// Bytes that all threads together may take for queries and candidates; 128 MiB by default.
    ///
    /// Every thread takes at least one query at once, whatever is set here. The result does not depend on it.
    pub block_bytes: usize,
    /// Query `i` is row `i` of the index and is not its own neighbour: leave-one-out.
    pub exclude_self: bool,
    /// Rows that an approximate search keeps in view (`ef` of HNSW): more find more, and take longer. What suits `k` where nothing is
    /// said; exact search has no use for it.
    pub beam: Option<usize>,
}

impl Default for SearchOptions {
    fn default() -> Self {
        Self { block_bytes: 128 << 20, exclude_self: false, beam: None }
    }
}

/// The nearest rows of each query, best first.
#[derive(Clone, Debug, PartialEq)]
pub struct Neighbors {
    /// Rows of the index, `[queries, k]`.
    pub indices: Array2<u32>,
    /// Their inner products with the query, `[queries, k]`, descending in each row.
    pub similarities: Array2<f32>,
}

impl Neighbors {
    /// Stands where there is no further neighbour; no index has a row of this number.
    pub const NONE: u32 = u32::MAX;

    /// The share of the neighbours in `truth` that are found here, too: the recall of an approximate search, in [0, 1].
    ///
    /// 1 where `truth` has no neighbour. Compares row by row as far as both have queries; queries that are missing here count as not found,
    /// and so does [`Self::NONE`].
    #[must_use]
    pub fn recall(&self, truth: &Self) -> f64 {
        let wanted = truth.indices.iter().filter(|&&row| row != Self::NONE).count();
        if wanted == 0 {
            return 1.0;
        }
        let pairs = self.indices.rows().into_iter().zip(truth.indices.rows());
        let found: usize = pairs
            .map(|(found, truth)| {
                truth.iter().filter(|&row| *row != Self::NONE && found.iter().any(|found| found == row)).count()
            })
            .sum();
        found as f64 / wanted as f64
    }
}
