//! The table with a row per encoder and data set.

use std::collections::BTreeSet;

use sop_core::{ProtocolInfo, ResultRecord};

use super::best::measured_cells;
use super::columns::{RowValues, SummaryColumn, shared_sweep, summary_columns, varies};
use super::fold::{self, best_of_sweeps, is_outcome, latest_outcomes, of_headlines, without_curves};
use super::labels::Labels;
use super::model::{Cell, Column, ColumnKind, Table};
use super::number::{IntervalStyle, NumberFormat, UNDEFINED};
use super::options::TableOptions;
use super::page::fit;
use crate::ReportError;
use crate::protocols::Protocols;
use crate::selection::{Setting, latest_values, settings};

/// A row per data set, encoder, feature and choice of parameters; a column per metric and `k`, or part of a benchmark.
///
/// Rows are sorted by data set, then encoder. For k-NN with several `k`, `top1` has a column for each and the other
/// metrics stand at the row's best `k`. The best values of a column among rows on the same data and protocol are marked.
/// Of several runs of the same measurement the latest stands; rows that differ in data, transform, encoder file or
/// protocol version are never merged. The notes say what was left out and what differs.
///
/// `protocols` say how the rows of each are to be read. Of one that is not among them every value is shown, and as it was measured:
/// each choice of parameters is a row, and the best is marked among rows with the same ones. A metric that the description lacks is
/// shown as it was measured, too.
///
/// # Errors
/// When there are no results, or only values of single classes that the options leave out.
pub fn summary_table(
    records: &[ResultRecord],
    protocols: &[&ProtocolInfo],
    options: &TableOptions,
) -> Result<Table, ReportError> {
    summary(&records.iter().collect::<Vec<_>>(), protocols, options, Form::Whole)
}

/// What a summary is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// Everything that was measured.
    Whole,
    /// A page, of one protocol.
    Page,
}

/// The summary of some rows in either form.
pub(super) fn summary(
    records: &[&ResultRecord],
    protocols: &[&ProtocolInfo],
    options: &TableOptions,
    form: Form,
) -> Result<Table, ReportError> {
    let protocols = Protocols(protocols);
    protocols.check_ranges(records.iter().copied())?;
    let wanted = records.iter().copied().filter(|record| options.per_class || !protocols.is_of_class(record));
    let latest = latest_values(wanted.collect());
    if latest.records.is_empty() {
        return Err(ReportError::NoRecords);
    }
    let (settings, mut left_out) = match form {
        Form::Whole => (settings(&latest.records, protocols, varies), Vec::new()),
        Form::Page => {
            let single = without_curves(latest.records, protocols);
            let told = of_headlines(single.rows, protocols);
            let once = latest_outcomes(told.rows, protocols);
            let is_no_row = |info: Option<&ProtocolInfo>, name: &str| varies(info, name) || is_outcome(info, name);
            let best = best_of_sweeps(settings(&once.rows, protocols, is_no_row));
            (best.rows, [best.notes, told.notes, single.notes, once.notes].concat())
        }
    };
    let measures = summary_columns(&settings, form);
    let said = shared_sweep(&measures).filter(|_| form == Form::Page);
    let labels = Labels::of(&settings, form, said.as_ref().map(|(param, value)| format!("{param}={value}")));
    let values: Vec<RowValues<'_>> = settings.iter().map(RowValues::of).collect();

    let mut columns = labels.columns();
    let mut rows: Vec<Vec<Cell>> = (0..settings.len()).map(|row| labels.cells(&settings, row)).collect();
    let mut notes = Vec::new();
    for measure in &measures {
        let (title, key) = measure.headings(labels.protocol, form, said.as_ref().map(|(param, _)| *param));
        let found: Vec<Option<&ResultRecord>> = values.iter().map(|row| row.get(measure)).collect();
        let (kind, cells) = match measure {
            SummaryColumn::Best { protocol, .. } => {
                let texts = values.iter().map(|row| row.best(protocol));
                (
                    ColumnKind::Count,
                    texts.map(|best| best.map_or(Cell::Empty, |best| Cell::Text(best.to_owned()))).collect(),
                )
            }
            SummaryColumn::Metric { .. } => {
                let percent = options.percent && protocols.are_fractions(found.iter().flatten().copied());
                let format = number_format(percent, options);
                (ColumnKind::Measure(format), measured_cells(&settings, &found, format))
            }
        };
        columns.push(Column { title, key, kind });
        rows.iter_mut().zip::<Vec<Cell>>(cells).for_each(|(row, cell)| row.push(cell));
    }

    notes.extend(reading_notes(&columns, &rows));
    let sweeps = measures.iter().filter_map(|measure| match measure {
        SummaryColumn::Metric { at_best, .. } => at_best.as_ref(),
        SummaryColumn::Best { .. } => None,
    });
    let choices: BTreeSet<(&str, &str)> = sweeps.map(|sweep| (sweep.param, sweep.chosen_by)).collect();
    notes.extend(choices.into_iter().map(|(param, metric)| match form {
        Form::Whole => format!("the best {param} is chosen by {metric} on the same data that it is reported for"),
        Form::Page => fold::note(param, metric),
    }));
    notes.append(&mut left_out);
    notes.extend(labels.constant_note());
    notes.extend(latest.note);
    notes.extend(labels.variant_notes);
    let title = options.title.clone().unwrap_or_else(|| match form {
        Form::Whole => default_title(&settings),
        Form::Page => page_title(&settings, labels.shared_dataset.as_deref()),
    });
    let mut table = Table { title, columns, rows, notes };
    if form == Form::Page {
        let info = settings.first().and_then(|setting| setting.info);
        let num_labels = table.columns.len() - measures.len();
        let known_by: Vec<bool> =
            [vec![true; num_labels], measures.iter().map(|measure| measure.is_known_by(info)).collect()].concat();
        fit(&mut table, &known_by);
    }
    Ok(table)
}

