//! What measures a cell: a column's source, with its exceptions laid over it.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::{Map, Value};

use super::form::Column;
use super::labels::{Filter, RowLabels};

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

impl Column {
    /// What measures the cell of a row.
    pub(super) fn source(&self, row: &RowLabels) -> Result<Source, String> {
        self.source_where(|place| {
            self.except.get(place).is_some_and(|exception| exception.rows.iter().any(|filter| filter.agrees(row)))
        })
    }

    /// The source where some of the exceptions apply.
    pub(super) fn source_where(&self, applies: impl Fn(usize) -> bool) -> Result<Source, String> {
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
