//! The rows that pass a filter.

use rayon::prelude::*;
use sop_index::RowSet;

use super::{RowInfo, State};
use crate::filter::{Filter, matches_point};

impl State {
    /// The live rows that pass a filter; `None` where that cannot be told without looking into JSON.
    pub fn rows_passing_by_columns(&self, filter: &Filter) -> Option<RowSet> {
        let mut passing = self.columns.evaluate(filter, self.rows.len(), &|key| self.row_of(key))?;
        passing.intersect(&self.live);
        Some(passing)
    }

    /// The live rows that pass a filter.
    pub fn rows_passing(&self, filter: &Filter) -> RowSet {
        self.rows_passing_by_columns(filter).unwrap_or_else(|| self.scan().rows_passing(filter))
    }

    /// Ids and payloads of the live rows as they are now, to be looked through while others go on.
    pub fn scan(&self) -> Scan {
        let rows = self.live.iter().filter_map(|row| Some((row, self.info(row)?.clone()))).collect();
        Scan { rows, num_rows: self.rows.len(), at: (self.last, self.epoch) }
    }
}

/// Ids and payloads of the live rows at one moment.
pub(crate) struct Scan {
    rows: Vec<(u32, RowInfo)>,
    num_rows: usize,
    /// The state's last change and epoch.
    pub at: (u64, u64),
}

impl Scan {
    /// The rows that pass a filter.
    pub fn rows_passing(&self, filter: &Filter) -> RowSet {
        let passes = |(_, info): &&(u32, RowInfo)| matches_point(filter, &info.key, &info.payload());
        let passing: Vec<u32> = self.rows.par_iter().filter(passes).map(|(row, _)| *row).collect();
        RowSet::from_rows(self.num_rows, passing)
    }
}
