//! The table with a row per encoder and data set.

use std::collections::BTreeSet;

use sop_core::{ProtocolInfo, ResultRecord};

use super::best::measured_cells;
use super::columns::{RowValues, SummaryColumn, summary_columns, varies};
use super::labels::Labels;
use super::model::{Cell, Column, ColumnKind, Table};
use super::number::{IntervalStyle, NumberFormat, UNDEFINED};
use super::options::TableOptions;
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
    let protocols = Protocols(protocols);
    protocols.check_ranges(records.iter())?;
    let wanted = records.iter().filter(|record| options.per_class || !protocols.is_of_class(record));
    let latest = latest_values(wanted.collect());
    if latest.records.is_empty() {
        return Err(ReportError::NoRecords);
    }
    let settings = settings(&latest.records, protocols, varies);
    let measures = summary_columns(&settings);
    let labels = Labels::of(&settings);
    let values: Vec<RowValues<'_>> = settings.iter().map(RowValues::of).collect();

    let mut columns = labels.columns();
    let mut rows: Vec<Vec<Cell>> = (0..settings.len()).map(|row| labels.cells(&settings, row)).collect();
    let mut notes = Vec::new();
    for measure in &measures {
        let (title, key) = measure.headings(labels.protocol);
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
    notes.extend(choices.into_iter().map(|(param, metric)| {
        format!("the best {param} is chosen by {metric} on the same data that it is reported for")
    }));
    notes.extend(labels.constant_note());
    notes.extend(latest.note);
    notes.extend(labels.variant_notes);
    let title = options.title.clone().unwrap_or_else(|| default_title(&settings));
    Ok(Table { title, columns, rows, notes })
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

fn default_title(settings: &[Setting<'_>]) -> String {
    let protocols: BTreeSet<&str> = settings.iter().map(|setting| setting.latest.protocol.as_str()).collect();
    format!("Results of {}", protocols.into_iter().collect::<Vec<_>>().join(", "))
}
