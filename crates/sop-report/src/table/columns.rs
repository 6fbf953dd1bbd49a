//! Which measures a summary has as columns.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use sop_core::{Condition, ProtocolInfo, ResultRecord, Sweep};

use super::summary::Form;
use crate::selection::Setting;

/// The sweep whose values stand side by side.
fn sweep(info: Option<&ProtocolInfo>) -> Option<Sweep> {
    info?.sweep.filter(|sweep| sweep.side_by_side)
}

/// Parameters that are columns, not rows: those of a sweep, the part of a benchmark, the points of a curve, and the class of per-class
/// values.
fn column_parameters(info: Option<&ProtocolInfo>) -> impl Iterator<Item = &'static str> {
    let part = info.and_then(|info| info.parts).map(|parts| parts.param);
    let point = info.and_then(|info| info.curve).map(|curve| curve.param);
    let class = info.and_then(|info| info.class_param);
    sweep(info).map(|sweep| sweep.param).into_iter().chain(part).chain(point).chain(class)
}

/// Whether a parameter does not tell rows apart: it is a column, or counts something of a part.
pub(super) fn varies(info: Option<&ProtocolInfo>, name: &str) -> bool {
    let counts = info.and_then(|info| info.parts).map_or(&[][..], |parts| parts.counts);
    column_parameters(info).any(|column| column == name) || counts.contains(&name)
}

/// A parameter's value, ordered as a number where it is one, and as papers list parts where it is one of them.
#[derive(Clone, Debug)]
pub(super) struct ParamValue {
    number: Option<f64>,
    /// Its place among the parts of a benchmark, where it names one; those that are not listed come last.
    part: Option<usize>,
    text: String,
}

impl Ord for ParamValue {
    fn cmp(&self, other: &Self) -> Ordering {
        let numbers = match (self.number, other.number) {
            (Some(a), Some(b)) => a.total_cmp(&b),
            (a, b) => b.is_some().cmp(&a.is_some()),
        };
        numbers.then_with(|| self.part.cmp(&other.part)).then_with(|| self.text.cmp(&other.text))
    }
}

impl PartialOrd for ParamValue {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for ParamValue {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for ParamValue {}

/// The column parameters that a value has, in their order.
pub(super) type Place = Vec<(&'static str, ParamValue)>;

fn place(record: &ResultRecord, info: Option<&ProtocolInfo>) -> Place {
    let parts = info.and_then(|info| info.parts);
    let values = column_parameters(info).filter_map(|name| record.params.get(name).map(|value| (name, value)));
    values
        .map(|(name, value)| {
            let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            let order = parts.filter(|parts| parts.param == name).map(|parts| parts.order);
            let part = order.map(|order| order.iter().position(|part| *part == text).unwrap_or(order.len()));
            (name, ParamValue { number: value.as_f64(), part, text })
        })
        .collect()
}

/// A column of a summary besides its labels.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum SummaryColumn {
    /// The value of the sweep, such as a `k`, that is best for the row.
    Best { protocol: String, sweep: Sweep },
    /// A metric at fixed parameters, or at the row's best value of a sweep.
    Metric { protocol: String, metric: String, sweep: Option<Sweep>, at_best: Option<Sweep>, place: Place },
}

impl SummaryColumn {
    /// Heading for people and for programs; `named` adds the protocol. On a page a note says what stands at the best of a sweep, and
    /// the heading is without the parameter `said` elsewhere.
    pub(super) fn headings(&self, named: bool, form: Form, said: Option<&str>) -> (String, String) {
        let (protocol, title, key) = match self {
            Self::Best { protocol, sweep } => {
                (protocol, format!("best {}", sweep.param), format!("best_{}", sweep.param))
            }
            Self::Metric { protocol, metric, at_best, place, .. } => {
                let mut title = metric.clone();
                let mut key = metric.clone();
                if let Some(sweep) = at_best {
                    if form == Form::Whole {
                        title += &format!(" at best {}", sweep.param);
                    }
                    key += &format!("_best_{}", sweep.param);
                }
                for (name, value) in place {
                    if value.part.is_some() {
                        title += &format!(" {}", value.text);
                        key += &format!("_{}", value.text);
                    } else {
                        if said != Some(*name) {
                            title += &format!(" {name}={}", value.text);
                        }
                        key += &format!("_{name}{}", value.text);
                    }
                }
                (protocol, title, key)
            }
        };
        if named { (format!("{protocol} {title}"), format!("{protocol}_{key}")) } else { (title, key) }
    }

