//! Which result row holds the value of a cell, and whether several may stand in one column.

use std::collections::BTreeMap;

use serde_json::{Map, Value};
use sop_core::{ProtocolInfo, ResultRecord};

use super::form::{Better, Measured};
use super::values::{FIELDS, canonical, field, same, setting_of, text};
use crate::ReportError;

/// A setting that the values of a table must have: `KEY=VALUE`, or `COLUMN:KEY=VALUE` for one column.
///
/// A key is a parameter, or a field of result rows such as `feature` and `transform`. Of several values of one key any will do. Rows
/// without the parameter are not concerned.
#[derive(Clone, Debug, PartialEq)]
pub struct SettingFilter {
    column: Option<String>,
    key: String,
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
        let value = serde_json::from_str(value).unwrap_or_else(|_| value.into());
        Ok(Self { column, key: key.to_owned(), value })
    }
}

impl std::fmt::Display for SettingFilter {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let column = self.column.as_ref().map(|column| format!("{column}:")).unwrap_or_default();
        write!(formatter, "{column}{}={}", self.key, text(&self.value))
    }
}

impl SettingFilter {
    /// The column that it is about, where it is about one.
    pub(super) fn column(&self) -> Option<&str> {
        self.column.as_deref()
    }

    fn is_about(&self, column: &str) -> bool {
        self.column.as_deref().is_none_or(|own| own == column)
    }

    /// Whether the row has this very value.
    pub(super) fn agrees(&self, record: &ResultRecord) -> bool {
        setting_of(record, &self.key).is_some_and(|value| same(&value, &self.wanted()))
    }

    fn wanted(&self) -> Value {
        match (&self.value, self.key.as_str()) {
            (Value::String(text), "transform") => super::values::without_decoder(text).into(),
            (value, _) => value.clone(),
        }
    }
}

/// A setting of a measured value that is not the one of the layout.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Deviation {
    pub name: String,
    pub measured: Option<Value>,
    pub expected: Value,
    /// Whether it is the values of a parameter over which the best counts.
    pub is_swept: bool,
}

/// The value of a cell.
#[derive(Clone, Debug)]
pub(super) struct Chosen<'a> {
    /// Its place among the rows that were given.
    pub place: usize,
    pub record: &'a ResultRecord,
    /// Settings that the layout has otherwise.
    pub deviations: Vec<Deviation>,
    /// Everything else that must agree for values to share a column.
    others: BTreeMap<String, Value>,
    /// Rows that a later run of the same measurement stands for.
    pub older: usize,
    /// Rows that would fit with other settings than the layout's.
    pub other_settings: usize,
    /// Fields that may differ between the values of the column.
    varies: Vec<String>,
}

/// How the values of one column are found.
pub(super) struct Selector<'a> {
    pub table: &'a str,
    pub column: &'a str,
    pub better: Better,
    pub is_share: bool,
    pub protocols: &'a [&'a ProtocolInfo],
    pub filters: &'a [SettingFilter],
}

type Row<'a> = (usize, &'a ResultRecord);

/// Fields that hold for a whole setting and are no parameters.
const EXPECTED_FIELDS: [&str; 2] = ["feature", "transform"];
/// Fields in which the values of a column may not differ.
const DATA_FIELDS: [&str; 3] = ["dataset_sha256", "reference_sha256", "protocol_version"];

