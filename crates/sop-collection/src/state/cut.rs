//! The points at one moment, for those who write them down.

use std::sync::Arc;

use ndarray::Array2;
use sop_index::RowSet;

use super::{Base, RowInfo, State, Tail};

/// The points at one moment; it shares the vectors with the state.
pub(crate) struct Cut {
    /// Rows of the points in the state, ascending.
    pub rows: Vec<u32>,
    /// What is known of them.
    pub infos: Vec<RowInfo>,
    /// Rows of the state that there were, dead ones included.
    pub seen: usize,
    /// Number of the last change.
    pub last: u64,
    base: Arc<Base>,
    tail: Tail,
}

impl State {
    /// The points as they are now.
    pub fn cut(&self) -> Cut {
        let rows: Vec<u32> = self.live.iter().collect();
        let infos = rows.iter().filter_map(|&row| self.info(row).cloned()).collect();
        let (base, tail) = (Arc::clone(&self.base), self.tail.clone());
        Cut { rows, infos, seen: self.rows.len(), last: self.last, base, tail }
    }
}

impl Cut {
    /// The vector of the point at a place of `rows`.
    pub fn vector(&self, place: usize) -> Option<&[f32]> {
        self.vector_of_row(*self.rows.get(place)?)
    }

    /// The vector of a row of the state, dead or not.
    pub fn vector_of_row(&self, row: u32) -> Option<&[f32]> {
        let row = row as usize;
        if row < self.base.len() { self.base.vector(row) } else { self.tail.vector(row) }
    }

    /// The vectors of some rows of the state, `[rows, dim]`.
    pub fn gather(&self, rows: &[u32]) -> Array2<f32> {
        let dim = self.base.dim();
        let mut values = Vec::with_capacity(rows.len() * dim);
        for &row in rows {
            values.extend_from_slice(self.vector_of_row(row).unwrap_or_default());
        }
        Array2::from_shape_vec((rows.len(), dim), values).unwrap_or_else(|_| Array2::zeros((0, dim)))
    }

    /// The points in the base; `None` where all its rows are.
    pub fn rows_of_base(&self) -> Option<RowSet> {
        let len = self.base.len();
        let set = RowSet::from_rows(len, self.rows.iter().copied());
        (set.count() < len).then_some(set)
    }

    /// Whether no row is dead.
    pub fn is_whole(&self) -> bool {
        self.rows.len() == self.seen
    }

    /// The base that there was.
    pub fn base(&self) -> &Arc<Base> {
        &self.base
    }
}
