//! Values over two settings.

use sop_core::{ProtocolInfo, ResultRecord};

use super::choice::FigureChoice;
use super::drawing::Figure;
use super::heat_plot::HeatPlot;
use super::key::{Along, Key};
use super::keyed::keyed;
use super::number::value_text;
use super::titles::{figure_title, metric_title};
use crate::ReportError;
use crate::protocols::Protocols;

/// Most columns and rows; beyond them cells are too small to be told apart.
const MOST: usize = 40;

/// The protocol's headline (or another metric) over two keys, each a parameter (`temperature`), a field of the row, or one of the
/// encoder's description (`encoder.pretrain_epochs`): a cell with its number for each pair of values.
///
/// Several seeds are one value, their mean, and how many is said. Pairs without a value have a dash.
///
/// # Errors
/// When no row has a key, rows of several protocols have, when they differ in more than the keys and the setting was not named, when
/// values of one cell are not of several seeds, none is defined, or there are more than 40 columns or rows.
pub fn heat_map(
    records: &[ResultRecord],
    protocols: &[&ProtocolInfo],
    (x, y): (&str, &str),
    choice: &FigureChoice<'_>,
) -> Result<Figure, ReportError> {
    let protocols = Protocols(protocols);
    let keyed = keyed(records, protocols, &[Key(x), Key(y)], "a heat map", choice)?;
    let along = |place: usize| Along::new(keyed.cells.iter().filter_map(|cell| cell.at.get(place).cloned()));
    let (xs, ys) = (along(0), along(1));
    let (columns, rows) = (xs.texts(), ys.texts());
    if columns.len().max(rows.len()) > MOST {
        return Err(ReportError::TooManyCells { columns: columns.len(), rows: rows.len(), limit: MOST });
    }
    let mut cells = vec![vec![None; columns.len()]; rows.len()];
    for cell in &keyed.cells {
        let (Some(x), Some(y)) = (cell.at.first(), cell.at.get(1)) else { continue };
        let slot = ys.place(y).and_then(|y| cells.get_mut(y)).zip(xs.place(x)).and_then(|(row, x)| row.get_mut(x));
        if let Some(slot) = slot {
            *slot = Some((cell.value, value_text(cell.value, keyed.shown.percent)));
        }
    }
    let values = || keyed.cells.iter().map(|cell| cell.value);
    let ends = [values().fold(f64::INFINITY, f64::min), values().fold(f64::NEG_INFINITY, f64::max)];
    let said = [keyed.shown.axis(metric_title(protocols, keyed.first))].into_iter().chain(keyed.said);
    let plot = HeatPlot {
        title: figure_title(protocols, keyed.first),
        note: said.collect::<Vec<_>>().join("; "),
        x_title: Key(x).title(),
        y_title: Key(y).title(),
        columns,
        rows,
        cells,
        ends: ends.map(|end| value_text(end, keyed.shown.percent)),
    };
    Ok(Figure::heat(plot, keyed.notes).with_notes_below(keyed.below))
}
