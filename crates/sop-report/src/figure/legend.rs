//! The names of the lines, above the plot where no line can run through them.

use super::font::{CAPITAL_PER_EM, Typeface};
use super::line_plot::{LinePlot, Series};
use super::marker::{colour, hollow_marker, marker, sample_marker};
use super::scene::{Anchor, Place, Shape};
use super::theme::{LEGEND_LINE, LEGEND_SAMPLE, LEGEND_SIZE, MOST_MARKERS, SERIES_WIDTH};

/// Space between a sample and its name, and between entries.
const NAME_GAP: f64 = 5.0;
const ENTRY_GAP: f64 = 14.0;

/// Length of a sample that is a marker without a line.
const DOT_SAMPLE: f64 = 8.0;

/// A name with what stands before it.
pub(super) struct Entry<'a> {
    pub(super) name: &'a str,
    pub(super) sample: Sample,
}

/// What stands before a name.
#[derive(Clone, Copy)]
pub(super) enum Sample {
    /// Nothing: a title.
    None,
    /// A piece of line number so and so, and whether it has a marker.
    Line { number: usize, marked: bool, hollow: bool },
    /// The marker of a number.
    Dot(usize),
    /// A grey marker.
    Meaning { hollow: bool },
}

/// The entries of a line plot, in the order of the lines' right ends from the top, as the eye meets them; values in their order.
pub(super) fn line_entries(plot: &LinePlot) -> Vec<Entry<'_>> {
    let end = |series: &Series| series.points.last().map_or(0.0, |point| point.y);
    let mut order: Vec<(&str, &Series)> =
        plot.series.iter().filter_map(|series| Some((series.name.as_deref()?, series))).collect();
    if plot.legend_title.is_none() {
        order.sort_by(|(_, a), (_, b)| end(b).total_cmp(&end(a)));
    }
    let of_line = |(name, series): (_, &Series)| {
        let marked = series.points.len() <= MOST_MARKERS;
        Entry { name, sample: Sample::Line { number: series.number, marked, hollow: series.hollow } }
    };
    let meanings = plot.hollow_and_filled.iter().flat_map(|(hollow, filled)| [(hollow, true), (filled, false)]);
    let meanings = meanings.map(|(name, hollow)| Entry { name, sample: Sample::Meaning { hollow } });
    let title = plot.legend_title.iter().map(|name| Entry { name, sample: Sample::None });
    title.chain(order.into_iter().map(of_line)).chain(meanings).collect()
}

/// The legend from `(left, top)` within `room`, and the height it takes.
pub(super) fn legend(entries: &[Entry<'_>], typeface: &Typeface, (left, top): Place, room: f64) -> (Vec<Shape>, f64) {
    let mut shapes = Vec::new();
    let (mut x, mut y) = (left, top + LEGEND_LINE / 2.0);
    for entry in entries {
        let before = match entry.sample {
            Sample::None => 0.0,
            Sample::Line { .. } => LEGEND_SAMPLE + NAME_GAP,
            Sample::Dot(_) | Sample::Meaning { .. } => DOT_SAMPLE + NAME_GAP,
        };
        let name = typeface.fitted(entry.name, LEGEND_SIZE, room - before);
        let width = before + typeface.width(&name, LEGEND_SIZE);
        if x > left && x + width > left + room {
            (x, y) = (left, y + LEGEND_LINE);
        }
        shapes.extend(sample(entry.sample, (x, y), before - NAME_GAP));
        let baseline = y + LEGEND_SIZE * CAPITAL_PER_EM / 2.0;
        shapes.push(Shape::text(name, (x + before, baseline), LEGEND_SIZE, Anchor::Start));
        x += width + ENTRY_GAP;
    }
    (shapes, y + LEGEND_LINE / 2.0 - top)
}

fn sample(sample: Sample, (x, y): Place, length: f64) -> Vec<Shape> {
    let middle = (x + length / 2.0, y);
    match sample {
        Sample::None => Vec::new(),
        Sample::Line { number, marked, hollow } => {
            let places = vec![(x, y), (x + length, y)];
            let mut shapes = vec![Shape::Line { places, width: SERIES_WIDTH, colour: colour(number) }];
            match (marked, hollow) {
                (true, true) => shapes.extend(hollow_marker(number, middle)),
                (true, false) => shapes.extend(marker(number, middle)),
                (false, _) => {}
            }
            shapes
        }
        Sample::Dot(number) => marker(number, middle).into(),
        Sample::Meaning { hollow } => sample_marker(hollow, middle),
    }
}
