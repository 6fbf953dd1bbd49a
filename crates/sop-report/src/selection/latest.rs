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
    let mut num_repeated = 0;
    for (row, &record) in records.iter().enumerate() {
        let key = (SubjectKey::of(record), params(record), record.metric.as_str());
        seeds.entry(key.clone()).or_default().insert(record.seed);
        let latest = kept.entry(key).or_insert(row);
        let known = records.get(*latest).filter(|_| *latest != row);
        num_repeated += usize::from(known.is_some_and(|known| is_copy(known, record)));
        if known.is_some_and(|known| record.created_at > known.created_at) {
            *latest = row;
        }
    }
    let rows: BTreeSet<usize> = kept.into_values().collect();
    let num_older = records.len() - rows.len() - num_repeated;
    let several_seeds = seeds.values().any(|seeds| seeds.len() > 1);
    let repeated = (num_repeated > 0).then(|| {
        let (values, count) = if num_repeated == 1 { ("value", "counts") } else { ("values", "count") };
        format!("{num_repeated} {values} of a run that is there twice {count} once")
    });
    let older = (num_older > 0).then(|| {
        let (values, were) = if num_older == 1 { ("value", "was") } else { ("values", "were") };
        let seeds = if several_seeds { ", some of them of another seed" } else { "" };
        format!("{num_older} older {values} of the same measurement {were} left out{seeds}; the latest run stands")
    });
    let notes: Vec<String> = repeated.into_iter().chain(older).collect();
    let note = (!notes.is_empty()).then(|| notes.join("; "));
    Latest { records: rows.into_iter().filter_map(|row| records.get(row).copied()).collect(), note }
}

/// Whether a row is one that another file has, too. Bits, so that values that are no numbers are equal.
fn is_copy(one: &ResultRecord, other: &ResultRecord) -> bool {
    one.run_id == other.run_id
        && one.created_at == other.created_at
        && one.params == other.params
        && one.value.map(f64::to_bits) == other.value.map(f64::to_bits)
}
