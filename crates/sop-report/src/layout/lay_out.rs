//! Rows and values brought together.

use std::collections::{BTreeMap, BTreeSet};

use sop_core::{ProtocolInfo, ResultRecord};

use super::form::{Column, Layout};
use super::given::{check_filters, once_each};
use super::labels::{Names, RowLabels};
use super::model::{LaidOut, LaidOutCell, LaidOutColumn, LaidOutGroup, LaidOutRow, LaidOutValue};
use super::notes::{Footnotes, notes};
use super::published::PublishedCell;
use super::rank::rank;
use super::rows::{Encoder, Match, PlannedRow, encoders, matching_row, published_rows};
use super::select::{Chosen, Selector, unknown_field};
use super::setting_filter::SettingFilter;
use super::shown::{grouped, shown_labels};
use super::source::Source;
use crate::ReportError;
use crate::protocols::Protocols;

/// What a table is made of.
#[derive(Clone, Copy)]
pub struct Contents<'a> {
    /// The one spelling of names.
    pub names: &'a Names,
    /// Published cells, of this table and others.
    pub published: &'a [PublishedCell],
    /// Result rows; there may be none.
    pub records: &'a [&'a ResultRecord],
    /// Settings that the measured values must have.
    pub settings: &'a [SettingFilter],
    /// Descriptions of the protocols.
    pub protocols: &'a [&'a ProtocolInfo],
}

/// What is said about the table as a whole.
#[derive(Default)]
pub(super) struct Remarks {
    /// Runs that were given more than once.
    pub repeated: BTreeSet<String>,
    /// Labels that an encoder does not state: encoder, labels, the row where it stands.
    pub guessed: Vec<(String, String, String)>,
    /// Rows that several encoders go by.
    pub shared: BTreeSet<String>,
    /// Encoders with the row in which they stand.
    pub encoders: Vec<(String, String)>,
    /// Values that later runs stand for.
    pub older: usize,
    /// Values of cells that have one in the layout's setting, in other settings.
    pub other_settings: usize,
}

type ChosenCells<'a> = BTreeMap<usize, Chosen<'a>>;

/// Brings published and measured values together as the layout says.
///
/// An encoder stands in the published row that agrees with what it says of itself, and in a row of its own where there is none, or
/// where several encoders go by the same labels.
///
/// # Errors
/// When a share is beyond one, values of different settings would share a cell or a column, a run is given twice with different values, a filter is about
/// nothing, or the layout does not fit the results.
pub fn lay_out(layout: &Layout, contents: &Contents<'_>) -> Result<LaidOut, ReportError> {
    Protocols(contents.protocols).check_ranges(contents.records.iter().copied())?;
    let mut remarks = Remarks::default();
    let records = once_each(contents.records, &mut remarks)?;
    check_filters(layout, contents, &records)?;
    let mut rows = published_rows(layout, contents.published)?;
    let encoders = encoders(layout, contents.names, &rows, &records);

    // The row that each encoder would have, and its values there.
    let mut placed: Vec<(Match, ChosenCells<'_>)> = Vec::with_capacity(encoders.len());
    for encoder in &encoders {
        let matched = matching_row(layout, &encoder.labels, &rows);
        let labels = match &matched {
            Match::Row(place, _) => rows.get(*place).map_or(&encoder.labels, |row| &row.labels),
            Match::Own => &encoder.labels,
        };
        let cells = if matches!(matched, Match::Own) && !layout.is_shown(labels) {
            ChosenCells::new()
        } else {
            chosen_cells(layout, contents, encoder, labels)?
        };
        placed.push((matched, cells));
    }
    let mut cells: Vec<ChosenCells<'_>> = vec![ChosenCells::new(); rows.len()];
    let holders = |row: usize| {
        let is_holder = |(matched, cells): &&(Match, ChosenCells<'_>)| {
            matches!(matched, Match::Row(place, _) if *place == row) && !cells.is_empty()
        };
        placed.iter().filter(is_holder).count()
    };
    let several: BTreeSet<usize> = (0..rows.len()).filter(|&row| holders(row) > 1).collect();
    for ((matched, chosen), encoder) in placed.into_iter().zip(&encoders) {
        if chosen.is_empty() {
            continue;
        }
        match matched {
            Match::Row(row, missing) if !several.contains(&row) => {
                let Some((planned, slot)) = rows.get(row).zip(cells.get_mut(row)) else { continue };
                if !missing.is_empty() {
                    remarks.guessed.push((encoder.name.clone(), missing.join(" and "), planned.labels.in_words()));
                }
                remarks.encoders.push((encoder.name.clone(), planned.labels.in_words()));
                *slot = chosen;
            }
            matched => {
                if let Match::Row(row, _) = matched {
                    remarks.shared.extend(rows.get(row).map(|row| row.labels.in_words()));
                }
                rows.push(PlannedRow { labels: encoder.labels.clone(), published: None });
                cells.push(chosen);
            }
        }
    }
    let named = check_columns(layout, contents, &cells)?;
    for chosen in cells.iter().flat_map(BTreeMap::values) {
        remarks.older += chosen.older;
        remarks.other_settings += chosen.other_settings;
    }

    let mut footnotes = Footnotes::new(layout.published.is_some());
    let shown = shown_labels(layout, &rows);
    let order = grouped(layout, &rows);
    let mut groups = Vec::with_capacity(order.len());
    let mut places: BTreeMap<(usize, usize, usize), usize> = BTreeMap::new();
    for (title, members) in order {
        let mut laid = Vec::with_capacity(members.len());
        for member in members {
            let (Some(row), Some(chosen), Some(shown)) = (rows.get(member), cells.get(member), shown.get(member))
            else {
                continue;
            };
            let at = |column| (groups.len(), laid.len(), column);
            places.extend(chosen.iter().map(|(&column, chosen)| (at(column), chosen.place)));
            laid.push(LaidOutRow {
                labels: row.labels.clone(),
                shown: shown.clone(),
                published: row.published.is_some(),
                cells: filled(layout, row, chosen, &named, &mut footnotes),
            });
        }
        groups.push(LaidOutGroup { title, rows: laid });
    }
    groups.retain(|group| !group.rows.is_empty());
    let mut table = LaidOut {
        name: layout.id.clone().unwrap_or_else(|| layout.name.clone()),
        title: layout.title.clone(),
        label: layout.label.clone().unwrap_or_else(|| format!("tab:{}", layout.name)),
        labels: layout.rows.iter().map(|label| (label.clone(), layout.heading(label).to_owned())).collect(),
        columns: layout.columns.iter().map(laid_out_column).collect(),
        groups,
        footnotes: footnotes.texts(),
        notes: Vec::new(),
        comparisons: Vec::new(),
    };
    rank(&mut table, layout, &places, contents.records);
    table.notes = notes(&table, layout, contents.records.len(), &remarks);
    Ok(table)
}

fn selector<'a>(layout: &'a Layout, contents: &'a Contents<'a>, column: &'a Column) -> Selector<'a> {
    Selector {
        table: &layout.name,
        column: &column.name,
        better: column.better,
        is_share: column.is_share(),
        protocols: contents.protocols,
        filters: contents.settings,
    }
}

fn source(layout: &Layout, column: &Column, labels: &RowLabels) -> Result<Source, ReportError> {
    column.source(labels).map_err(|what| ReportError::Layout {
        origin: layout.name.clone(),
        what: format!("column `{}`: {what}", column.name),
    })
}

/// The values of one encoder by column, under the labels of its row.
fn chosen_cells<'r>(
    layout: &Layout,
    contents: &Contents<'_>,
    encoder: &Encoder<'r>,
    labels: &RowLabels,
) -> Result<ChosenCells<'r>, ReportError> {
    let mut cells = ChosenCells::new();
    for (place, column) in layout.columns.iter().enumerate() {
        let Source::Measured(measured) = source(layout, column, labels)? else { continue };
        if let Some(name) = unknown_field(&measured) {
            let what = format!("column `{}`: `row` has {name}, which is no field of result rows", column.name);
            return Err(ReportError::Layout { origin: layout.name.clone(), what });
        }
        if !measured.encoder.agrees(&encoder.labels) {
            continue;
        }
        if let Some(chosen) = selector(layout, contents, column).choose(&encoder.rows, &measured)? {
            cells.insert(place, chosen);
        }
    }
    Ok(cells)
}

