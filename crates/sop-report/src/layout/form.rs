//! The form of a layout: what its TOML file may say.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::{Map, Value};

use super::labels::{Filter, RowLabels};
use crate::ReportError;

/// What a table shows: which rows, which columns, and what measures each column.
///
/// `reports/paper/README.md` describes the form.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Layout {
    /// The name of the table.
    pub name: String,
    /// The caption; empty for none.
    #[serde(default)]
    pub title: String,
    /// The label in LaTeX; `tab:NAME` where there is none.
    pub label: Option<String>,
    /// `table` of the published cells that it shows, where it shows some.
    pub published: Option<String>,
    /// A file of published cells instead of the paper's; a relative path begins at the layout's folder.
    pub published_file: Option<String>,
    /// The labels that are shown, in their order.
    pub rows: Vec<String>,
    /// Rows that are shown; all where there is no filter.
    #[serde(default)]
    pub only: Vec<Filter>,
    /// Headings of the labels; a label without one is its own.
    #[serde(default)]
    pub headings: BTreeMap<String, String>,
    /// Within what best and second best are found.
    #[serde(default)]
    pub best: Scope,
    /// Whether published and measured values are ranked together.
    #[serde(default)]
    pub rank_together: bool,
    /// Rows that are shown and not ranked.
    #[serde(default)]
    pub unranked: Vec<Filter>,
    /// Rows between two rules.
    #[serde(default)]
    pub groups: Vec<Group>,
    /// The columns behind the labels.
    pub columns: Vec<Column>,
    /// What JSON calls the table, where that is not its name: `embedded_layout` gives the tables of the paper their numbers.
    #[serde(skip)]
    pub id: Option<String>,
    #[serde(rename = "pretraining", default)]
    _for_configs: IgnoredAny,
}

/// Within what values are ranked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Scope {
    /// The values of a column.
    #[default]
    Column,
    /// The values of a column within a group of rows.
    Group,
    /// The values of a row.
    Row,
    /// All values.
    Table,
}

/// Rows between two rules.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Group {
    /// What stands above them, where something does.
    pub title: Option<String>,
    /// Its rows.
    pub rows: Vec<Filter>,
}

/// A column.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Column {
    /// The fixed word, unique within the table.
    pub name: String,
    /// The heading; the name where there is none.
    pub heading: Option<String>,
    /// Headings that span columns, from the outside in.
    #[serde(default)]
    pub group: Vec<String>,
    /// The unit.
    #[serde(default = "per_cent")]
    pub unit: String,
    /// Which values are better.
    #[serde(default)]
    pub better: Better,
    /// Digits behind the point.
    #[serde(default = "one_decimal")]
    pub decimals: usize,
    pub(super) measured: Option<Map<String, Value>>,
    pub(super) pretraining: Option<Map<String, Value>>,
    pub(super) not_measurable: Option<String>,
    #[serde(default)]
    pub(super) except: Vec<Exception>,
    #[serde(rename = "data", default)]
    _for_configs: IgnoredAny,
}

fn per_cent() -> String {
    "%".to_owned()
}

const fn one_decimal() -> usize {
    1
}

/// Rows of a column whose values have another source.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Exception {
    pub rows: Vec<Filter>,
    pub measured: Option<Map<String, Value>>,
    pub pretraining: Option<Map<String, Value>>,
    pub not_measurable: Option<String>,
}

/// Which values are better.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Better {
    /// The larger ones.
    #[default]
    Higher,
    /// The smaller ones.
    Lower,
}

/// Most digits behind the point; an f64 holds no more.
const MAX_DECIMALS: usize = 17;

impl Layout {
    /// Reads a layout; `origin` names it in errors.
    ///
    /// # Errors
    /// When the text is no TOML, has unknown keys, or lacks something: a column without a source, a table without rows or columns.
    pub fn parse(text: &str, origin: &str) -> Result<Self, ReportError> {
        let layout: Self = toml::from_str(text)
            .map_err(|source| ReportError::LayoutText { origin: origin.to_owned(), source: Box::new(source) })?;
        layout.check().map_err(|what| ReportError::Layout { origin: origin.to_owned(), what })?;
        Ok(layout)
    }

    fn check(&self) -> Result<(), String> {
        if self.name.trim().is_empty() {
            return Err("`name` is empty; give the table a name".to_owned());
        }
        if self.rows.is_empty() {
            return Err("`rows` is empty; name the labels to show, such as [\"method\"] or [\"encoder\"]".to_owned());
        }
        if self.columns.is_empty() {
            return Err("it has no [[columns]]".to_owned());
        }
        if self.published_file.is_some() && self.published.is_none() {
            return Err("`published_file` needs `published`: which `table` of the file".to_owned());
        }
        for (place, column) in self.columns.iter().enumerate() {
            if self.columns.iter().take(place).any(|other| other.name == column.name) {
                return Err(format!("two columns have the name `{}`", column.name));
            }
            column.check().map_err(|what| format!("column `{}`: {what}", column.name))?;
        }
        Ok(())
    }

    /// Whether a row is one of those that the table shows.
    pub(super) fn is_shown(&self, row: &RowLabels) -> bool {
        self.only.is_empty() || self.only.iter().any(|filter| filter.agrees(row))
    }

    /// Labels that filters ask for.
    pub(super) fn filtered_labels(&self) -> impl Iterator<Item = &str> {
        let of_columns = self.columns.iter().flat_map(|column| &column.except).flat_map(|exception| &exception.rows);
        let of_encoders = self.columns.iter().flat_map(|column| {
            let exceptions = column.except.iter().filter_map(|exception| exception.measured.as_ref());
            let tables = column.measured.iter().chain(exceptions);
            tables.filter_map(|measured| measured.get("encoder")?.as_object()).flat_map(|labels| labels.keys())
        });
        let groups = self.groups.iter().flat_map(|group| &group.rows);
        let filters = self.only.iter().chain(&self.unranked).chain(groups).chain(of_columns);
        filters.flat_map(Filter::names).chain(of_encoders.map(String::as_str))
    }

    /// The heading of a label.
    pub(super) fn heading<'a>(&'a self, label: &'a str) -> &'a str {
        self.headings.get(label).map_or(label, String::as_str)
    }
}

impl Column {
    /// The heading.
    #[must_use]
    pub fn heading(&self) -> &str {
        self.heading.as_deref().unwrap_or(&self.name)
    }

    /// Whether values are shares of one, shown times 100.
    pub(super) fn is_share(&self) -> bool {
        ["%", "mAP", "AP", "mIoU", "mAcc"].contains(&self.unit.as_str())
    }

    fn check(&self) -> Result<(), String> {
        if self.decimals > MAX_DECIMALS {
            return Err(format!("`decimals` is {}, at most {MAX_DECIMALS} make sense", self.decimals));
        }
        // Every source that a row may have: what the exceptions say is laid over the column's.
        self.source_where(|_| false)?;
        for place in 0..self.except.len() {
            self.source_where(|exception| exception == place)?;
        }
        Ok(())
    }
}
