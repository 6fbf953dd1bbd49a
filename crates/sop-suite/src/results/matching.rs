//! Which rows of two sides are the same measurement.

use std::collections::{BTreeMap, BTreeSet};

use sop_core::ResultRecord;
use sop_report::{dataset_label, params_label, reference_label};

use super::runs::StoredRun;
use crate::error::{Result, refuse};

/// A row with the run it is of.
#[derive(Clone, Copy, Debug)]
pub struct Row<'a> {
    /// The run.
    pub run: &'a StoredRun,
    /// The row.
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

/// Name of a field, and how it is read off a row that may lack it.
type HiddenField = (&'static str, fn(&ResultRecord) -> Option<String>);

/// What is not matched by, so that two runs of a side may differ in it although they go by the same names.
const HIDDEN_FIELDS: [HiddenField; 5] = [
    ("protocol_version", |record| Some(record.protocol_version.to_string())),
    ("dataset_sha256", |record| record.dataset_sha256.clone()),
    ("reference_sha256", |record| record.reference_sha256.clone()),
    ("encoder_sha256", |record| record.encoder_sha256.clone()),
    ("transform", |record| record.transform.clone()),
];

/// Rows brought together.
#[derive(Debug)]
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
///
/// Of several rows of one measurement the latest stands.
///
/// # Errors
/// When a side has two rows that go by the same names but are of different data, encoders, transforms or protocol versions.
pub fn matching<'a>(a: &'a [StoredRun], b: &'a [StoredRun]) -> Result<Matching<'a>> {
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
    let (a, b) = (Side::new("A", a, key)?, Side::new("B", b, key)?);
    let (mut both, mut only_a) = (Vec::new(), Vec::new());
    for key in &a.order {
        let Some(&row) = a.rows.get(key) else { continue };
        match b.rows.get(key) {
            Some(&other) => both.push((row, other)),
            None => only_a.push(row),
        }
    }
    let only_b = b.order.iter().filter(|key| !a.rows.contains_key(*key)).filter_map(|key| b.rows.get(key)).copied();
    Ok(Matching { both, only: [only_a, only_b.collect()], also, older: [a.older, b.older] })
}

/// The rows of one side by their keys, the latest of several.
struct Side<'a> {
    order: Vec<Vec<String>>,
    rows: BTreeMap<Vec<String>, Row<'a>>,
    older: usize,
}

impl<'a> Side<'a> {
    fn new(name: &str, runs: &'a [StoredRun], key: impl Fn(&ResultRecord) -> Vec<String>) -> Result<Self> {
        let mut side = Self { order: Vec::new(), rows: BTreeMap::new(), older: 0 };
        for (run, record) in runs.iter().flat_map(|run| run.records.iter().map(move |record| (run, record))) {
            let (key, row) = (key(record), Row { run, record });
            match side.rows.get_mut(&key) {
                None => {
                    side.order.push(key.clone());
                    side.rows.insert(key, row);
                }
                Some(known) => {
                    check_same(name, known, &row)?;
                    side.older += 1;
                    if record.created_at > known.record.created_at {
                        *known = row;
                    }
                }
            }
        }
        Ok(side)
    }
}

/// Refuses two rows of a side that are not the same measurement.
fn check_same(side: &str, first: &Row<'_>, second: &Row<'_>) -> Result<()> {
    let (one, other) = (first.record, second.record);
    let differing = HIDDEN_FIELDS.iter().find_map(|(field, get)| {
        let (one, other) = (get(one)?, get(other)?);
        (one != other).then_some((field, one, other))
    });
    let Some((field, first_value, second_value)) = differing else { return Ok(()) };
    refuse!(
        "{side} has two measurements of {} on {} [{}]: `{field}` is {first_value} in the run {} and {second_value} in the run {}; \
         compare one of them, by its file or run_id",
        one.metric,
        dataset_label(one),
        params_label(&one.params),
        one.run_id,
        other.run_id
    )
}