/// Refuses columns of mixed settings; for each column, settings that differ in it and were named.
fn check_columns(
    layout: &Layout,
    contents: &Contents<'_>,
    cells: &[ChosenCells<'_>],
) -> Result<Vec<Vec<String>>, ReportError> {
    let of_column = |(place, column): (usize, &Column)| {
        let chosen: Vec<&Chosen<'_>> = cells.iter().filter_map(|row| row.get(&place)).collect();
        selector(layout, contents, column).check_column(&chosen)
    };
    layout.columns.iter().enumerate().map(of_column).collect()
}

fn laid_out_column(column: &Column) -> LaidOutColumn {
    LaidOutColumn {
        name: column.name.clone(),
        heading: column.heading().to_owned(),
        spanning: column.group.clone(),
        unit: column.unit.clone(),
        decimals: column.decimals,
    }
}

/// The cells of a row.
fn filled(
    layout: &Layout,
    row: &PlannedRow<'_>,
    chosen: &ChosenCells<'_>,
    named: &[Vec<String>],
    footnotes: &mut Footnotes,
) -> Vec<LaidOutCell> {
    let cell = |(place, column): (usize, &Column)| {
        let published = row.published.as_ref().and_then(|cells| cells.get(column.name.as_str()));
        let measured = chosen.get(&place);
        LaidOutCell {
            // A blank has no value, and where there is a note on it, a value that is not defined, so that the note has its place.
            published: published.filter(|cell| cell.value.is_some() || cell.note.is_some()).map(|cell| LaidOutValue {
                number: cell.value.filter(|value| value.is_finite()),
                footnotes: cell.note.iter().map(|note| footnotes.of_note(note)).collect(),
                ..LaidOutValue::default()
            }),
            measured: measured.map(|chosen| {
                let scale = |number: f64| if column.is_share() { in_per_cent(number) } else { number };
                let record = chosen.record;
                let ends = record.ci_low.zip(record.ci_high).filter(|(low, high)| low.is_finite() && high.is_finite());
                let number = record.value.filter(|value| value.is_finite()).map(scale);
                let mut marks: Vec<usize> =
                    chosen.deviations.iter().map(|deviation| footnotes.of_deviation(deviation)).collect();
                if let Some(skipped) = record.num_skipped.filter(|&skipped| skipped > 0) {
                    marks.push(footnotes.of_note(&format!("measured without {skipped} of the data set's samples")));
                }
                let names = named.get(place).into_iter().flatten();
                marks.extend(names.filter_map(|name| Some(footnotes.of_named(name, chosen.others.get(name)?))));
                LaidOutValue {
                    number,
                    interval: ends.filter(|_| number.is_some()).map(|(low, high)| (scale(low), scale(high))),
                    footnotes: marks,
                    ..LaidOutValue::default()
                }
            }),
            significant: None,
        }
    };
    layout.columns.iter().enumerate().map(cell).collect()
}

/// A share in per cent, without the noise that the product brings in behind the twelfth digit.
fn in_per_cent(share: f64) -> f64 {
    const CLEAN: f64 = 1e10;
    (share * 100.0 * CLEAN).round() / CLEAN
}
