//! A value over a setting.

use sop_core::{ProtocolInfo, ResultRecord};

use super::choice::FigureChoice;
use super::drawing::Figure;
use super::key::{Along, Key};
use super::keyed::{KeyedCell, keyed};
use super::line_plot::{LinePlot, Point, Scale, Series};
use super::theme::{MAX_LINES, PLOT_HEIGHT};
use super::titles::{figure_title, metric_title};
use crate::ReportError;
use crate::protocols::Protocols;

/// Values that span this factor have a logarithmic axis.
const DECADE: f64 = 10.0;

/// The protocol's headline (or another metric) over a key: a parameter (`temperature`), a field of the row, or one of the encoder's
/// description (`encoder.pretrain_epochs`); a line for each value of `series`, another key, where it is given.
///
/// Several seeds are one value, their mean, and how many is said. The axis is logarithmic where the values span a decade.
///
/// # Errors
/// When no row has a key, rows of several protocols have, when they differ in more than the keys and the setting was not named, when
/// values of one place are not of several seeds, none is defined, or there are more than 24 lines.
pub fn ablation_lines(
    records: &[ResultRecord],
    protocols: &[&ProtocolInfo],
    x: &str,
    series: Option<&str>,
    choice: &FigureChoice<'_>,
) -> Result<Figure, ReportError> {
    let protocols = Protocols(protocols);
    let keys: Vec<Key<'_>> = [Some(x), series].into_iter().flatten().map(Key).collect();
    let keyed = keyed(records, protocols, &keys, "an ablation", choice)?;
    let along = |place: usize| Along::new(keyed.cells.iter().filter_map(|cell| cell.at.get(place).cloned()));
    let (xs, lines) = (along(0), along(1));
    let names = match series {
        Some(_) => lines.texts(),
        None => vec![metric_title(protocols, keyed.first).to_owned()],
    };
    if names.len() > MAX_LINES {
        return Err(ReportError::TooManySeries { found: names.len(), limit: MAX_LINES });
    }
    let numbers = xs.numbers();
    let scale = match &numbers {
        None => Scale::Named(xs.texts()),
        Some(numbers) => match (numbers.first(), numbers.last()) {
            (Some(first), Some(last)) if *first > 0.0 && last / first >= DECADE => Scale::Logarithmic,
            _ => Scale::Linear,
        },
    };
    let point = |cell: &KeyedCell| {
        let place = xs.place(cell.at.first()?)?;
        let x = numbers.as_ref().map_or(Some(place as f64), |numbers| numbers.get(place).copied())?;
        Some(Point { x, y: cell.value, interval: cell.interval })
    };
    let line = |(number, name): (usize, String)| {
        let is_of = |cell: &&KeyedCell| cell.at.get(1).is_none_or(|value| lines.place(value) == Some(number));
        let mut points: Vec<Point> = keyed.cells.iter().filter(is_of).filter_map(point).collect();
        points.sort_by(|a, b| a.x.total_cmp(&b.x));
        Series::new(number, name, points)
    };
    let plot = LinePlot {
        title: figure_title(protocols, keyed.first),
        x_title: Key(x).title(),
        y_title: keyed.shown.axis(metric_title(protocols, keyed.first)),
        x_scale: scale,
        x_ends: None,
        height: PLOT_HEIGHT,
        series: names.into_iter().enumerate().map(line).collect(),
        legend_title: series.map(|series| Key(series).title()),
        hollow_and_filled: None,
    };
    Ok(Figure::new(vec![plot], keyed.notes).with_notes_below(keyed.said.into_iter().chain(keyed.below)))
}