    /// Whether it is a value that its protocol is known by.
    pub(super) fn is_known_by(&self, info: Option<&ProtocolInfo>) -> bool {
        let (Self::Metric { metric, place, .. }, Some(info)) = (self, info) else {
            return false;
        };
        let part = info.parts.map(|parts| parts.param);
        info.headlines.iter().any(|headline| {
            let is_part = |condition: &Condition| match *condition {
                Condition::Is(name, text) if Some(name) == part => {
                    place.iter().any(|(param, value)| *param == name && value.text == text)
                }
                _ => true,
            };
            headline.metric == metric && headline.conditions.iter().all(is_part)
        })
    }
}

/// The value of a sweep that all measures have: the parameter and its value.
pub(super) fn shared_sweep(columns: &[SummaryColumn]) -> Option<(&'static str, String)> {
    let mut shared: Option<(&'static str, &ParamValue)> = None;
    for column in columns {
        let SummaryColumn::Metric { place, at_best: None, sweep: Some(sweep), .. } = column else {
            return None;
        };
        let (_, value) = place.iter().find(|(name, _)| *name == sweep.param)?;
        match shared {
            Some((_, known)) if known != value => return None,
            _ => shared = Some((sweep.param, value)),
        }
    }
    shared.map(|(param, value)| (param, value.text.clone()))
}

/// The place of a metric on a page: the headlines' first, then as the protocol describes them, then others.
fn rank(info: Option<&ProtocolInfo>, metric: &str) -> (usize, usize) {
    let headline = info.and_then(|info| info.headlines.iter().position(|headline| headline.metric == metric));
    let described = info.and_then(|info| info.metrics.iter().position(|known| known.name == metric));
    (headline.unwrap_or(usize::MAX), described.unwrap_or(usize::MAX))
}

/// The columns for all settings: protocols and metrics in the order they first come, parameters ascending. On a page the metrics of
/// headlines come first, and all stand at the best of a sweep.
pub(super) fn summary_columns(settings: &[Setting<'_>], form: Form) -> Vec<SummaryColumn> {
    let mut protocols: Vec<(&str, Option<&ProtocolInfo>)> = Vec::new();
    let mut metrics: Vec<(&str, &str)> = Vec::new();
    let mut places: BTreeMap<(&str, &str), BTreeSet<Place>> = BTreeMap::new();
    let records = settings.iter().flat_map(|setting| setting.records.iter().map(|record| (*record, setting.info)));
    for (record, info) in records {
        let key = (record.protocol.as_str(), record.metric.as_str());
        if !protocols.contains(&(key.0, info)) {
            protocols.push((key.0, info));
        }
        if !metrics.contains(&key) {
            metrics.push(key);
        }
        places.entry(key).or_default().insert(place(record, info));
    }
    let mut columns = Vec::new();
    for (protocol, info) in protocols {
        let sweep = sweep(info);
        let chooser = sweep
            .map(|sweep| (protocol, sweep.chosen_by))
            .filter(|chooser| places.get(chooser).is_some_and(|places| places.len() > 1));
        let of_protocol = || metrics.iter().copied().filter(|key| key.0 == protocol);
        let mut ordered: Vec<(&str, &str)> = of_protocol().collect();
        if form == Form::Page {
            ordered.sort_by_key(|key| rank(info, key.1));
        }
        ordered.sort_by_key(|key| Some(*key) != chooser);
        for key in ordered {
            let at_best = sweep.filter(|_| chooser.is_some() && (form == Form::Page || Some(key) != chooser));
            let mut places: BTreeSet<Place> = places.get(&key).cloned().unwrap_or_default();
            if let Some(sweep) = at_best {
                places = places.into_iter().map(|place| without(place, sweep)).collect();
            }
            columns.extend(places.into_iter().map(|place| SummaryColumn::Metric {
                protocol: protocol.to_owned(),
                metric: key.1.to_owned(),
                sweep,
                at_best,
                place,
            }));
            if let Some(sweep) =
                sweep.filter(|_| Some(key) == chooser && (form == Form::Page || of_protocol().count() > 1))
            {
                columns.push(SummaryColumn::Best { protocol: protocol.to_owned(), sweep });
            }
        }
    }
    columns
}

fn without(mut place: Place, sweep: Sweep) -> Place {
    place.retain(|(name, _)| *name != sweep.param);
    place
}

/// The values of one setting by column.
pub(super) struct RowValues<'a> {
    protocol: &'a str,
    values: BTreeMap<(&'a str, Place), &'a ResultRecord>,
    /// The best value of the sweep.
    best: Option<ParamValue>,
}

impl<'a> RowValues<'a> {
    pub(super) fn of(setting: &Setting<'a>) -> Self {
        let values: BTreeMap<_, _> = setting
            .records
            .iter()
            .map(|&record| ((record.metric.as_str(), place(record, setting.info)), record))
            .collect();
        let best = sweep(setting.info).and_then(|sweep| best_of(&values, sweep));
        Self { protocol: setting.latest.protocol.as_str(), values, best }
    }

    /// The row's best value of the sweep as text, where it is one of the protocol.
    pub(super) fn best(&self, protocol: &str) -> Option<&str> {
        self.best.as_ref().filter(|_| self.protocol == protocol).map(|value| value.text.as_str())
    }

    /// The value in a column, where it was measured.
    pub(super) fn get(&self, column: &SummaryColumn) -> Option<&'a ResultRecord> {
        let SummaryColumn::Metric { protocol, metric, at_best, place, .. } = column else {
            return None;
        };
        let at = |place: &Place| self.values.get(&(metric.as_str(), place.clone())).copied();
        let found = match at_best {
            None => at(place),
            // No value of the sweep is the best where none is defined: then any says so.
            Some(sweep) if self.best.is_none() => self.values.iter().find_map(|((name, found), record)| {
                let is_meant = *name == metric.as_str() && without(found.clone(), *sweep) == *place;
                (is_meant && record.value.is_none()).then_some(*record)
            }),
            Some(sweep) => {
                let best = (sweep.param, self.best.clone()?);
                // A metric that does not hang on the sweep has the same value at the best of it.
                at(&[best].into_iter().chain(place.iter().cloned()).collect()).or_else(|| at(place))
            }
        };
        found.filter(|_| self.protocol == protocol)
    }
}

/// The value of the sweep with the best value of its metric; the lowest of several.
fn best_of(values: &BTreeMap<(&str, Place), &ResultRecord>, sweep: Sweep) -> Option<ParamValue> {
    let mut best: Option<(&ParamValue, f64)> = None;
    for ((name, place), record) in values {
        let [(param, swept)] = place.as_slice() else { continue };
        let is_meant = *name == sweep.chosen_by && *param == sweep.param;
        let Some(value) = record.value.filter(|value| value.is_finite() && is_meant) else {
            continue;
        };
        let better = best.is_none_or(|(_, best)| if record.higher_is_better { value > best } else { value < best });
        if better {
            best = Some((swept, value));
        }
    }
    best.map(|(swept, _)| swept.clone())
}
