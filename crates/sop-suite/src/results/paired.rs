//! The interval of a difference, from outcomes that were stored beside the values.

use std::collections::BTreeMap;
use std::path::PathBuf;

use sop_core::{Outcomes, ProtocolInfo, read_outcomes};
use sop_eval::PROTOCOLS;
use sop_eval::bootstrap::{PairedDifference, paired_differences};

use super::matching::Row;
use crate::error::Result;

/// How far the mean of stored outcomes may be from the stored value: rounding of sums in another order.
const TOLERANCE: f64 = 1e-9;

/// For each pair of rows the paired difference, or why there is none.
pub fn paired(rows: &[(Row<'_>, Row<'_>)], resamples: u32, seed: u64) -> Result<Vec<Result<PairedDifference, String>>> {
    let mut stored = Stored::default();
    for (a, b) in rows {
        stored.read(a)?;
        stored.read(b)?;
    }
    let found: Vec<Result<_, String>> = rows
        .iter()
        .map(|(a, b)| {
            Ok((stored.of(a).map_err(|why| format!("A {why}"))?, stored.of(b).map_err(|why| format!("B {why}"))?))
        })
        .collect();
    let pairs: Vec<(&Outcomes, &Outcomes)> = found.iter().filter_map(|pair| pair.as_ref().ok()).copied().collect();
    let mut differences = paired_differences(&pairs, resamples, seed).into_iter();
    let no_units = || "A and B have no unit in common".to_owned();
    let of_pair = |pair: Result<_, String>| pair.and_then(|_| differences.next().flatten().ok_or_else(no_units));
    Ok(found.into_iter().map(of_pair).collect())
}

/// What names a value within an outcomes file.
type Key = (String, String, String);

/// The outcomes files that were read.
#[derive(Default)]
struct Stored {
    files: BTreeMap<PathBuf, BTreeMap<Key, Outcomes>>,
}

impl Stored {
    fn read(&mut self, row: &Row<'_>) -> Result<()> {
        let Some(path) = row.run.outcomes_file().filter(|path| !self.files.contains_key(path)) else {
            return Ok(());
        };
        let by_key = |one: sop_core::RecordedOutcomes| ((one.run_id, one.metric, one.params_sha256), one.outcomes);
        let outcomes = read_outcomes(&path)?.into_iter().map(by_key).collect();
        self.files.insert(path, outcomes);
        Ok(())
    }

    /// The outcomes that a value averages over, or why there are none.
    fn of(&self, row: &Row<'_>) -> Result<&Outcomes, &'static str> {
        let record = row.record;
        if record.value.is_none() {
            return Err("has no value");
        }
        let metric = ProtocolInfo::find(&PROTOCOLS, &record.protocol).and_then(|info| info.metric(&record.metric));
        if metric.is_some_and(|metric| metric.averages_groups) {
            return Err("has a macro average, and outcomes files do not say which group a unit belongs to");
        }
        let file = row.run.outcomes_file().and_then(|path| self.files.get(&path));
        let file = file.ok_or("has no outcomes file; evaluate again with --outcomes")?;
        let key = (record.run_id.clone(), record.metric.clone(), record.params_sha256());
        let outcomes = file.get(&key).ok_or("has no outcomes of this value")?;
        let agrees = record.value.zip(outcomes.mean()).is_some_and(|(value, mean)| (value - mean).abs() <= TOLERANCE);
        if agrees { Ok(outcomes) } else { Err("has outcomes that do not average to the value") }
    }
}