fn number_format(percent: bool, options: &TableOptions) -> NumberFormat {
    let interval = if options.intervals { IntervalStyle::HalfWidth } else { IntervalStyle::Hidden };
    NumberFormat { percent, decimals: options.decimals.saturating_add(if percent { 0 } else { 2 }), interval }
}

/// How the cells are to be read.
fn reading_notes(columns: &[Column], rows: &[Vec<Cell>]) -> Vec<String> {
    let measured = || {
        rows.iter().flat_map(|row| columns.iter().zip(row)).filter_map(|(column, cell)| match (column.kind, cell) {
            (ColumnKind::Measure(format), Cell::Measure(measured)) => Some((format, measured)),
            _ => None,
        })
    };
    let formats = || {
        columns.iter().filter_map(|column| match column.kind {
            ColumnKind::Measure(format) => Some((column, format)),
            _ => None,
        })
    };
    let mut notes = Vec::new();
    let plain: Vec<&str> =
        formats().filter(|(_, format)| !format.percent).map(|(column, _)| column.title.as_str()).collect();
    if plain.is_empty() {
        notes.push("values in per cent".to_owned());
    } else if plain.len() < formats().count() {
        notes.push(format!("values in per cent, but as measured: {}", plain.join(", ")));
    }
    if measured().any(|(format, value)| value.interval.is_some() && format.interval == IntervalStyle::HalfWidth) {
        notes.push("± half the width of the 95 % interval".to_owned());
    }
    if measured().any(|(_, value)| value.best) {
        notes.push("marked: the best value of a column among rows on the same data".to_owned());
    }
    if measured().any(|(_, value)| value.value.is_none()) {
        notes.push(format!("{UNDEFINED} not defined"));
    }
    notes
}

/// The protocol, and its data where all rows are on one.
fn page_title(settings: &[Setting<'_>], dataset: Option<&str>) -> String {
    let first = settings.first();
    let name = first.map_or("", |setting| setting.info.map_or(setting.latest.protocol.as_str(), |info| info.title));
    dataset.map_or_else(|| name.to_owned(), |dataset| format!("{name} on {dataset}"))
}

fn default_title(settings: &[Setting<'_>]) -> String {
    let protocols: BTreeSet<&str> = settings.iter().map(|setting| setting.latest.protocol.as_str()).collect();
    format!("Results of {}", protocols.into_iter().collect::<Vec<_>>().join(", "))
}
