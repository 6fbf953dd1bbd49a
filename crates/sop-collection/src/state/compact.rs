//! A state made again of the points that are there.

use std::sync::Arc;

use ndarray::Array2;
use rayon::prelude::*;
use sop_index::RowSet;

use super::{Base, RowInfo, State, Tail};

/// Which rows of a state a new base was made of.
pub(crate) struct Kept {
    /// The row in the state for every row of the base.
    pub rows: Vec<u32>,
    /// Rows of the state that were there.
    pub seen: usize,
}

impl State {
    /// A state of points of one base, all of them live.
    pub fn of_base(base: Base, rows: Vec<RowInfo>, last: u64, dim: usize) -> Self {
        let mut state = Self::empty(dim);
        let num_rows = base.len();
        state.base = Arc::new(base);
        state.tail = Tail::new(dim, num_rows);
        state.live = Arc::new(RowSet::full(num_rows));
        state.num_live = num_rows;
        let mut pairs: Vec<_> = rows.iter().zip(0_u32..).map(|(info, row)| (info.key.clone(), row)).collect();
        pairs.par_sort_unstable();
        state.by_key = pairs.into_iter().collect();
        const AT_ONCE: usize = 16_384;
        for (first, part) in (0_u32..).step_by(AT_ONCE).zip(rows.chunks(AT_ONCE)) {
            let payloads: Vec<_> = part.par_iter().map(RowInfo::payload).collect();
            (first..).zip(&payloads).for_each(|(row, payload)| state.columns.add(row, payload));
        }
        state.rows = rows;
        state.last = last;
        state
    }

    /// The live rows among the first `seen`, and their vectors.
    pub fn live_rows(&self) -> Kept {
        Kept { rows: self.live.iter().collect(), seen: self.rows.len() }
    }

    /// The vectors of some rows, `[rows, dim]`.
    pub fn gather(&self, rows: &[u32]) -> Array2<f32> {
        let mut values = Vec::with_capacity(rows.len() * self.dim);
        for &row in rows {
            values.extend_from_slice(self.vector(row).unwrap_or_default());
        }
        Array2::from_shape_vec((rows.len(), self.dim), values).unwrap_or_else(|_| Array2::zeros((0, self.dim)))
    }

    /// This state on another base, which was made of some of its rows: rows get other numbers, and dead ones go away.
    ///
    /// Rows that were added since go into the tail; rows of the base that died since are dead in it.
    pub fn rebased(&self, base: Base, kept: &Kept) -> Self {
        let infos: Vec<RowInfo> = kept.rows.iter().filter_map(|&row| self.info(row).cloned()).collect();
        let mut state = Self::of_base(base, infos, self.last, self.dim);
        for (new, &old) in (0_u32..).zip(&kept.rows) {
            if !self.live.contains(old) {
                Arc::make_mut(&mut state.live).remove(new);
                state.num_live -= 1;
                if let Some(info) = self.info(old) {
                    state.by_key.remove(&info.key);
                }
            }
        }
        for row in kept.seen as u32..self.rows.len() as u32 {
            if let (true, Some(info), Some(vector)) = (self.live.contains(row), self.info(row), self.vector(row)) {
                state.push(info.clone(), &info.payload(), vector);
            }
        }
        state.epoch = self.epoch + 1;
        state
    }

    /// Puts rows of the tail into the base, which `base` has in addition; rows keep their numbers.
    pub fn extend_base(&mut self, base: Base) {
        self.tail = self.tail.starting_at(base.len());
        self.base = Arc::new(base);
    }

    /// Lets further rows begin a chunk of the tail.
    pub fn seal_tail(&mut self) {
        self.tail.seal();
    }
}
