//! Which measures a summary has as columns.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use sop_core::ResultRecord;

use crate::metric::CLASS_PARAMETERS;
use crate::selection::Setting;

/// The metric whose best `k` the other metrics of a protocol are shown at, as papers do for k-NN.
const CHOOSES_K: [(&str, &str); 1] = [("knn", "top1")];

/// The number of neighbours or ranks.
const K: &str = "k";

/// Parts of a benchmark that have a column each, as in the papers' tables: ImageNet-9, revisited Oxford and Paris, Copydays.
const PART_PARAMETERS: [&str; 3] = ["variant", "difficulty", "block"];

/// The order of parts whose names do not tell it.
const PART_ORDER: [&str; 12] = [
    "easy",
    "medium",
    "hard",
    "original",
    "only_fg",
    "mixed_same",
    "mixed_rand",
    "mixed_next",
    "no_fg",
    "only_bg_b",
    "only_bg_t",
    "strong",
];

/// Parameters that are columns, not rows: `k`, the part of a benchmark, and the class of per-class values.
fn column_parameters() -> impl Iterator<Item = &'static str> {
    std::iter::once(K).chain(PART_PARAMETERS).chain(CLASS_PARAMETERS)
}

/// Parameters that do not tell rows apart: those that are columns, and what is counted of a part.
pub(super) fn varying_parameters() -> Vec<&'static str> {
    column_parameters().chain(["skipped_queries"]).collect()
}

/// A parameter's value, ordered as a number where it is one, and as papers list parts where it is one of them.
#[derive(Clone, Debug)]
pub(super) struct ParamValue {
    number: Option<f64>,
    text: String,
}