impl Selector<'_> {
    /// The value of a cell among the rows of one encoder.
    pub(super) fn choose<'r>(&self, rows: &[Row<'r>], measured: &Measured) -> Result<Option<Chosen<'r>>, ReportError> {
        let fitting = rows.iter().copied().filter(|(_, record)| fits(record, measured) && self.is_wanted(record));
        let mut groups: Vec<(String, Group<'r>)> = Vec::new();
        for row in fitting {
            let (expected, others) = (expected(row.1, measured), self.others(row.1, measured));
            let key = format!("{}|{}", canonical_map(&expected), canonical_map(&others));
            match groups.iter_mut().find(|(known, _)| *known == key) {
                Some((_, group)) => group.rows.push(row),
                None => groups.push((key, Group { expected, others, rows: vec![row] })),
            }
        }
        let of_layout: Vec<&Group<'r>> =
            groups.iter().map(|(_, group)| group).filter(|group| group.deviations(measured).is_empty()).collect();
        let candidates: Vec<&Group<'r>> =
            if of_layout.is_empty() { groups.iter().map(|(_, group)| group).collect() } else { of_layout };
        let group = match candidates.as_slice() {
            [] => return Ok(None),
            [group] => *group,
            [first, second, ..] => return Err(self.mixed(&first.side(), &second.side(), "fit one cell")),
        };
        let all: usize = groups.iter().map(|(_, group)| group.rows.len()).sum();
        self.best_of_group(group, measured, all - group.rows.len()).map(Some)
    }

    fn is_wanted(&self, record: &ResultRecord) -> bool {
        let about = || self.filters.iter().filter(|filter| filter.is_about(self.column));
        about().all(|filter| {
            setting_of(record, &filter.key).is_none()
                || about().any(|other| other.key == filter.key && other.agrees(record))
        })
    }

    /// What a value depends on besides what the layout says.
    fn others(&self, record: &ResultRecord, measured: &Measured) -> BTreeMap<String, Value> {
        let info = ProtocolInfo::find(self.protocols, &record.protocol);
        let is_said = |name: &str| {
            measured.params.contains_key(name)
                || measured.setting.contains_key(name)
                || measured.best_of.contains_key(name)
                || measured.varies.iter().any(|varies| varies == name)
                || info.is_some_and(|info| {
                    info.outcome_params.contains(&name) || info.parts.is_some_and(|parts| parts.counts.contains(&name))
                })
        };
        let params = record.params.iter().filter(|(name, _)| !is_said(name));
        let mut others: BTreeMap<String, Value> =
            params.map(|(name, value)| (format!("parameter {name}"), value.clone())).collect();
        let fields =
            DATA_FIELDS.into_iter().chain(EXPECTED_FIELDS.into_iter().filter(|name| !measured.row.contains_key(*name)));
        others.extend(fields.filter_map(|name| Some((name.to_owned(), field(record, name)?))));
        others
    }

    fn best_of_group<'r>(
        &self,
        group: &Group<'r>,
        measured: &Measured,
        other_settings: usize,
    ) -> Result<Chosen<'r>, ReportError> {
        // The latest run of each value of the parameter; of two made at the same time the first given.
        let mut latest: Vec<(String, Row<'r>)> = Vec::new();
        let swept = measured.best_of.iter().next();
        for &row in &group.rows {
            let key = swept.and_then(|(name, _)| row.1.params.get(name)).map(canonical).unwrap_or_default();
            match latest.iter_mut().find(|(known, _)| *known == key) {
                // Of one run, no row stands for another: the layout does not say which is meant.
                Some((_, known)) if row.1.run_id == known.1.run_id => {
                    return Err(self.mixed(&Side::of_row(known.1), &Side::of_row(row.1), "fit one cell"));
                }
                Some((_, known)) if row.1.created_at > known.1.created_at => *known = row,
                Some(_) => {}
                None => latest.push((key, row)),
            }
        }
        let older = group.rows.len() - latest.len();
        let mut deviations = group.deviations(measured);
        if let Some((name, values)) = swept {
            let found: Vec<Value> = values
                .iter()
                .filter(|value| {
                    latest.iter().any(|(_, row)| row.1.params.get(name).is_some_and(|own| same(own, value)))
                })
                .cloned()
                .collect();
            if found.len() < values.len() {
                let (name, measured) = (name.clone(), Some(found.into()));
                deviations.push(Deviation { name, measured, expected: values.clone().into(), is_swept: true });
            }
        }
        let higher = self.better == Better::Higher;
        let best = latest.into_iter().map(|(_, row)| row).reduce(|best, next| match (best.1.value, next.1.value) {
            (Some(value), Some(than)) if (than > value) == higher && than != value => next,
            (None, Some(_)) => next,
            _ => best,
        });
        let Some((place, record)) = best else {
            return Err(self.refused("a value got lost; this is a defect of the program"));
        };
        if record.higher_is_better != higher {
            let (said, is) = if higher { ("higher", "less") } else { ("lower", "more") };
            return Err(self.refused(format!(
                "the layout has better = \"{said}\", but {is} is better of the metric `{}` (run {})",
                record.metric, record.run_id
            )));
        }
        let unit = ProtocolInfo::find(self.protocols, &record.protocol).and_then(|info| info.metric(&record.metric));
        if self.is_share && unit.is_some_and(|metric| metric.unit != sop_core::Unit::Fraction) {
            return Err(self.refused(format!(
                "the metric `{}` is no share of one; give the column a `unit` of its own",
                record.metric
            )));
        }
        let varies = measured.varies.clone();
        Ok(Chosen { place, record, deviations, others: group.others.clone(), older, other_settings, varies })
    }

    /// Refuses values of a column that were measured under different settings, unless these were named or may vary.
    ///
    /// Returns settings that differ and were named, to be said beside each value.
    pub(super) fn check_column(&self, chosen: &[&Chosen<'_>]) -> Result<Vec<String>, ReportError> {
        let Some((first, rest)) = chosen.split_first() else { return Ok(Vec::new()) };
        let mut named = Vec::new();
        for other in rest {
            let sides = (Side::of(first), Side::of(other));
            for name in sides.0.differing(&sides.1) {
                let key = name.strip_prefix("parameter ").unwrap_or(&name);
                let is_named = self.filters.iter().any(|filter| filter.is_about(self.column) && filter.key == key);
                if !is_named {
                    return Err(self.mixed(&sides.0, &sides.1, "stand in one column"));
                }
                if !named.contains(&name) {
                    named.push(name);
                }
            }
        }
        Ok(named)
    }

    fn mixed(&self, one: &Side, other: &Side, do_what: &str) -> ReportError {
        let text_of = |side: &Side, name: &str| match side.values.get(name) {
            Some(Value::Null) | None if name.starts_with("parameter ") => "not there".to_owned(),
            Some(Value::Null) => "not recorded".to_owned(),
            None => side.absent.to_owned(),
            Some(value) => text(value),
        };
        let names = one.differing(other);
        let told: Vec<String> = names
            .iter()
            .map(|name| {
                let shown = name.strip_prefix("parameter ").unwrap_or(name);
                format!("{shown} is {} and {}", text_of(one, name), text_of(other, name))
            })
            .collect();
        let key = names.first().map_or("KEY", |name| name.strip_prefix("parameter ").unwrap_or(name));
        let value = names.first().map_or_else(String::new, |name| text_of(one, name));
        ReportError::MixedSettings {
            table: self.table.to_owned(),
            column: self.column.to_owned(),
            what: format!(
                "values of {} (run {}) and {} (run {}) would {do_what}, but were measured under different settings: {}",
                one.encoder,
                one.run,
                other.encoder,
                other.run,
                told.join("; ")
            ),
            example: format!("{}:{key}={value}", self.column),
        }
    }

    fn refused(&self, what: impl Into<String>) -> ReportError {
        ReportError::Layout {
            origin: self.table.to_owned(),
            what: format!("column `{}`: {}", self.column, what.into()),
        }
    }
}

