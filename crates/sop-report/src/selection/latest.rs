//! Several runs of the same measurement: the latest stands.

use std::collections::{BTreeMap, BTreeSet};

use sop_core::ResultRecord;

use super::identity::SubjectKey;

/// The values that stand, and what was left out for them.
pub(crate) struct Latest<'a> {
    /// One row per measurement, in the order given.
    pub(crate) records: Vec<&'a ResultRecord>,
    /// A sentence on the rows left out, if any were.
    pub(crate) note: Option<String>,
}

/// Keeps the latest of several runs of the same measurement: same data, encoder, feature, transform, protocol,
/// parameters and metric. Of two made at the same time the first given stands.
pub(crate) fn latest_values(records: Vec<&ResultRecord>) -> Latest<'_> {
    latest_by(records, ResultRecord::params_json)
}

/// The same where something else than all parameters tells measurements apart.
pub(crate) fn latest_by(records: Vec<&ResultRecord>, params: impl Fn(&ResultRecord) -> String) -> Latest<'_> {
    let mut kept: BTreeMap<_, usize> = BTreeMap::new();
    let mut seeds: BTreeMap<_, BTreeSet<u64>> = BTreeMap::new();
    for (row, &record) in records.iter().enumerate() {
        let key = (SubjectKey::of(record), params(record), record.metric.as_str());
        seeds.entry(key.clone()).or_default().insert(record.seed);
        let latest = kept.entry(key).or_insert(row);
        if records.get(*latest).is_some_and(|known| record.created_at > known.created_at) {
            *latest = row;
        }
    }
    let rows: BTreeSet<usize> = kept.into_values().collect();
    let num_older = records.len() - rows.len();
    let several_seeds = seeds.values().any(|seeds| seeds.len() > 1);
    let note = (num_older > 0).then(|| {
        let (values, were) = if num_older == 1 { ("value", "was") } else { ("values", "were") };
        let seeds = if several_seeds { ", some of them of another seed" } else { "" };
        format!("{num_older} older {values} of the same measurement {were} left out{seeds}; the latest run stands")
    });
    Latest { records: rows.into_iter().filter_map(|row| records.get(row).copied()).collect(), note }
}
