//! Rows that passed a filter lately.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use sop_index::RowSet;

use crate::filter::Filter;
use crate::state::State;

/// Filters that are remembered.
const FILTERS: usize = 32;

/// Rows that passed a filter lately, as long as nothing has changed since.
#[derive(Default)]
pub(super) struct FilterCache(Mutex<Vec<Entry>>);

struct Entry {
    filter: Filter,
    /// The state's last change and epoch.
    at: (u64, u64),
    rows: Arc<RowSet>,
}

impl FilterCache {
    /// The live rows that pass, where they are known or columns tell.
    pub fn known(&self, state: &State, filter: &Filter) -> Option<Arc<RowSet>> {
        let at = (state.last(), state.epoch());
        let known = |entry: &&Entry| entry.at == at && entry.filter == *filter;
        let rows = self.lock().iter().find(known).map(|entry| Arc::clone(&entry.rows));
        rows.or_else(|| state.rows_passing_by_columns(filter).map(|rows| self.remember(filter, at, rows)))
    }

    /// Remembers which rows passed at the state's last change and epoch.
    pub fn remember(&self, filter: &Filter, at: (u64, u64), rows: RowSet) -> Arc<RowSet> {
        let rows = Arc::new(rows);
        let mut entries = self.lock();
        entries.retain(|entry| entry.at == at && entry.filter != *filter);
        if entries.len() == FILTERS {
            entries.remove(0);
        }
        entries.push(Entry { filter: filter.clone(), at, rows: Arc::clone(&rows) });
        rows
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Entry>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
