//! The table with a row per protocol and a column per encoder.

use std::collections::BTreeSet;

use sop_core::{Params, ResultRecord};

use super::model::{Cell, Column, ColumnKind, Measured, Table};
use super::number::{IntervalStyle, NumberFormat};
use super::options::TableOptions;
use crate::ReportError;
use crate::selection::{
    DATA_FIELDS, DataKey, ENCODER_FIELDS, NamedField, dataset_label, encoder_identity, encoder_label, latest_values,
    params_label, variants_in,
};

/// The one value that a protocol is known by.
struct Headline {
    protocol: &'static str,
    metric: &'static str,
    /// The parameter that has to have this value, and one that must not be there.
    with: Option<(&'static str, &'static str)>,
    without: Option<&'static str>,
    title: &'static str,
}

const fn headline(protocol: &'static str, metric: &'static str, title: &'static str) -> Headline {
    Headline { protocol, metric, with: None, without: None, title }
}

/// The headlines in the order of their rows.
const HEADLINES: [Headline; 9] = [
    Headline { without: Some("shots"), ..headline("knn", "top1", "k-NN top-1, best k") },
    Headline { with: Some(("shots", "*")), ..headline("knn", "top1", "k-NN top-1 with few labels, best k") },
    Headline {
        with: Some(("selection", "held_out")),
        ..headline("linear", "top1", "linear probe top-1, rate chosen on held-out images")
    },
    headline("logreg", "top1", "logistic regression top-1, best penalty"),
    Headline { with: Some(("difficulty", "medium")), ..headline("retrieval", "map", "retrieval mAP, medium") },
    Headline { with: Some(("block", "strong")), ..headline("copydays", "map", "copy detection mAP, strong") },
    Headline { without: Some("sequence"), ..headline("davis", "j_and_f_mean", "video objects J&F") },
    Headline {
        with: Some(("variant", "mixed_rand")),
        ..headline("imagenet9", "accuracy", "ImageNet-9 mixed_rand accuracy")
    },
    headline("imagenet9", "bg_gap", "ImageNet-9 background gap (smaller is better)"),
];

impl Headline {
    fn fits(&self, record: &ResultRecord) -> bool {
        let has = |(name, value): (&str, &str)| {
            record.params.get(name).is_some_and(|found| value == "*" || found.as_str() == Some(value))
        };
        record.protocol == self.protocol
            && record.metric == self.metric
            && self.with.is_none_or(has)
            && self.without.is_none_or(|name| !record.params.contains_key(name))
    }
}

/// Parameters whose best value is shown by agreement, and those that tell what came out rather than what was asked for.
const CHOSEN: [&str; 7] =
    ["k", "penalty", "skipped_queries", "train_images", "iterations", "largest_gradient", "converged"];

