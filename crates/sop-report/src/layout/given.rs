//! What was given: result rows, each once, and settings that are about some of them.

use std::collections::BTreeMap;

use sop_core::ResultRecord;

use super::form::Layout;
use super::lay_out::{Contents, Remarks};
use crate::ReportError;
use crate::selection::SubjectKey;

/// Every result row once, with its place: the same run may lie in two files.
pub(super) fn once_each<'a>(
    records: &[&'a ResultRecord],
    remarks: &mut Remarks,
) -> Result<Vec<(usize, &'a ResultRecord)>, ReportError> {
    let mut seen: BTreeMap<_, &ResultRecord> = BTreeMap::new();
    let mut once = Vec::with_capacity(records.len());
    for (place, &record) in records.iter().enumerate() {
        let key = (record.run_id.as_str(), SubjectKey::of(record), record.params_json(), record.metric.as_str());
        match seen.get(&key) {
            None => {
                seen.insert(key, record);
                once.push((place, record));
            }
            // Bits, so that values that are no numbers are equal, too.
            Some(known) if known.value.map(f64::to_bits) == record.value.map(f64::to_bits) => {
                remarks.repeated.insert(record.run_id.clone());
            }
            Some(_) => {
                let (run_id, metric) = (record.run_id.clone(), record.metric.clone());
                return Err(ReportError::RunDiffers { run_id, metric });
            }
        }
    }
    Ok(once)
}

/// Refuses a filter that is about no column, or that no result row agrees with: it was mistyped.
pub(super) fn check_filters(
    layout: &Layout,
    contents: &Contents<'_>,
    records: &[(usize, &ResultRecord)],
) -> Result<(), ReportError> {
    let refused = |what| Err(ReportError::Layout { origin: layout.name.clone(), what });
    for filter in contents.settings {
        if let Some(column) = filter.column().filter(|name| layout.columns.iter().all(|column| column.name != *name)) {
            let known: Vec<&str> = layout.columns.iter().map(|column| column.name.as_str()).collect();
            return refused(format!(
                "the setting {filter} is about a column `{column}`; the columns are {}",
                known.join(", ")
            ));
        }
        if !records.iter().any(|(_, record)| filter.agrees(record)) {
            return refused(format!("no result row has the setting {filter}; `sop results show` lists what rows have"));
        }
    }
    Ok(())
}
