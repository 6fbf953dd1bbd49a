//! A column of a table with a layout: methods over architectures.

use std::collections::BTreeSet;

use super::drawing::Figure;
use super::line_plot::{LinePlot, Point, Scale, Series};
use super::theme::{MAX_LINES, PLOT_HEIGHT};
use crate::ReportError;
use crate::layout::{LaidOut, LaidOutRow, LaidOutValue};

/// Lines stand side by side within this part of a place along the axis, so that equal values do not hide each other.
const SPREAD: f64 = 0.5;

/// A measured value stands this far beside the published one.
const MEASURED_ASIDE: f64 = 0.05;

/// How far line `number` of several stands beside the middle of its place.
fn aside(number: usize, count: usize) -> f64 {
    SPREAD * ((number as f64 + 0.5) / count.max(1) as f64 - 0.5)
}

/// Which labels of a table's rows a figure is over; the first ones that the table shows where nothing else is said.
#[derive(Clone, Copy, Debug, Default)]
pub struct MethodAxes<'a> {
    /// The label along the horizontal axis, e.g. `architecture`; the second without it.
    pub x: Option<&'a str>,
    /// The label that tells the lines apart, e.g. `method`; the first without it.
    pub series: Option<&'a str>,
}

/// One value of the table: its line, its place along the axis, and whether it was published.
struct Cell<'a> {
    series: String,
    x: &'a str,
    is_published: bool,
    value: &'a LaidOutValue,
    number: f64,
}

/// A column of a table: a line for each method, over the architectures in the table's order; published values have hollow markers, and
/// measured ones filled markers and their 95 % intervals.
///
/// Where a method has several rows of one architecture, its lines are told apart by the other labels that the table shows. Footnotes of
/// the values stand below the figure.
///
/// # Errors
/// When there is no such column or label, no value, more than 24 lines, or several values of one line at one place.
pub fn method_lines(table: &LaidOut, column: &str, axes: &MethodAxes<'_>) -> Result<Figure, ReportError> {
    let refused = |what| Err(ReportError::Layout { origin: table.name.clone(), what });
    let Some(place) = table.columns.iter().position(|known| known.name == column) else {
        let known: Vec<&str> = table.columns.iter().map(|known| known.name.as_str()).collect();
        return refused(format!("there is no column `{column}`; the columns are {}", known.join(", ")));
    };
    let shown: Vec<&str> = table.labels.iter().map(|(name, _)| name.as_str()).collect();
    let rows: Vec<&LaidOutRow> = table.groups.iter().flat_map(|group| &group.rows).collect();
    let labels: BTreeSet<&str> = rows.iter().flat_map(|row| row.labels.iter()).map(|(name, _)| name).collect();
    let listed = || labels.iter().copied().collect::<Vec<_>>().join(", ");
    let series = axes.series.or_else(|| shown.iter().copied().find(|name| axes.x != Some(name)));
    let x = axes.x.or_else(|| shown.iter().copied().find(|name| Some(*name) != series));
    let (Some(series), Some(x)) = (series, x) else {
        return refused(format!(
            "its rows show one label; name another one for the axis, --x LABEL; there are {}",
            listed()
        ));
    };
    if let Some(unknown) = [series, x].into_iter().find(|name| !labels.contains(name)) {
        return refused(format!("no row has the label `{unknown}`; there are {}", listed()));
    }

    let others: Vec<&str> = shown.into_iter().filter(|name| *name != series && *name != x).collect();
    let (cells, left_out) = cells(&rows, place, [series, x], &others);
    if let Some(cell) = cells.iter().enumerate().find_map(|(number, cell)| {
        cells.iter().take(number).find(|other| is_at(other, cell) && other.series == cell.series)
    }) {
        let what =
            format!("several values of {} at {}; name another label, --x LABEL or --series LABEL", cell.series, cell.x);
        return refused(what);
    }
    if cells.is_empty() {
        return Err(ReportError::NoDefinedValue { metric: column.to_owned() });
    }
    figure(table, place, x, &cells, left_out)
}

fn is_at(a: &Cell<'_>, b: &Cell<'_>) -> bool {
    a.x == b.x && a.is_published == b.is_published
}