/// A row per protocol and data set with the one value that the protocol is known by; a column per encoder.
///
/// Of values over several `k` or penalties the best stands; where other things differ, too, a note names the choice.
/// Of several runs of the same measurement the latest stands.
/// Encoders, and data, of one name are told apart by their hashes and numbered.
///
/// # Errors
/// When there are no results of a known protocol.
pub fn overview_table(records: &[ResultRecord], options: &TableOptions) -> Result<Table, ReportError> {
    let latest = latest_values(records.iter().collect());
    let headlined = |record: &&ResultRecord| HEADLINES.iter().any(|headline| headline.fits(record));
    let mut encoders = Things::default();
    for record in latest.records.iter().copied().filter(headlined) {
        encoders.add(encoder_label(record), encoder_identity(record), record);
    }
    let names = encoders.names(&ENCODER_FIELDS);
    let (mut rows, mut choices, mut variants) = (Vec::new(), Vec::new(), names.notes);
    for headline in &HEADLINES {
        let mut found: Vec<&ResultRecord> =
            latest.records.iter().copied().filter(|record| headline.fits(record)).collect();
        found.sort_by_cached_key(|record| dataset_label(record));
        let mut datasets = Things::default();
        for record in &found {
            datasets.add(dataset_label(record), DataKey::of(record), record);
        }
        let dataset_names = datasets.names(&DATA_FIELDS);
        for ((_, data, _), dataset) in datasets.0.iter().zip(dataset_names.labels) {
            let mut values: Vec<Option<&ResultRecord>> = Vec::new();
            for ((_, encoder, _), name) in encoders.0.iter().zip(&names.labels) {
                let is_meant = |record: &&ResultRecord| {
                    DataKey::of(record) == *data && encoder_identity(record) == *encoder && record.value.is_some()
                };
                let candidates: Vec<&ResultRecord> = found.iter().copied().filter(is_meant).collect();
                let best = candidates.iter().copied().reduce(better);
                let choice = best.and_then(|best| choice(&candidates, best));
                choices.extend(choice.map(|choice| format!("{} on {dataset} by {name}: {choice}", headline.title)));
                values.push(best);
            }
            let best = values.iter().flatten().copied().reduce(better);
            let several = values.iter().flatten().count() > 1;
            let cell = |record: &Option<&ResultRecord>| match record {
                None => Cell::Empty,
                Some(record) => {
                    let mut measured = Measured::new(record.value, record.ci_low, record.ci_high);
                    measured.best = several && best.is_some_and(|best| best.value == record.value);
                    Cell::Measure(measured)
                }
            };
            let labels = [Cell::Text(headline.title.to_owned()), Cell::Text(dataset)];
            rows.push(labels.into_iter().chain(values.iter().map(cell)).collect());
        }
        // Several measures of a protocol are on the same data.
        variants.extend(dataset_names.notes);
    }
    if rows.is_empty() {
        return Err(ReportError::NoRecords);
    }
    let interval = if options.intervals { IntervalStyle::HalfWidth } else { IntervalStyle::Hidden };
    let format = NumberFormat {
        percent: options.percent,
        decimals: options.decimals.saturating_add(if options.percent { 0 } else { 2 }),
        interval,
    };
    let label = |title: &str| Column { title: title.to_owned(), key: title.to_lowercase(), kind: ColumnKind::Label };
    let measures = names.labels.into_iter().map(|encoder| Column {
        key: encoder.clone(),
        title: encoder,
        kind: ColumnKind::Measure(format),
    });
    let columns = [label("Measure"), label("Dataset")].into_iter().chain(measures).collect();
    let mut notes =
        vec![if options.percent { "values in per cent".to_owned() } else { "values as fractions".to_owned() }];
    if options.intervals {
        notes.push("± half the width of the 95 % interval".to_owned());
    }
    notes.push("marked: the best value of a row".to_owned());
    notes.push("the best k and the best penalty are chosen on the same data that they are reported for".to_owned());
    notes.extend(choices);
    notes.extend(latest.note);
    let mut seen = BTreeSet::new();
    variants.retain(|note| seen.insert(note.clone()));
    notes.extend(variants);
    let title = options.title.clone().unwrap_or_else(|| "Overview".to_owned());
    Ok(Table { title, columns, rows, notes })
}

/// Things by label and identity in the order in which they first come, each with a row that speaks of it.
struct Things<'a, K>(Vec<(String, K, &'a ResultRecord)>);

impl<K> Default for Things<'_, K> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

/// What things are called.
struct Names {
    /// The label of each, numbered where several share it.
    labels: Vec<String>,
    /// How those differ.
    notes: Vec<String>,
}

impl<'a, K: PartialEq> Things<'a, K> {
    fn add(&mut self, label: String, key: K, record: &'a ResultRecord) {
        if !self.0.iter().any(|(known, other, _)| *known == label && *other == key) {
            self.0.push((label, key, record));
        }
    }

    fn names(&self, fields: &[NamedField]) -> Names {
        let labelled: Vec<(String, &ResultRecord)> =
            self.0.iter().map(|(label, _, record)| (label.clone(), *record)).collect();
        let variants = variants_in(&labelled, fields);
        let numbered = labelled.into_iter().zip(variants.numbers).map(|((label, _), number)| match number {
            Some(number) => format!("{label} ({number})"),
            None => label,
        });
        Names { labels: numbered.collect(), notes: variants.notes }
    }
}

/// What the best of several settings has that others have not, unless only chosen parameters differ.
fn choice(candidates: &[&ResultRecord], best: &ResultRecord) -> Option<String> {
    let fields = |record: &ResultRecord| {
        let mut params = record.params.clone();
        params.retain(|name, _| !CHOSEN.contains(&name.as_str()));
        for (name, text) in [("feature", &record.feature), ("transform", &record.transform)] {
            params.entry(name.to_owned()).or_insert_with(|| text.clone().unwrap_or_default().into());
        }
        params
    };
    let of_best = fields(best);
    let others: Vec<Params> =
        candidates.iter().map(|record| fields(record)).filter(|params| *params != of_best).collect();
    let mut told: Params = of_best;
    told.retain(|name, value| others.iter().any(|other| other.get(name) != Some(value)));
    (!others.is_empty()).then(|| format!("the best of several settings, {}", params_label(&told)))
}

fn better<'a>(best: &'a ResultRecord, record: &'a ResultRecord) -> &'a ResultRecord {
    if is_better(record, best) { record } else { best }
}

/// Of equal values the first stands.
fn is_better(record: &ResultRecord, other: &ResultRecord) -> bool {
    match (record.value, other.value) {
        (Some(value), Some(than)) if record.higher_is_better => value > than,
        (Some(value), Some(than)) => value < than,
        (value, _) => value.is_some(),
    }
}
