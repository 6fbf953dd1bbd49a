//! Confusion matrices of stored runs.

use std::collections::BTreeMap;

use sop_core::{Classified, ResultRecord};
use sop_eval::PROTOCOLS;
use sop_report::{Figure, FigureChoice, confusion_map};

use super::matching::Row;
use super::runs::StoredRun;
use super::stored_outcomes::StoredOutcomes;
use crate::error::Result;

/// The confusion matrix of one value among stored runs, from the outcomes that were kept with the classes of the units: the share of each
/// true class in per cent, or with `counts` the numbers of units.
///
/// # Errors
/// When a file cannot be read, no value has such outcomes, or several have.
pub fn confusion(runs: &[StoredRun], counts: bool, choice: &FigureChoice<'_>) -> Result<Figure> {
    let mut stored = StoredOutcomes::default();
    let rows: Vec<Row<'_>> =
        runs.iter().flat_map(|run| run.records.iter().map(move |record| Row { run, record })).collect();
    let is_of_protocol = |row: &&Row<'_>| choice.protocol.is_none_or(|name| row.record.protocol == name);
    rows.iter().filter(is_of_protocol).try_for_each(|row| stored.read(row))?;
    let key = |record: &ResultRecord| (record.run_id.clone(), record.metric.clone(), record.params_sha256());
    let classes: BTreeMap<_, &Classified> =
        rows.iter().filter_map(|row| Some((key(row.record), stored.of(row).ok()?.classified.as_ref()?))).collect();
    let records: Vec<ResultRecord> = rows.iter().map(|row| row.record.clone()).collect();
    Ok(confusion_map(&records, &PROTOCOLS, |record| classes.get(&key(record)).copied(), counts, choice)?)
}
