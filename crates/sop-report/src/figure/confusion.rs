//! What the units of each class were taken for.

use std::collections::{BTreeMap, BTreeSet};

use sop_core::{Classified, ProtocolInfo, ResultRecord};

use super::best_of_sweep::at_best;
use super::choice::{FigureChoice, asked_for};
use super::drawing::Figure;
use super::heat_plot::HeatPlot;
use super::titles::figure_title;
use crate::ReportError;
use crate::layout::{Side, setting_text};
use crate::protocols::Protocols;
use crate::selection::{encoder_identity, encoder_label, latest_by};

/// Most classes that are all shown, and how many of more are.
const MOST: usize = 30;
const SHOWN: usize = 20;

/// A confusion matrix of one value: a row for each true class, a column for each predicted one, and in each cell the share of the row in
/// per cent, or with `counts` the number of units. `classes` gives the classes of the units of a row, where they were kept.
///
/// Of more than 30 classes the 20 of the most frequent confusions are shown, which is said; shares stay those of all units of a class.
///
/// # Errors
/// When no value has classes, or values of several encoders, settings or protocols have.
pub fn confusion_map<'c>(
    records: &[ResultRecord],
    protocols: &[&ProtocolInfo],
    classes: impl Fn(&ResultRecord) -> Option<&'c Classified>,
    counts: bool,
    choice: &FigureChoice<'_>,
) -> Result<Figure, ReportError> {
    let protocols = Protocols(protocols);
    let needs = "whose outcomes with the classes of units lie beside them (evaluate with --outcomes chosen)";
    let is_drawn = |record: &ResultRecord, info: Option<&ProtocolInfo>| {
        !info.is_some_and(|info| info.is_of_class(&record.params)) && classes(record).is_some()
    };
    let mut rows = choice.rows(records, protocols, ("a confusion matrix", needs), is_drawn)?;
    let picked = rows.keep_headline(choice, &[]);
    let (wanted, _) = at_best(rows.of_metric(choice, None)?, &rows, choice, protocols)?;
    let latest = latest_by(wanted, |record| asked_for(record, rows.info));
    let record = only(&latest.records)?;
    let Some(classified) = classes(record) else { return Err(ReportError::NoRecords) };
    let mut matrix: BTreeMap<(u32, u32), u64> = BTreeMap::new();
    for (label, prediction) in classified.labels().iter().zip(classified.predictions()) {
        *matrix.entry((*label, *prediction)).or_default() += 1;
    }
    let totals = matrix.iter().fold(BTreeMap::<u32, u64>::new(), |mut totals, ((label, _), count)| {
        *totals.entry(*label).or_default() += count;
        totals
    });
    let shown = shown_classes(&matrix);
    let name = |class: &u32| classified.names().get(*class as usize).cloned().unwrap_or_default();
    let columns: Vec<u32> = shown.iter().copied().collect();
    let labels: Vec<u32> = columns.iter().copied().filter(|class| totals.contains_key(class)).collect();
    let cell = |label: u32, prediction: u32| {
        let count = matrix.get(&(label, prediction)).copied().unwrap_or(0);
        let total = totals.get(&label).copied().unwrap_or(1);
        let value = if counts { count as f64 } else { 100.0 * count as f64 / total as f64 };
        // An empty cell is quieter than a zero.
        let text = if count == 0 { String::new() } else { format!("{value:.0}") };
        Some((value, text))
    };
    let cells: Vec<Vec<_>> =
        labels.iter().map(|&label| columns.iter().map(|&prediction| cell(label, prediction)).collect()).collect();
    let values = || cells.iter().flatten().flatten().map(|(value, _)| *value);
    let ends = [values().fold(f64::INFINITY, f64::min), values().fold(f64::NEG_INFINITY, f64::max)];
    let mut said = vec![encoder_label(record)];
    said.extend(picked);
    let swept =
        rows.info.and_then(|info| info.sweep).and_then(|sweep| Some((sweep.param, record.params.get(sweep.param)?)));
    said.extend(swept.map(|(param, value)| format!("{param}={}", setting_text(value))));
    said.push(if counts { "number of units" } else { "share of each true class (%)" }.to_owned());
    let num_classes = matrix.keys().flat_map(|(label, prediction)| [label, prediction]);
    let num_classes = num_classes.collect::<BTreeSet<_>>().len();
    let below = (columns.len() < num_classes)
        .then(|| format!("{} of {num_classes} classes: those of the most frequent confusions", columns.len()));
    let plot = HeatPlot {
        title: figure_title(protocols, record),
        note: said.join("; "),
        x_title: "Predicted class".to_owned(),
        y_title: "True class".to_owned(),
        columns: columns.iter().map(name).collect(),
        rows: labels.iter().map(name).collect(),
        cells,
        ends: ends.map(|end| format!("{end:.0}")),
    };
    Ok(Figure::heat(plot, latest.note.into_iter().collect()).with_notes_below(below))
}

/// The one value, or how to name one of several.
fn only<'r>(records: &[&'r ResultRecord]) -> Result<&'r ResultRecord, ReportError> {
    match records {
        [] => Err(ReportError::NoRecords),
        [record] => Ok(record),
        [one, other, ..] => {
            let (a, b) = (Side::of_row(one), Side::of_row(other));
            let (what, example) = if encoder_identity(one) == encoder_identity(other) {
                a.told(&b, "share one confusion matrix")
            } else {
                let what =
                    format!("a confusion matrix is of one encoder, and there are {} and {}", a.encoder, b.encoder);
                let is_named_alike = a.encoder == b.encoder;
                let example = match one.encoder_sha256.as_deref().filter(|_| is_named_alike) {
                    Some(sha256) => format!("encoder_sha256={sha256}"),
                    None if is_named_alike => format!("run_id={}", one.run_id),
                    None => format!("encoder={}", a.encoder),
                };
                (what, example)
            };
            Err(ReportError::FigureSettings { what, example })
        }
    }
}

/// The classes of the matrix in their order, or of many those of the most frequent confusions.
fn shown_classes(matrix: &BTreeMap<(u32, u32), u64>) -> BTreeSet<u32> {
    let all: BTreeSet<u32> = matrix.keys().flat_map(|(label, prediction)| [*label, *prediction]).collect();
    if all.len() <= MOST {
        return all;
    }
    let mut confusions: Vec<_> = matrix.iter().filter(|((label, prediction), _)| label != prediction).collect();
    confusions.sort_by_key(|(_, count)| std::cmp::Reverse(**count));
    let mut shown = BTreeSet::new();
    for ((label, prediction), _) in confusions {
        let new = [label, prediction].into_iter().filter(|class| !shown.contains(*class)).count();
        if shown.len() + new <= SHOWN {
            shown.extend([*label, *prediction]);
        }
    }
    shown
}
