//! Settings that look alike in a table but are not: they are numbered, and a note says how they differ.

use std::collections::{BTreeMap, BTreeSet};

use sop_core::ResultRecord;

/// Digits of a hash shown in a note.
const SHORT_SHA: usize = 12;

/// A field by name, and how it is read off a row as text.
pub(crate) type NamedField = (&'static str, fn(&ResultRecord) -> String);

const VERSION: NamedField = ("protocol version", |record| record.protocol_version.to_string());
const DATA: NamedField = ("data sha256", |record| short(record.dataset_sha256.as_deref()));
const REFERENCE: NamedField = ("reference sha256", |record| short(record.reference_sha256.as_deref()));
/// The encoder by its hash.
pub(crate) const ENCODER: NamedField = ("encoder sha256", |record| short(record.encoder_sha256.as_deref()));
/// What was done to images.
pub(crate) const TRANSFORM: NamedField = ("transform", |record| record.transform.clone().unwrap_or_else(unrecorded));
const RUN: NamedField = ("run", |record| record.run_id.clone());

/// Everything that a table does not show of a setting.
const FIELDS: [NamedField; 6] = [VERSION, DATA, REFERENCE, ENCODER, TRANSFORM, RUN];

/// What tells data apart: with [`variants_in`].
pub(crate) const DATA_FIELDS: [NamedField; 5] =
    [VERSION, DATA, REFERENCE, ("reference", |record| super::reference_label(record)), RUN];

/// What tells encoders apart: with [`variants_in`].
pub(crate) const ENCODER_FIELDS: [NamedField; 2] = [ENCODER, RUN];

/// The number of each setting among those that look alike, and what tells them apart.
pub(crate) struct Variants {
    /// From 1; `None` for a setting whose label is its own.
    pub(crate) numbers: Vec<Option<usize>>,
    /// One sentence for each label that several settings share.
    pub(crate) notes: Vec<String>,
}

/// Numbers the settings that share a label; `labelled` has the label of each and a row of it.
pub(crate) fn variants(labelled: &[(String, &ResultRecord)]) -> Variants {
    variants_in(labelled, &FIELDS)
}

/// The same where only some fields tell the labelled things apart.
pub(crate) fn variants_in(labelled: &[(String, &ResultRecord)], fields: &[NamedField]) -> Variants {
    let mut alike: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (place, (label, _)) in labelled.iter().enumerate() {
        alike.entry(label).or_default().push(place);
    }
    let mut numbers = vec![None; labelled.len()];
    let mut notes = Vec::new();
    for (label, places) in alike.into_iter().filter(|(_, places)| places.len() > 1) {
        let records: Vec<&ResultRecord> =
            places.iter().filter_map(|&place| labelled.get(place)).map(|(_, record)| *record).collect();
        for (number, &place) in places.iter().enumerate() {
            if let Some(slot) = numbers.get_mut(place) {
                *slot = Some(number + 1);
            }
        }
        let texts: Vec<String> = differences(&records, fields)
            .into_iter()
            .enumerate()
            .map(|(number, difference)| format!("{} has {difference}", number + 1))
            .collect();
        notes.push(format!("variants of {label} are not the same measurement: {}", texts.join("; ")));
    }
    Variants { numbers, notes }
}

/// For each row the hidden fields in which not all rows agree, as `name value, …`.
fn differences(records: &[&ResultRecord], fields: &[NamedField]) -> Vec<String> {
    let mut texts = vec![Vec::new(); records.len()];
    for &(name, field) in fields {
        let values: Vec<String> = records.iter().map(|record| field(record)).collect();
        let differ = values.iter().collect::<BTreeSet<_>>().len() > 1;
        // Runs always differ; they matter only where nothing else tells the rows apart.
        let named = differ && (name != "run" || texts.iter().all(Vec::is_empty));
        for (text, value) in texts.iter_mut().zip(values) {
            if named {
                text.push(format!("{name} {value}"));
            }
        }
    }
    texts.into_iter().map(|text| text.join(", ")).collect()
}

fn short(sha256: Option<&str>) -> String {
    sha256.map_or_else(unrecorded, |text| text.chars().take(SHORT_SHA).collect())
}

fn unrecorded() -> String {
    "not recorded".to_owned()
}
