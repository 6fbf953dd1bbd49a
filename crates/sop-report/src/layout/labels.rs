//! Labels of rows, filters over them, and what an encoder says of itself in a table's words.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value};
use sop_core::ResultRecord;

use super::values::{same, text};
use crate::ReportError;
use crate::selection::encoder_label;

/// The label that is the encoder's name.
pub(super) const ENCODER: &str = "encoder";

/// The label with the beginning of the encoder's hash, where two encoders have all other labels in common.
pub(super) const ENCODER_SHA256: &str = "encoder_sha256";

/// The labels of a row, in their order.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct RowLabels(pub(super) Vec<(String, String)>);

impl RowLabels {
    /// The text of a label.
    #[must_use]
    pub fn get(&self, label: &str) -> Option<&str> {
        self.0.iter().find(|(name, _)| name == label).map(|(_, text)| text.as_str())
    }

    /// Names and texts, in their order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, text)| (name.as_str(), text.as_str()))
    }

    pub(super) fn to_json(&self) -> Value {
        Value::Object(self.0.iter().map(|(name, text)| (name.clone(), text.clone().into())).collect())
    }

    /// The texts, for messages.
    pub(super) fn in_words(&self) -> String {
        self.0.iter().map(|(_, text)| text.as_str()).collect::<Vec<_>>().join(" ")
    }
}

/// Labels that a row must have, all of them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Filter(BTreeMap<String, String>);

impl Filter {
    /// Whether the row has all the labels.
    #[must_use]
    pub fn agrees(&self, row: &RowLabels) -> bool {
        self.0.iter().all(|(label, text)| row.get(label) == Some(text))
    }

    /// The labels that it asks for.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }
}

/// The one spelling of every name, and where a label stands in the `encoder_meta` of result rows.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Names {
    /// The key of `encoder_meta` that holds a label, where it is not the label itself.
    #[serde(default)]
    keys: BTreeMap<String, String>,
    /// For a label, every name with what stands for it.
    #[serde(flatten)]
    names: BTreeMap<String, BTreeMap<String, Spelling>>,
}

/// What stands for a name in `encoder_meta`.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
enum Spelling {
    /// Other words for it, in any case.
    Words(Vec<String>),
    /// Values that all agree.
    Facts(Map<String, Value>),
}

impl Names {
    /// Reads names from TOML; `origin` names it in errors.
    ///
    /// # Errors
    /// When the text is no TOML or has another form.
    pub fn parse(toml: &str, origin: &str) -> Result<Self, ReportError> {
        toml::from_str(toml)
            .map_err(|source| ReportError::LayoutText { origin: origin.to_owned(), source: Box::new(source) })
    }

    /// What an encoder says of a label, in the spelling of tables; `None` where it does not say it.
    pub(super) fn label(&self, label: &str, record: &ResultRecord) -> Option<String> {
        if label == ENCODER {
            return Some(encoder_label(record));
        }
        let said = record.encoder_meta.get(self.keys.get(label).map_or(label, String::as_str)).map(text);
        let named = self.names.get(label).and_then(|names| {
            let stands_for = |(name, spelling): &(&String, &Spelling)| match spelling {
                Spelling::Words(words) => said.as_ref().is_some_and(|said| {
                    said.eq_ignore_ascii_case(name) || words.iter().any(|word| word.eq_ignore_ascii_case(said))
                }),
                Spelling::Facts(facts) => {
                    facts.iter().all(|(key, fact)| record.encoder_meta.get(key).is_some_and(|value| same(value, fact)))
                }
            };
            names.iter().find(stands_for).map(|(name, _)| name.clone())
        });
        named.or(said).filter(|text| !text.trim().is_empty())
    }
}
