//! The outcomes that were stored beside values.

use std::collections::BTreeMap;
use std::path::PathBuf;

use sop_core::{Outcomes, ProtocolInfo, read_outcomes};
use sop_eval::PROTOCOLS;

use super::matching::Row;
use crate::error::Result;

/// How far the mean of stored outcomes may be from the stored value: rounding of sums in another order.
const TOLERANCE: f64 = 1e-9;

/// What names a value within an outcomes file.
type Key = (String, String, String);

/// The outcomes files that were read.
#[derive(Default)]
pub(super) struct StoredOutcomes {
    files: BTreeMap<PathBuf, BTreeMap<Key, Outcomes>>,
}

impl StoredOutcomes {
    /// Reads the outcomes that belong to a row, where there are any.
    pub fn read(&mut self, row: &Row<'_>) -> Result<()> {
        let Some(path) = row.run.outcomes_file().filter(|path| !self.files.contains_key(path)) else {
            return Ok(());
        };
        let by_key = |one: sop_core::RecordedOutcomes| ((one.run_id, one.metric, one.params_sha256), one.outcomes);
        let outcomes = read_outcomes(&path)?.into_iter().map(by_key).collect();
        self.files.insert(path, outcomes);
        Ok(())
    }

    /// The outcomes that a value averages over, or why there are none.
    pub fn of(&self, row: &Row<'_>) -> Result<&Outcomes, &'static str> {
        let record = row.record;
        if record.value.is_none() {
            return Err("has no value");
        }
        let file = row.run.outcomes_file().and_then(|path| self.files.get(&path));
        let file = file.ok_or("has no outcomes file; evaluate again with --outcomes")?;
        let key = (record.run_id.clone(), record.metric.clone(), record.params_sha256());
        let outcomes = file.get(&key).ok_or("has no outcomes of this value")?;
        let metric = ProtocolInfo::find(&PROTOCOLS, &record.protocol).and_then(|info| info.metric(&record.metric));
        if metric.is_some_and(|metric| metric.averages_groups) && outcomes.groups.is_none() {
            return Err(
                "has a mean over groups, and an outcomes file of an older version, which does not say what group a unit is of",
            );
        }
        let agrees = record.value.zip(outcomes.mean()).is_some_and(|(value, mean)| (value - mean).abs() <= TOLERANCE);
        if agrees { Ok(outcomes) } else { Err("has outcomes that do not average to the value") }
    }
}
