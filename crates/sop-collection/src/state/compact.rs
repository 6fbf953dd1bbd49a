//! A state made again of the points that are there.

use std::sync::Arc;

use rayon::prelude::*;
use sop_index::RowSet;

use super::{Base, Cut, RowInfo, State, Tail, try_parse};
use crate::columns::Columns;
use crate::point::Payload;

impl State {
    /// A state of points of one base, all of them live; `None` where a payload is no JSON object.
    pub fn checked(base: Base, rows: Vec<RowInfo>, last: u64) -> Option<Self> {
        let (state, is_good) = Self::of_base(base, rows, last);
        is_good.then_some(state)
    }

    /// A state of points of one base, all of them live, and whether all payloads are JSON objects; others are taken as empty.
    fn of_base(base: Base, rows: Vec<RowInfo>, last: u64) -> (Self, bool) {
        let mut state = Self::empty(base.dim());
        let num_rows = base.len();
        state.tail = Tail::new(base.dim(), num_rows);
        state.base = Arc::new(base);
        state.live = Arc::new(RowSet::full(num_rows));
        state.num_live = num_rows;
        let mut pairs: Vec<_> = rows.iter().zip(0_u32..).map(|(info, row)| (info.key.clone(), row)).collect();
        pairs.par_sort_unstable();
        state.by_key = pairs.into_iter().collect();
        let (columns, is_good) = columns_of(&rows, |_| true);
        state.columns = columns;
        state.rows = rows;
        state.last = last;
        (state, is_good)
    }

    /// This state on another base, which was made of the points of a cut: rows get other numbers, and dead ones go away.
    ///
    /// Rows that were added since go into the tail; rows of the base that died since are dead in it.
    pub fn rebased(&self, base: Base, cut: &Cut) -> Self {
        let infos: Vec<RowInfo> = cut.rows.iter().filter_map(|&row| self.info(row).cloned()).collect();
        let (mut state, _) = Self::of_base(base, infos, self.last);
        for (new, &old) in (0_u32..).zip(&cut.rows) {
            if !self.live.contains(old) {
                Arc::make_mut(&mut state.live).remove(new);
                state.num_live -= 1;
                if let Some(info) = self.info(old) {
                    state.by_key.remove(&info.key);
                }
            }
        }
        for row in cut.seen as u32..self.rows.len() as u32 {
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

    /// Columns of the payloads as they are, without what is left of earlier ones.
    pub fn renewed_columns(&self) -> Columns {
        columns_of(&self.rows, |row| self.live.contains(row)).0
    }

    /// Takes columns that were made of its payloads as they are.
    pub fn set_columns(&mut self, columns: Columns) -> Columns {
        std::mem::replace(&mut self.columns, columns)
    }

    /// Lets further rows begin a chunk of the tail.
    pub fn seal_tail(&mut self) {
        self.tail.seal();
    }
}

/// Columns of the payloads of some rows, and whether all of these are JSON objects; others are taken as empty.
fn columns_of(rows: &[RowInfo], is_taken: impl Fn(u32) -> bool + Sync) -> (Columns, bool) {
    /// Rows that are parsed before they are put into columns.
    const AT_ONCE: usize = 16_384;
    let (mut columns, mut is_good) = (Columns::default(), true);
    for (first, part) in (0_u32..).step_by(AT_ONCE).zip(rows.chunks(AT_ONCE)) {
        let parsed = |(place, info): (usize, &RowInfo)| {
            let is_taken = is_taken(first + place as u32);
            if is_taken { try_parse(info.payload.as_deref()) } else { Some(Payload::new()) }
        };
        let payloads: Vec<Option<Payload>> = part.par_iter().enumerate().map(parsed).collect();
        for (row, payload) in (first..).zip(payloads) {
            is_good &= payload.is_some();
            columns.add(row, &payload.unwrap_or_default());
        }
    }
    (columns, is_good)
}
