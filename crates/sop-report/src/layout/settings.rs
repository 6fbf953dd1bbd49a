//! Settings of measured values: what the layout says of them, and in what they differ.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use sop_core::ResultRecord;

use super::select::Chosen;
use super::source::Measured;
use super::values::{field, same, text, without_decoder};
use crate::selection::encoder_label;

type Row<'a> = (usize, &'a ResultRecord);

/// Fields that hold for a whole setting and are no parameters.
pub(super) const EXPECTED_FIELDS: [&str; 2] = ["feature", "transform"];
/// Fields in which the values of a column may not differ.
pub(super) const DATA_FIELDS: [&str; 3] = ["dataset_sha256", "reference_sha256", "protocol_version"];

/// Digits of a hash that a message shows.
const SHORT_SHA: usize = 12;

/// A setting of a measured value that is not the one of the layout.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Deviation {
    pub name: String,
    pub measured: Option<Value>,
    pub expected: Value,
    /// Whether it is the values of a parameter over which the best counts.
    pub is_swept: bool,
}

/// Rows of one setting.
pub(super) struct Group<'r> {
    /// Settings that the layout names.
    pub expected: BTreeMap<String, Value>,
    /// Everything else that must agree for values to share a column.
    pub others: BTreeMap<String, Value>,
    pub rows: Vec<Row<'r>>,
}

impl Group<'_> {
    /// Settings that the layout has otherwise.
    pub(super) fn deviations(&self, measured: &Measured) -> Vec<Deviation> {
        expected_names(measured)
            .filter_map(|(name, expected)| {
                let own = self.expected.get(name);
                let agrees = own.is_some_and(|own| same(own, &expected));
                (!agrees).then(|| Deviation {
                    name: name.to_owned(),
                    measured: own.cloned(),
                    expected,
                    is_swept: false,
                })
            })
            .collect()
    }

    /// What is held against another group; `None` for a group without rows.
    pub(super) fn side(&self) -> Option<Side> {
        let (_, record) = self.rows.first()?;
        let values = self.expected.iter().chain(&self.others).map(|(name, value)| (name.clone(), value.clone()));
        Some(Side::new(record, values.collect(), "not recorded"))
    }
}

/// One of two values that are held against each other: settings by name.
pub(crate) struct Side {
    pub encoder: String,
    pub run: String,
    /// The data set's name, which says more than its hash.
    pub dataset: Option<String>,
    pub values: BTreeMap<String, Value>,
    /// What it means that a setting is not among the values.
    pub absent: &'static str,
}

impl Side {
    fn new(record: &ResultRecord, values: BTreeMap<String, Value>, absent: &'static str) -> Self {
        let (run, dataset) = (record.run_id.clone(), record.dataset.clone());
        Self { encoder: encoder_label(record), run, dataset, values, absent }
    }

    /// All parameters and fields of a row.
    pub(crate) fn of_row(record: &ResultRecord) -> Self {
        let params = record.params.iter().map(|(name, value)| (format!("parameter {name}"), value.clone()));
        let fields = EXPECTED_FIELDS
            .into_iter()
            .chain(DATA_FIELDS)
            .filter_map(|name| Some((name.to_owned(), field(record, name)?)));
        Self::new(record, params.chain(fields).collect(), "not recorded")
    }

    /// Of the settings that the layout names, only what differs from it counts: rows may have settings of their own there. A best of
    /// fewer values is said beside the value, and is no other setting.
    pub(super) fn of(chosen: &Chosen<'_>) -> Self {
        let mut values = chosen.others.clone();
        values.retain(|name, _| !chosen.varies.contains(name));
        for deviation in chosen.deviations.iter().filter(|deviation| !deviation.is_swept) {
            let own = deviation.measured.clone().unwrap_or(Value::Null);
            values.insert(deviation.name.clone(), own);
        }
        Self::new(chosen.record, values, "as the layout has it")
    }

    /// Names of settings in which two sides differ; a hash that one side did not record is no difference.
    pub(crate) fn differing(&self, other: &Self) -> Vec<String> {
        let names: BTreeSet<&String> = self.values.keys().chain(other.values.keys()).collect();
        let differ = |name: &&&String| match (self.values.get(**name), other.values.get(**name)) {
            (Some(a), Some(b)) => !same(a, b),
            _ => !DATA_FIELDS.contains(&name.as_str()),
        };
        names.iter().filter(differ).map(|name| (*name).clone()).collect()
    }

    /// In what two sides differ that would do something together, and a setting that would decide.
    pub(crate) fn told(&self, other: &Self, do_what: &str) -> (String, String) {
        let one = self;
        let text_of = |side: &Side, name: &str| match side.values.get(name) {
            Some(Value::Null) | None if name.starts_with("parameter ") => "not there".to_owned(),
            Some(Value::Null) => "not recorded".to_owned(),
            None => side.absent.to_owned(),
            Some(value) if name.ends_with("_sha256") => text(value).chars().take(SHORT_SHA).collect(),
            Some(value) => text(value),
        };
        let key = |name: &str| name.strip_prefix("parameter ").unwrap_or(name).to_owned();
        let names = one.differing(other);
        let mut told: Vec<String> = names
            .iter()
            .map(|name| format!("{} is {} and {}", key(name), text_of(one, name), text_of(other, name)))
            .collect();
        // A setting that one of both has, to be named.
        let mut example = names.iter().find_map(|name| {
            let value =
                [one, other].into_iter().find_map(|side| side.values.get(name).filter(|value| !value.is_null()))?;
            Some(format!("{}={}", key(name), text(value)))
        });
        if let (Some(a), Some(b)) = (&one.dataset, &other.dataset)
            && a != b
            && names.iter().any(|name| name == "dataset_sha256")
        {
            told.insert(0, format!("dataset is {a} and {b}"));
            example = Some(format!("dataset={a}"));
        }
        let what = format!(
            "values of {} (run {}) and {} (run {}) would {do_what}, but were measured under different settings: {}",
            one.encoder,
            one.run,
            other.encoder,
            other.run,
            told.join("; ")
        );
        (what, example.unwrap_or_else(|| "KEY=VALUE".to_owned()))
    }
}

/// The settings that the layout names, with its values.
fn expected_names(measured: &Measured) -> impl Iterator<Item = (&str, Value)> {
    let fields = EXPECTED_FIELDS.into_iter().filter_map(|name| {
        let value = measured.row.get(name)?;
        let value = match value.as_str() {
            Some(text) if name == "transform" => without_decoder(text).into(),
            _ => value.clone(),
        };
        Some((name, value))
    });
    fields.chain(measured.setting.iter().map(|(name, value)| (name.as_str(), value.clone())))
}

/// Those of a row.
pub(super) fn expected(record: &ResultRecord, measured: &Measured) -> BTreeMap<String, Value> {
    let value = |name: &str| {
        if EXPECTED_FIELDS.contains(&name) { field(record, name) } else { record.params.get(name).cloned() }
    };
    expected_names(measured).filter_map(|(name, _)| Some((name.to_owned(), value(name)?))).collect()
}
