//! The rows at one moment, for a search that holds up nobody.

use std::sync::Arc;

use ndarray::ArrayView2;
use sop_index::{Neighbors, RowSet, SearchError, SearchOptions};

use super::tail::vector_in;
use super::{Base, Chunk, State};

/// The rows at one moment.
pub(crate) struct View {
    base: Arc<Base>,
    chunks: Vec<Arc<Chunk>>,
    /// Rows that may be found; all rows where there is none.
    allowed: Option<Arc<RowSet>>,
    /// Number of the last change.
    pub last: u64,
    /// As in the state.
    pub epoch: u64,
}

/// A row with its similarity.
pub(crate) type Found = (u32, f32);

impl State {
    /// The rows as they are now, or some of them.
    pub fn view(&self, passing: Option<Arc<RowSet>>) -> View {
        let allowed = passing.or_else(|| (self.num_dead() > 0).then(|| Arc::clone(&self.live)));
        View {
            base: Arc::clone(&self.base),
            chunks: self.tail.chunks().to_vec(),
            allowed,
            last: self.last,
            epoch: self.epoch,
        }
    }
}

impl View {
    /// The vector of a row.
    pub fn vector(&self, row: u32) -> Option<&[f32]> {
        let row = row as usize;
        if row < self.base.len() { self.base.vector(row) } else { vector_in(&self.chunks, row) }
    }

    /// The `k` nearest rows of each query, best first, ties by the lower row. Says whether the answers are those of exact search.
    pub fn search(
        &self,
        queries: ArrayView2<'_, f32>,
        k: usize,
        options: &SearchOptions,
        exact: bool,
    ) -> Result<(Vec<Vec<Found>>, bool), SearchError> {
        let mut found = vec![Vec::new(); queries.nrows()];
        let in_base = self.allowed.as_ref().map(|allowed| {
            let mut allowed = allowed.as_ref().clone();
            allowed.resize(self.base.len());
            allowed
        });
        let (neighbors, is_exact) = self.base.search(queries, k, in_base.as_ref(), options, exact)?;
        take(&neighbors, 0, &mut found);
        for chunk in &self.chunks {
            let Some(vectors) = chunk.view().filter(|vectors| vectors.nrows() > 0) else { continue };
            let first = chunk.first as u32;
            let index = sop_index::Gallery::unprepared(vectors);
            let neighbors = match &self.allowed {
                None => sop_index::VectorIndex::top_k(&index, queries, k, options)?,
                Some(allowed) => {
                    let here = (0..vectors.nrows() as u32).filter(|row| allowed.contains(first + row));
                    let here = RowSet::from_rows(vectors.nrows(), here);
                    sop_index::VectorIndex::top_k_among(&index, queries, k, &here, options)?
                }
            };
            take(&neighbors, first, &mut found);
        }
        if !self.chunks.is_empty() {
            for found in &mut found {
                found.sort_unstable_by(|left, right| right.1.total_cmp(&left.1).then(left.0.cmp(&right.0)));
                found.truncate(k);
            }
        }
        Ok((found, is_exact))
    }
}

/// Adds what was found of rows that begin at `first`.
fn take(neighbors: &Neighbors, first: u32, found: &mut [Vec<Found>]) {
    let rows = neighbors.indices.rows().into_iter().zip(neighbors.similarities.rows());
    for ((indices, similarities), found) in rows.zip(found) {
        let pairs = indices.iter().zip(similarities).filter(|(row, _)| **row != Neighbors::NONE);
        // Adding zero makes -0 and +0 the same, as they are for the index.
        found.extend(pairs.map(|(row, similarity)| (first + row, *similarity + 0.0)));
    }
}
