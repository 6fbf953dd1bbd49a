//! Which rows of two sides are the same measurement.

use std::collections::{BTreeMap, BTreeSet};

use sop_core::ResultRecord;
use sop_report::reference_label;

use super::super::runs::StoredRun;

/// A row with the run it is of.
#[derive(Clone, Copy)]
pub struct Row<'a> {
    pub run: &'a StoredRun,
    pub record: &'a ResultRecord,
}

/// Name of a field, and how it is read off a row.
type Field = (&'static str, fn(&ResultRecord) -> String);

/// What may differ between the sides as long as each has one of it.
const FREE_FIELDS: [Field; 4] = [
    ("Encoder", |record| record.encoder.clone().or_else(|| record.encoder_sha256.clone()).unwrap_or_default()),
    ("Feature", |record| record.feature.clone().unwrap_or_default()),
    ("Reference", reference_label),
    ("Seed", |record| record.seed.to_string()),
];

/// Rows brought together.
pub struct Matching<'a> {
    /// Rows that both sides have, in A's order.
    pub both: Vec<(Row<'a>, Row<'a>)>,
    /// Rows of one side without a partner.
    pub only: [Vec<Row<'a>>; 2],
    /// The fields that had to agree, too, because a side has several, with their values for a row.
    pub also: Vec<Field>,
    /// Rows of either side that a later run of the same measurement stands for.
    pub older: [usize; 2],
}

/// Matches rows by protocol, data set, split, parameters and metric, and by the free fields of which a side has several.
pub fn matching<'a>(a: &'a [StoredRun], b: &'a [StoredRun]) -> Matching<'a> {
    let several = |runs: &[StoredRun], field: fn(&ResultRecord) -> String| {
        runs.iter().flat_map(|run| &run.records).map(field).collect::<BTreeSet<_>>().len() > 1
    };
    let also: Vec<_> = FREE_FIELDS.into_iter().filter(|(_, field)| several(a, *field) || several(b, *field)).collect();
    let key = |record: &ResultRecord| -> Vec<String> {
        let text = |text: &Option<String>| text.clone().unwrap_or_default();
        let mut key = vec![record.protocol.clone(), text(&record.dataset), text(&record.split)];
        key.extend([record.params_json(), record.metric.clone()]);
        key.extend(also.iter().map(|(_, field)| field(record)));
        key
    };
    let (a, b) = (Side::new(a, key), Side::new(b, key));
    let (mut both, mut only_a) = (Vec::new(), Vec::new());
    for key in &a.order {
        let Some(&row) = a.rows.get(key) else { continue };
        match b.rows.get(key) {
            Some(&other) => both.push((row, other)),
            None => only_a.push(row),
        }
    }
    let only_b = b.order.iter().filter(|key| !a.rows.contains_key(*key)).filter_map(|key| b.rows.get(key)).copied();
    Matching { both, only: [only_a, only_b.collect()], also, older: [a.older, b.older] }
}

/// The rows of one side by their keys, the latest of several.
struct Side<'a> {
    order: Vec<Vec<String>>,
    rows: BTreeMap<Vec<String>, Row<'a>>,
    older: usize,
}

impl<'a> Side<'a> {
    fn new(runs: &'a [StoredRun], key: impl Fn(&ResultRecord) -> Vec<String>) -> Self {
        let mut side = Self { order: Vec::new(), rows: BTreeMap::new(), older: 0 };
        for (run, record) in runs.iter().flat_map(|run| run.records.iter().map(move |record| (run, record))) {
            let (key, row) = (key(record), Row { run, record });
            match side.rows.get_mut(&key) {
                None => {
                    side.order.push(key.clone());
                    side.rows.insert(key, row);
                }
                Some(known) => {
                    side.older += 1;
                    if record.created_at > known.record.created_at {
                        *known = row;
                    }
                }
            }
        }
        side
    }
}
