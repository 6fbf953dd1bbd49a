//! Which result row holds the value of a cell, and whether several may stand in one column.

use std::collections::BTreeMap;

use serde_json::{Map, Value};
use sop_core::{ProtocolInfo, ResultRecord};

use super::form::Better;
use super::setting_filter::SettingFilter;
use super::settings::{DATA_FIELDS, Deviation, EXPECTED_FIELDS, Group, Side, expected};
use super::source::Measured;
use super::values::{canonical, field, is_field, same};
use crate::ReportError;

/// The value of a cell.
#[derive(Clone, Debug)]
pub(super) struct Chosen<'a> {
    /// Its place among the rows that were given.
    pub place: usize,
    pub record: &'a ResultRecord,
    /// Settings that the layout has otherwise.
    pub deviations: Vec<Deviation>,
    /// Everything else that must agree for values to share a column.
    pub others: BTreeMap<String, Value>,
    /// Rows that a later run of the same measurement stands for.
    pub older: usize,
    /// Rows that would fit with other settings than the layout's.
    pub other_settings: usize,
    /// Fields that may differ between the values of the column.
    pub varies: Vec<String>,
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
            [first, second, ..] => {
                let sides = first.side().zip(second.side());
                return Err(sides.map_or_else(
                    || self.refused("several settings would fit one cell"),
                    |(one, other)| self.mixed(&one, &other, "fit one cell"),
                ));
            }
        };
        let all: usize = groups.iter().map(|(_, group)| group.rows.len()).sum();
        self.best_of_group(group, measured, all - group.rows.len()).map(Some)
    }

    fn is_wanted(&self, record: &ResultRecord) -> bool {
        SettingFilter::admit(self.filters.iter().filter(|filter| filter.is_about(self.column)), record)
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
        if self.is_share && unit.is_some_and(|metric| !metric.unit.is_in_per_cent()) {
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
        let (what, example) = one.told(other, do_what);
        ReportError::MixedSettings {
            table: self.table.to_owned(),
            column: self.column.to_owned(),
            what,
            example: format!("{}:{}", self.column, example),
        }
    }

    fn refused(&self, what: impl Into<String>) -> ReportError {
        ReportError::Layout {
            origin: self.table.to_owned(),
            what: format!("column `{}`: {}", self.column, what.into()),
        }
    }
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
    measured.row.keys().map(String::as_str).find(|name| !is_field(name))
}
