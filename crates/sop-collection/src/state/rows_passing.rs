//! The rows that pass a filter.

use rayon::prelude::*;
use sop_index::RowSet;

use super::State;
use crate::filter::{Filter, matches_point};

impl State {
    /// The live rows that pass a filter.
    pub fn rows_passing(&self, filter: &Filter) -> RowSet {
        if let Some(mut passing) = self.columns.evaluate(filter, self.rows.len(), &|key| self.row_of(key)) {
            passing.intersect(&self.live);
            return passing;
        }
        let live: Vec<u32> = self.live.iter().collect();
        let passes = |row: &u32| self.info(*row).is_some_and(|info| matches_point(filter, &info.key, &info.payload()));
        let passing: Vec<u32> = live.into_par_iter().filter(passes).collect();
        RowSet::from_rows(self.rows.len(), passing)
    }
}
