//! Questions that need no index: points by id, in order, counted.

use std::collections::HashMap;
use std::sync::{Arc, RwLockReadGuard};

use serde_json::Value;
use sop_index::RowSet;

use super::Collection;
use crate::error::QueryError;
use crate::filter::{Filter, KeyPath, Scalar};
use crate::limits::LimitExceeded;
use crate::point::{Parts, PointId, Record};
use crate::point_key::PointKey;
use crate::state::{AnswerRoom, State};

/// Times that a filter is evaluated on JSON without holding up changes.
const SCANS: usize = 2;
/// Points whose JSON is looked into while changes wait.
const SCANNED_AT_ONCE: usize = 10_000;

/// The state, and its live rows that pass a filter; `None` where all do.
pub(super) type Passing<'a> = (RwLockReadGuard<'a, State>, Option<Arc<RowSet>>);

/// Some points in the order of their ids.
#[derive(Clone, Debug, PartialEq)]
pub struct Page {
    /// The points.
    pub records: Vec<Record>,
    /// Where the next page begins; `None` where there is none.
    pub next: Option<PointId>,
}

impl Collection {
    /// Points by their ids, in the order of the ids; those that are not there are left out.
    ///
    /// # Errors
    /// When they are more than an answer may hold.
    pub fn get(&self, ids: &[PointId], parts: &Parts) -> Result<Vec<Record>, QueryError> {
        let state = self.read();
        let rows = ids.iter().filter_map(|id| state.row_of(&PointKey::of(id)));
        Ok(state.records(rows, parts, &mut self.answer_room())?)
    }

    /// Points in the order of their ids, numbers ascending before texts, from `offset` on.
    ///
    /// # Errors
    /// When the limit is 0, or something is beyond the limits.
    pub fn scroll(
        &self,
        filter: Option<&Filter>,
        offset: Option<&PointId>,
        limit: usize,
        parts: &Parts,
    ) -> Result<Page, QueryError> {
        self.check_limit(limit)?;
        let (state, passing) = self.read_passing(filter)?;
        let from = offset.map(PointKey::of);
        let mut rows = state.ordered(from.as_ref()).map(|(_, row)| row);
        let mut rows = rows.by_ref().filter(|row| passing.as_ref().is_none_or(|passing| passing.contains(*row)));
        let records = state.records(rows.by_ref().take(limit), parts, &mut self.answer_room())?;
        let next = rows.next().and_then(|row| state.info(row)).map(|info| info.id());
        Ok(Page { records, next })
    }

    /// Points that pass.
    ///
    /// # Errors
    /// When the filter is beyond the limits.
    pub fn count(&self, filter: Option<&Filter>) -> Result<usize, QueryError> {
        let (state, passing) = self.read_passing(filter)?;
        Ok(passing.map_or_else(|| state.num_live(), |passing| passing.count()))
    }

    /// The texts, whole numbers and truth values at a path with the number of points that have them, most frequent first, equal numbers by
    /// the value. A list counts for each of its values once.
    ///
    /// # Errors
    /// When the path is none, the limit is 0, or something is beyond the limits.
    pub fn facet(&self, key: &str, filter: Option<&Filter>, limit: usize) -> Result<Vec<(Value, usize)>, QueryError> {
        self.check_limit(limit)?;
        let path = KeyPath::new(key)?;
        let (state, passing) = self.read_passing(filter)?;
        let rows = passing.unwrap_or_else(|| Arc::clone(state.live()));
        let counts = state.columns().count_values(&path, &rows).unwrap_or_else(|| count_values(&state, &path, &rows));
        let mut counts: Vec<(Scalar, usize)> = counts.into_iter().filter(|(value, _)| value.is_countable()).collect();
        counts.sort_by(|left, right| right.1.cmp(&left.1).then_with(|| left.0.cmp(&right.0)));
        counts.truncate(limit);
        Ok(counts.into_iter().map(|(value, count)| (value.to_json(), count)).collect())
    }

    pub(super) fn answer_room(&self) -> AnswerRoom {
        AnswerRoom::new(self.limits.answer_bytes)
    }

    pub(super) fn check_limit(&self, limit: usize) -> Result<(), QueryError> {
        if limit == 0 {
            return Err(QueryError::ZeroLimit);
        }
        Ok(LimitExceeded::check("points asked for", limit, self.limits.hits)?)
    }

    /// The state and its live rows that pass a filter; `None` where all do.
    pub(super) fn read_passing(&self, filter: Option<&Filter>) -> Result<Passing<'_>, QueryError> {
        let Some(filter) = filter.filter(|filter| !filter.is_empty()) else { return Ok((self.read(), None)) };
        filter.check(&self.limits)?;
        for _ in 0..SCANS {
            let state = self.read();
            if let Some(rows) = self.filters.known(&state, filter) {
                return Ok((state, Some(rows)));
            }
            if state.num_live() <= SCANNED_AT_ONCE {
                let rows = self.filters.remember(filter, (state.last(), state.epoch()), state.rows_passing(filter));
                return Ok((state, Some(rows)));
            }
            // Looking into the JSON of many points takes a while, in which others go on.
            let scan = state.scan();
            drop(state);
            self.filters.remember(filter, scan.at, scan.rows_passing(filter));
        }
        // Changes came too fast: they wait for this one.
        let state = self.read();
        let rows = self.filters.known(&state, filter).unwrap_or_else(|| {
            self.filters.remember(filter, (state.last(), state.epoch()), state.rows_passing(filter))
        });
        Ok((state, Some(rows)))
    }
}

/// As the columns count, by the JSON.
fn count_values(state: &State, path: &KeyPath, rows: &RowSet) -> HashMap<Scalar, usize> {
    let mut counts = HashMap::new();
    let mut values = Vec::new();
    for info in rows.iter().filter_map(|row| state.info(row)) {
        let payload = info.payload();
        values.clear();
        path.visit(&payload, &mut |value| match value {
            Value::Array(elements) => values.extend(elements.iter().filter_map(Scalar::from_json)),
            value => values.extend(Scalar::from_json(value)),
        });
        values.sort_unstable();
        values.dedup();
        for value in values.drain(..).filter(|value| *value != Scalar::Null) {
            *counts.entry(value).or_insert(0) += 1;
        }
    }
    counts
}