impl Ord for ParamValue {
    fn cmp(&self, other: &Self) -> Ordering {
        let numbers = match (self.number, other.number) {
            (Some(a), Some(b)) => a.total_cmp(&b),
            (a, b) => b.is_some().cmp(&a.is_some()),
        };
        let order = |text: &str| PART_ORDER.iter().position(|part| *part == text).unwrap_or(PART_ORDER.len());
        numbers.then_with(|| order(&self.text).cmp(&order(&other.text))).then_with(|| self.text.cmp(&other.text))
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

fn place(record: &ResultRecord) -> Place {
    let values = column_parameters().filter_map(|name| record.params.get(name).map(|value| (name, value)));
    values
        .map(|(name, value)| {
            let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            (name, ParamValue { number: value.as_f64(), text })
        })
        .collect()
}

/// A column of a summary besides its labels.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum SummaryColumn {
    /// The `k` that is best for the row.
    BestK { protocol: String },
    /// A metric at fixed parameters, or at the row's best `k`.
    Metric { protocol: String, metric: String, at_best_k: bool, place: Place },
}

impl SummaryColumn {
    /// Heading for people and for programs; `named` adds the protocol.
    pub(super) fn headings(&self, named: bool) -> (String, String) {
        let (protocol, title, key) = match self {
            Self::BestK { protocol } => (protocol, "best k".to_owned(), "best_k".to_owned()),
            Self::Metric { protocol, metric, at_best_k, place } => {
                let mut title = metric.clone();
                let mut key = metric.clone();
                if *at_best_k {
                    title += " at best k";
                    key += "_best_k";
                }
                for (name, value) in place {
                    if PART_PARAMETERS.contains(name) {
                        title += &format!(" {}", value.text);
                        key += &format!("_{}", value.text);
                    } else {
                        title += &format!(" {name}={}", value.text);
                        key += &format!("_{name}{}", value.text);
                    }
                }
                (protocol, title, key)
            }
        };
        if named { (format!("{protocol} {title}"), format!("{protocol}_{key}")) } else { (title, key) }
    }
}

/// The columns for all settings: protocols and metrics in the order they first come, parameters ascending.
pub(super) fn summary_columns(settings: &[Setting<'_>]) -> Vec<SummaryColumn> {
    let mut protocols: Vec<&str> = Vec::new();
    let mut metrics: Vec<(&str, &str)> = Vec::new();
    let mut places: BTreeMap<(&str, &str), BTreeSet<Place>> = BTreeMap::new();
    for record in settings.iter().flat_map(|setting| &setting.records) {
        let key = (record.protocol.as_str(), record.metric.as_str());
        if !protocols.contains(&key.0) {
            protocols.push(key.0);
        }
        if !metrics.contains(&key) {
            metrics.push(key);
        }
        places.entry(key).or_default().insert(place(record));
    }
    let mut columns = Vec::new();
    for protocol in protocols {
        let chooser = CHOOSES_K
            .into_iter()
            .find(|chooser| chooser.0 == protocol && places.get(chooser).is_some_and(|places| places.len() > 1));
        // The chooser comes first, as the `k` of the others hangs on it.
        let of_protocol = || metrics.iter().copied().filter(|key| key.0 == protocol);
        let ordered =
            of_protocol().filter(|key| Some(*key) == chooser).chain(of_protocol().filter(|key| Some(*key) != chooser));
        for key in ordered {
            let at_best_k = chooser.is_some() && Some(key) != chooser;
            let mut places: BTreeSet<Place> = places.get(&key).cloned().unwrap_or_default();
            if at_best_k {
                places = places.into_iter().map(without_k).collect();
            }
            columns.extend(places.into_iter().map(|place| SummaryColumn::Metric {
                protocol: protocol.to_owned(),
                metric: key.1.to_owned(),
                at_best_k,
                place,
            }));
            if Some(key) == chooser && of_protocol().count() > 1 {
                columns.push(SummaryColumn::BestK { protocol: protocol.to_owned() });
            }
        }
    }
    columns
}

fn without_k(mut place: Place) -> Place {
    place.retain(|(name, _)| *name != K);
    place
}

/// The values of one setting by column.
pub(super) struct RowValues<'a> {
    protocol: &'a str,
    values: BTreeMap<(&'a str, Place), &'a ResultRecord>,
    best_k: Option<ParamValue>,
}

impl<'a> RowValues<'a> {
    pub(super) fn of(setting: &Setting<'a>) -> Self {
        let protocol = setting.latest.protocol.as_str();
        let values: BTreeMap<_, _> =
            setting.records.iter().map(|&record| ((record.metric.as_str(), place(record)), record)).collect();
        let chooser = CHOOSES_K.into_iter().find(|chooser| chooser.0 == protocol);
        let best_k = chooser.and_then(|(_, metric)| best_k(&values, metric));
        Self { protocol, values, best_k }
    }

    /// The row's best `k` as text.
    pub(super) fn best_k(&self) -> Option<&str> {
        self.best_k.as_ref().map(|k| k.text.as_str())
    }

    /// The value in a column, where it was measured.
    pub(super) fn get(&self, column: &SummaryColumn) -> Option<&'a ResultRecord> {
        let SummaryColumn::Metric { protocol, metric, at_best_k, place } = column else {
            return None;
        };
        let mut place = place.clone();
        if *at_best_k {
            place.insert(0, (K, self.best_k.clone()?));
        }
        // A metric that does not hang on `k` has the same value at the best one.
        let at = |place: &Place| self.values.get(&(metric.as_str(), place.clone())).copied();
        let found = at(&place).or_else(|| if *at_best_k { at(&without_k(place)) } else { None });
        found.filter(|_| self.protocol == protocol)
    }
}

/// The `k` with the best value; the lowest of several.
fn best_k(values: &BTreeMap<(&str, Place), &ResultRecord>, metric: &str) -> Option<ParamValue> {
    let mut best: Option<(&ParamValue, f64)> = None;
    for ((name, place), record) in values {
        let [(K, k)] = place.as_slice() else { continue };
        let Some(value) = record.value.filter(|value| value.is_finite() && *name == metric) else {
            continue;
        };
        let better = best.is_none_or(|(_, best)| if record.higher_is_better { value > best } else { value < best });
        if better {
            best = Some((k, value));
        }
    }
    best.map(|(k, _)| k.clone())
}
