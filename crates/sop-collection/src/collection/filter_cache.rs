//! Rows that passed a filter lately.

use std::sync::{Arc, Mutex, PoisonError};

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
    /// The live rows that pass.
    pub fn rows_passing(&self, state: &State, filter: &Filter) -> Arc<RowSet> {
        let at = (state.last(), state.epoch());
        let lock = || self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let known =
            lock().iter().find(|entry| entry.at == at && entry.filter == *filter).map(|entry| Arc::clone(&entry.rows));
        if let Some(rows) = known {
            return rows;
        }
        let rows = Arc::new(state.rows_passing(filter));
        let mut entries = lock();
        entries.retain(|entry| entry.at == at && entry.filter != *filter);
        if entries.len() == FILTERS {
            entries.remove(0);
        }
        entries.push(Entry { filter: filter.clone(), at, rows: Arc::clone(&rows) });
        rows
    }
}
