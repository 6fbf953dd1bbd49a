//! The table with a row per protocol and a column per encoder.

use sop_core::ResultRecord;

use super::model::{Cell, Column, ColumnKind, Measured, Table};
use super::number::{IntervalStyle, NumberFormat};
use super::options::TableOptions;
use crate::ReportError;
use crate::selection::{dataset_label, encoder_label, latest_values};

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
    Headline { with: Some(("block", "strong")), ..headline("copy_detection", "map", "copy detection mAP, strong") },
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

/// A row per protocol and data set with the one value that the protocol is known by; a column per encoder.
///
/// Of values over several `k` or penalties the best stands. Of several runs of the same measurement the latest stands.
///
/// # Errors
/// When there are no results of a known protocol.
pub fn overview_table(records: &[ResultRecord], options: &TableOptions) -> Result<Table, ReportError> {
    let latest = latest_values(records.iter().collect());
    let mut encoders: Vec<String> = Vec::new();
    for record in &latest.records {
        let encoder = encoder_label(record);
        if HEADLINES.iter().any(|headline| headline.fits(record)) && !encoders.contains(&encoder) {
            encoders.push(encoder);
        }
    }
    let mut rows = Vec::new();
    for headline in &HEADLINES {
        let found: Vec<&ResultRecord> = latest.records.iter().copied().filter(|record| headline.fits(record)).collect();
        let mut datasets: Vec<String> = found.iter().map(|record| dataset_label(record)).collect();
        datasets.sort();
        datasets.dedup();
        for dataset in datasets {
            let of = |encoder: &String| {
                let values = found.iter().copied().filter(|record| {
                    dataset_label(record) == dataset && encoder_label(record) == *encoder && record.value.is_some()
                });
                values.reduce(|best, record| if is_better(record, best) { record } else { best })
            };
            let values: Vec<Option<&ResultRecord>> = encoders.iter().map(of).collect();
            let best = values.iter().flatten().copied().reduce(
                |best, record| {
                    if is_better(record, best) { record } else { best }
                },
            );
            let several = values.iter().flatten().count() > 1;
            let cell = |record: &Option<&ResultRecord>| match record {
                None => Cell::Empty,
                Some(record) => {
                    let mut measured = Measured::new(record.value, record.ci_low, record.ci_high);
                    measured.best = several && best.is_some_and(|best| best.value == record.value);
                    Cell::Measure(measured)
                }
            };
            let labels = [Cell::Text(headline.title.to_owned()), Cell::Text(dataset.clone())];
            rows.push(labels.into_iter().chain(values.iter().map(cell)).collect());
        }
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
    let measures = encoders.into_iter().map(|encoder| Column {
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
    notes.extend(latest.note);
    let title = options.title.clone().unwrap_or_else(|| "Overview".to_owned());
    Ok(Table { title, columns, rows, notes })
}

/// Of equal values the first stands.
fn is_better(record: &ResultRecord, other: &ResultRecord) -> bool {
    match (record.value, other.value) {
        (Some(value), Some(than)) if record.higher_is_better => value > than,
        (Some(value), Some(than)) => value < than,
        (value, _) => value.is_some(),
    }
}
