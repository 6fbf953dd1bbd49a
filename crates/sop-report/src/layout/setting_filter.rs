//! Settings that a table is asked for.

use serde_json::Value;
use sop_core::{ResultRecord, param_value};

use super::values::{same, setting_of, text, without_decoder};
use crate::ReportError;

/// A setting that the values of a table must have: `KEY=VALUE`, or `COLUMN:KEY=VALUE` for one column.
///
/// A key is a parameter, a field of result rows such as `feature` and `transform`, or one of the encoder's description (`encoder.seed`). Of several values of one key any will do. Rows
/// without the parameter are not concerned.
#[derive(Clone, Debug, PartialEq)]
pub struct SettingFilter {
    column: Option<String>,
    pub(crate) key: String,
    value: Value,
}

impl std::str::FromStr for SettingFilter {
    type Err = ReportError;

    fn from_str(text: &str) -> Result<Self, ReportError> {
        let wrong = || ReportError::SettingText { found: text.to_owned() };
        let (left, value) = text.split_once('=').ok_or_else(wrong)?;
        let (column, key) = match left.split_once(':') {
            None => (None, left),
            Some((column, key)) => (Some(column.trim().to_owned()), key),
        };
        let (key, value) = (key.trim(), value.trim());
        if key.is_empty() || value.is_empty() || column.as_ref().is_some_and(String::is_empty) {
            return Err(wrong());
        }
        Ok(Self { column, key: key.to_owned(), value: param_value(value) })
    }
}

impl std::fmt::Display for SettingFilter {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let column = self.column.as_ref().map(|column| format!("{column}:")).unwrap_or_default();
        write!(formatter, "{column}{}={}", self.key, text(&self.value))
    }
}

impl SettingFilter {
    /// Whether a row has the settings that filters name: of several values of one key any will do, and a key that the row has not is not
    /// concerned.
    pub(crate) fn admit<'a>(
        filters: impl IntoIterator<Item = &'a Self, IntoIter: Clone>,
        record: &ResultRecord,
    ) -> bool {
        let mut filters = filters.into_iter();
        let all = filters.clone();
        filters.all(|filter| {
            setting_of(record, &filter.key).is_none()
                || all.clone().any(|other| other.key == filter.key && other.agrees(record))
        })
    }

    /// The column that it is about, where it is about one.
    #[must_use]
    pub fn column(&self) -> Option<&str> {
        self.column.as_deref()
    }

    /// Whether it is about a column.
    pub(super) fn is_about(&self, column: &str) -> bool {
        self.column.as_deref().is_none_or(|own| own == column)
    }

    /// Whether the row has this very value.
    pub(crate) fn agrees(&self, record: &ResultRecord) -> bool {
        setting_of(record, &self.key).is_some_and(|value| same(&value, &self.wanted()))
    }

    fn wanted(&self) -> Value {
        match (&self.value, self.key.as_str()) {
            (Value::String(text), "transform") => without_decoder(text).into(),
            (value, _) => value.clone(),
        }
    }
}
