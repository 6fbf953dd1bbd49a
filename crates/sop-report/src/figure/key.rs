//! What the axes of a grid of results are over.

use std::collections::BTreeSet;

use serde_json::Value;
use sop_core::ResultRecord;

use super::titles::parameter_title;
use crate::layout::{OF_ENCODER, number, same, setting_of, setting_text};

/// A parameter of the row (`temperature`), a field of it (`feature`) or of its encoder's description (`encoder.pretrain_epochs`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Key<'a>(pub(super) &'a str);

impl Key<'_> {
    pub(super) fn value(self, record: &ResultRecord) -> Option<Value> {
        setting_of(record, self.0).filter(|value| !value.is_null())
    }

    /// What an axis is called.
    pub(super) fn title(self) -> String {
        parameter_title(self.0.strip_prefix(OF_ENCODER).unwrap_or(self.0))
    }
}

/// The keys that rows have, for messages.
pub(super) fn known_keys(records: &[&ResultRecord]) -> String {
    let mut names: BTreeSet<String> = BTreeSet::new();
    for record in records {
        names.extend(record.params.keys().cloned());
        names.extend(record.encoder_meta.keys().map(|name| format!("{OF_ENCODER}{name}")));
    }
    names.into_iter().collect::<Vec<_>>().join(", ")
}

/// The values along an axis: numbers ascending where all are numbers, else as they first come.
pub(super) struct Along {
    values: Vec<Value>,
}

impl Along {
    pub(super) fn new(values: impl Iterator<Item = Value>) -> Self {
        let mut known: Vec<Value> = Vec::new();
        for value in values {
            if !known.iter().any(|other| same(other, &value)) {
                known.push(value);
            }
        }
        if known.iter().all(|value| number(value).is_some()) {
            known.sort_by(|a, b| number(a).unwrap_or_default().total_cmp(&number(b).unwrap_or_default()));
        }
        Self { values: known }
    }

    pub(super) fn place(&self, value: &Value) -> Option<usize> {
        self.values.iter().position(|other| same(other, value))
    }

    /// The numbers, where all are.
    pub(super) fn numbers(&self) -> Option<Vec<f64>> {
        self.values.iter().map(|value| number(value).filter(|number| number.is_finite())).collect()
    }

    pub(super) fn texts(&self) -> Vec<String> {
        self.values.iter().map(setting_text).collect()
    }
}