impl Chosen<'_> {
    /// The value of a setting that only some values of the column have.
    pub(super) fn other(&self, name: &str) -> Option<&Value> {
        self.others.get(name)
    }
}

/// Rows of one setting.
struct Group<'r> {
    expected: BTreeMap<String, Value>,
    others: BTreeMap<String, Value>,
    rows: Vec<Row<'r>>,
}

impl Group<'_> {
    /// Settings that the layout has otherwise.
    fn deviations(&self, measured: &Measured) -> Vec<Deviation> {
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

    fn side(&self) -> Side {
        let (encoder, run) = self.rows.first().map_or_else(Default::default, |(_, record)| {
            (crate::selection::encoder_label(record), record.run_id.clone())
        });
        let values = self.expected.iter().chain(&self.others).map(|(name, value)| (name.clone(), value.clone()));
        Side { encoder, run, values: values.collect(), absent: "not recorded" }
    }
}

/// One of two values that are held against each other: settings by name.
struct Side {
    encoder: String,
    run: String,
    values: BTreeMap<String, Value>,
    /// What it means that a setting is not among the values.
    absent: &'static str,
}

impl Side {
    /// All parameters and fields of a row.
    fn of_row(record: &ResultRecord) -> Self {
        let params = record.params.iter().map(|(name, value)| (format!("parameter {name}"), value.clone()));
        let fields = EXPECTED_FIELDS
            .into_iter()
            .chain(DATA_FIELDS)
            .filter_map(|name| Some((name.to_owned(), field(record, name)?)));
        let encoder = crate::selection::encoder_label(record);
        Self { encoder, run: record.run_id.clone(), values: params.chain(fields).collect(), absent: "not recorded" }
    }