/// The values of a column, and the rows that have one but not the label of the axis.
fn cells<'a>(
    rows: &[&'a LaidOutRow],
    place: usize,
    [series, x]: [&str; 2],
    others: &[&str],
) -> (Vec<Cell<'a>>, Vec<String>) {
    let mut cells: Vec<(Cell<'a>, &LaidOutRow)> = Vec::new();
    let mut left_out = Vec::new();
    for row in rows {
        let name = row.labels.get(series).or(row.shown.first().map(String::as_str)).unwrap_or_default();
        let cell = row.cells.get(place);
        let values = [cell.and_then(|cell| cell.published.as_ref()), cell.and_then(|cell| cell.measured.as_ref())];
        for (value, is_published) in values.into_iter().zip([true, false]) {
            let Some((value, number)) = value.and_then(|value| Some((value, value.number?))) else { continue };
            match row.labels.get(x) {
                Some(x) => cells.push((Cell { series: name.to_owned(), x, is_published, value, number }, row)),
                None => left_out.push(name.to_owned()),
            }
        }
    }
    // Methods with two values at one place have a line for each of the other labels.
    let is_twice = |(number, (cell, _)): (usize, &(Cell<'a>, &LaidOutRow))| {
        let twin = cells.iter().take(number).any(|(other, _)| is_at(other, cell) && other.series == cell.series);
        twin.then(|| cell.series.clone())
    };
    let twice: BTreeSet<String> = cells.iter().enumerate().filter_map(is_twice).collect();
    for (cell, row) in cells.iter_mut().filter(|(cell, _)| twice.contains(&cell.series)) {
        let more = others.iter().filter_map(|name| row.labels.get(name)).filter(|text| !text.is_empty());
        cell.series = [cell.series.as_str()].into_iter().chain(more).collect::<Vec<_>>().join(", ");
    }
    (cells.into_iter().map(|(cell, _)| cell).collect(), left_out)
}

fn figure(
    table: &LaidOut,
    place: usize,
    x: &str,
    cells: &[Cell<'_>],
    left_out: Vec<String>,
) -> Result<Figure, ReportError> {
    let in_order = |texts: &mut dyn Iterator<Item = String>| {
        let mut seen: Vec<String> = Vec::new();
        texts.for_each(|text| {
            if !seen.contains(&text) {
                seen.push(text)
            }
        });
        seen
    };
    let names = in_order(&mut cells.iter().map(|cell| cell.series.clone()));
    let places = in_order(&mut cells.iter().map(|cell| cell.x.to_owned()));
    if names.len() > MAX_LINES {
        return Err(ReportError::TooManySeries { found: names.len(), limit: MAX_LINES });
    }
    let mut series = Vec::new();
    for (number, name) in names.iter().enumerate() {
        let mut said = false;
        for is_published in [true, false] {
            let of_line = cells.iter().filter(|cell| cell.series == *name && cell.is_published == is_published);
            let mut points: Vec<Point> = of_line
                .filter_map(|cell| {
                    let x = places.iter().position(|place| place == cell.x)? as f64;
                    let x = x + aside(number, names.len()) + if is_published { 0.0 } else { MEASURED_ASIDE };
                    Some(Point { x, y: cell.number, interval: cell.value.interval })
                })
                .collect();
            points.sort_by(|a, b| a.x.total_cmp(&b.x));
            if !points.is_empty() {
                let name = (!said).then(|| name.clone());
                series.push(Series { name, number, hollow: is_published, points });
                said = true;
            }
        }
    }
    let has = |published| cells.iter().any(|cell| cell.is_published == published);
    let both = ("published".to_owned(), "measured".to_owned());
    let column = table.columns.get(place);
    let heading = column.map(|column| column.full_heading()).unwrap_or_default();
    let unit = column.map(|column| column.unit.as_str()).filter(|unit| !unit.is_empty());
    let heading_of = |label: &str| table.labels.iter().find(|(name, _)| name == label).map(|(_, text)| text.clone());
    let plot = LinePlot {
        title: if table.title.is_empty() { table.name.clone() } else { table.title.clone() },
        x_title: heading_of(x).unwrap_or_else(|| x.to_owned()),
        y_title: unit
            .filter(|unit| !heading.contains(*unit))
            .map_or(heading.clone(), |unit| format!("{heading} ({unit})")),
        x_scale: Scale::Named(places),
        x_ends: None,
        height: PLOT_HEIGHT,
        series,
        legend_title: None,
        hollow_and_filled: (has(true) && has(false)).then(|| both.clone()),
    };
    let mut below = Vec::new();
    if has(true) != has(false) {
        below.push(format!("all values are {}", if has(true) { both.0 } else { both.1 }));
    }
    for cell in cells {
        for text in cell.value.footnotes.iter().filter_map(|&note| table.footnotes.get(note)) {
            below.push(format!("{} at {}: {text}", cell.series, cell.x));
        }
    }
    if !left_out.is_empty() {
        below.push(format!("left out, as they have no label `{x}`: {}", left_out.join(", ")));
    }
    Ok(Figure::new(vec![plot], Vec::new()).with_notes_below(below))
}
