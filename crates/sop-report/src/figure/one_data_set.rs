//! Values of different data or protocols are not drawn together.

use std::collections::BTreeMap;

use sop_core::{ProtocolInfo, ResultRecord};

use crate::ReportError;
use crate::selection::{DataKey, dataset_label, reference_label};

/// Refuses values of different data or protocols.
pub(super) fn check_one_data_set(records: &[&ResultRecord]) -> Result<(), ReportError> {
    let data: BTreeMap<DataKey<'_>, &ResultRecord> =
        records.iter().map(|record| (DataKey::of(record), *record)).collect();
    if data.len() < 2 {
        return Ok(());
    }
    Err(ReportError::MixedData { found: data.values().map(describe).collect() })
}

/// The same for a benchmark whose parts may have images of their own: each part has one data set, and all parts belong together.
pub(super) fn check_one_benchmark(records: &[&ResultRecord], info: Option<&ProtocolInfo>) -> Result<(), ReportError> {
    let mut parts: BTreeMap<Option<&str>, Vec<&ResultRecord>> = BTreeMap::new();
    for record in records {
        let part = info.filter(|info| info.is_split_a_part(record)).and(record.split.as_deref());
        parts.entry(part).or_default().push(record);
    }
    parts.values().try_for_each(|records| check_one_data_set(records))?;
    let benchmarks: BTreeMap<_, &ResultRecord> =
        records.iter().map(|record| ((&record.protocol, record.protocol_version, &record.dataset), *record)).collect();
    if benchmarks.len() < 2 {
        return Ok(());
    }
    Err(ReportError::MixedData { found: benchmarks.values().map(describe).collect() })
}

/// What a value was measured on.
fn describe(record: &&ResultRecord) -> String {
    let sha256: String = record.dataset_sha256.iter().flat_map(|text| text.chars()).take(12).collect();
    let reference = match reference_label(record) {
        name if name.is_empty() => String::new(),
        name => format!(" with {name}"),
    };
    let sha256 = if sha256.is_empty() { sha256 } else { format!(" [sha256 {sha256}]") };
    format!("{} v{} on {}{sha256}{reference}", record.protocol, record.protocol_version, dataset_label(record))
}
