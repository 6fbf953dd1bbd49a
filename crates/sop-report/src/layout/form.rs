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
    measured: Option<Map<String, Value>>,
    pretraining: Option<Map<String, Value>>,
    not_measurable: Option<String>,
    #[serde(default)]
    except: Vec<Exception>,
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
struct Exception {
    rows: Vec<Filter>,
    measured: Option<Map<String, Value>>,
    pretraining: Option<Map<String, Value>>,
    not_measurable: Option<String>,
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

/// Where the values of a cell come from.
#[derive(Clone, Debug)]
pub(super) enum Source {
    /// Result rows.
    Measured(Box<Measured>),
    /// A pre-training of its own: result rows do not say enough to tell its runs apart.
    Pretraining,
    /// Nothing here; the reason.
    NotMeasurable(String),
}

/// Which result rows hold the values of a column.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Measured {
    pub protocol: String,
    pub metric: String,
    /// Labels that the encoder must have beside those of its row.
    #[serde(default)]
    pub encoder: Filter,
    /// Fields of the result row.
    #[serde(default)]
    pub row: Map<String, Value>,
    /// Parameters that pick the value.
    #[serde(default, rename = "where")]
    pub params: Map<String, Value>,
    /// Parameters that the value must not have.
    #[serde(default)]
    pub lacks: Vec<String>,
    /// A parameter with those of its values over which the best counts.
    #[serde(default)]
    pub best_of: BTreeMap<String, Vec<Value>>,
    /// Parameters with the values that the published numbers were measured with.
    #[serde(default)]
    pub setting: Map<String, Value>,
    /// Parameters that may differ between the values of the column: they came out of the run, or were tuned for each encoder.
    #[serde(default)]
    pub varies: Vec<String>,
    #[serde(rename = "config", default)]
    _config: IgnoredAny,
    #[serde(rename = "change", default)]
    _change: IgnoredAny,
    #[serde(rename = "run", default)]
    _run: IgnoredAny,
    #[serde(rename = "tolerance", default)]
    _tolerance: IgnoredAny,
    #[serde(rename = "gate_lacks", default)]
    _gate_lacks: IgnoredAny,
    #[serde(rename = "needs", default)]
    _needs: IgnoredAny,
    #[serde(rename = "remarks", default)]
    _remarks: IgnoredAny,
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

    /// What measures the cell of a row.
    pub(super) fn source(&self, row: &RowLabels) -> Result<Source, String> {
        self.source_where(|place| {
            self.except.get(place).is_some_and(|exception| exception.rows.iter().any(|filter| filter.agrees(row)))
        })
    }

    fn source_where(&self, applies: impl Fn(usize) -> bool) -> Result<Source, String> {
        let mut kind =
            kind_of(self.measured.as_ref(), self.pretraining.as_ref(), self.not_measurable.as_ref(), "the column")?;
        for (_, exception) in self.except.iter().enumerate().filter(|(place, _)| applies(*place)) {
            let own = kind_of(
                exception.measured.as_ref(),
                exception.pretraining.as_ref(),
                exception.not_measurable.as_ref(),
                "an exception",
            )?;
            kind = match (kind, own) {
                (Kind::Measured(below), Kind::Measured(above)) => Kind::Measured(laid_over(below, &above)),
                (_, own) => own,
            };
        }
        Ok(match kind {
            Kind::Measured(table) => {
                let measured: Measured = serde_json::from_value(Value::Object(table)).map_err(|error| {
                    format!("`measured`: {error}; `protocol` and `metric` are needed, the README of the tables has the others")
                })?;
                if measured.best_of.len() > 1 {
                    return Err("`best_of` takes one parameter".to_owned());
                }
                Source::Measured(Box::new(measured))
            }
            Kind::Pretraining => Source::Pretraining,
            Kind::NotMeasurable(why) => Source::NotMeasurable(why),
        })
    }
}

enum Kind {
    Measured(Map<String, Value>),
    Pretraining,
    NotMeasurable(String),
}

fn kind_of(
    measured: Option<&Map<String, Value>>,
    pretraining: Option<&Map<String, Value>>,
    not_measurable: Option<&String>,
    whose: &str,
) -> Result<Kind, String> {
    match (measured, pretraining, not_measurable) {
        (Some(table), None, None) => Ok(Kind::Measured(table.clone())),
        (None, Some(_), None) => Ok(Kind::Pretraining),
        (None, None, Some(why)) => Ok(Kind::NotMeasurable(why.clone())),
        _ => Err(format!("{whose} needs one source: `measured`, `pretraining` or `not_measurable`")),
    }
}

/// One table over another, key by key.
fn laid_over(mut below: Map<String, Value>, above: &Map<String, Value>) -> Map<String, Value> {
    for (key, value) in above {
        let merged = match (below.remove(key), value) {
            (Some(Value::Object(below)), Value::Object(above)) => Value::Object(laid_over(below, above)),
            _ => value.clone(),
        };
        below.insert(key.clone(), merged);
    }
    below
}