    /// Of the settings that the layout names, only what differs from it counts: rows may have settings of their own there. A best of
    /// fewer values is said beside the value, and is no other setting.
    fn of(chosen: &Chosen<'_>) -> Self {
        let mut values = chosen.others.clone();
        values.retain(|name, _| !chosen.varies.contains(name));
        for deviation in chosen.deviations.iter().filter(|deviation| !deviation.is_swept) {
            let own = deviation.measured.clone().unwrap_or(Value::Null);
            values.insert(deviation.name.clone(), own);
        }
        let encoder = crate::selection::encoder_label(chosen.record);
        Self { encoder, run: chosen.record.run_id.clone(), values, absent: "as the layout has it" }
    }

    /// Names of settings in which two sides differ; a hash that one side did not record is no difference.
    fn differing(&self, other: &Self) -> Vec<String> {
        let names: std::collections::BTreeSet<&String> = self.values.keys().chain(other.values.keys()).collect();
        let differ = |name: &&&String| match (self.values.get(**name), other.values.get(**name)) {
            (Some(a), Some(b)) => !same(a, b),
            _ => !DATA_FIELDS.contains(&name.as_str()),
        };
        names.iter().filter(differ).map(|name| (*name).clone()).collect()
    }
}

/// The settings that the layout names, with its values.
fn expected_names(measured: &Measured) -> impl Iterator<Item = (&str, Value)> {
    let fields = EXPECTED_FIELDS.into_iter().filter_map(|name| {
        let value = measured.row.get(name)?;
        let value = match value.as_str() {
            Some(text) if name == "transform" => super::values::without_decoder(text).into(),
            _ => value.clone(),
        };
        Some((name, value))
    });
    fields.chain(measured.setting.iter().map(|(name, value)| (name.as_str(), value.clone())))
}

fn expected(record: &ResultRecord, measured: &Measured) -> BTreeMap<String, Value> {
    let value = |name: &str| {
        if EXPECTED_FIELDS.contains(&name) { field(record, name) } else { record.params.get(name).cloned() }
    };
    expected_names(measured).filter_map(|(name, _)| Some((name.to_owned(), value(name)?))).collect()
}

/// Whether the row measures what the column shows, whatever its settings.
fn fits(record: &ResultRecord, measured: &Measured) -> bool {
    let field_agrees = |(name, value): (&String, &Value)| {
        EXPECTED_FIELDS.contains(&name.as_str()) || field(record, name).is_some_and(|own| same(&own, value))
    };
    let has = |name: &str, value: &Value| record.params.get(name).is_some_and(|own| same(own, value));
    record.protocol == measured.protocol
        && record.metric == measured.metric
        && measured.row.iter().all(field_agrees)
        && measured.params.iter().all(|(name, value)| has(name, value))
        && !measured.lacks.iter().any(|name| record.params.contains_key(name))
        && measured.best_of.iter().all(|(name, values)| values.iter().any(|value| has(name, value)))
}

fn canonical_map(map: &BTreeMap<String, Value>) -> String {
    let map: Map<String, Value> = map.iter().map(|(name, value)| (name.clone(), value.clone())).collect();
    canonical(&Value::Object(map))
}

/// Names that a layout may not use as a field of result rows.
pub(super) fn unknown_field(measured: &Measured) -> Option<&str> {
    measured.row.keys().map(String::as_str).find(|name| !FIELDS.contains(name))
}
