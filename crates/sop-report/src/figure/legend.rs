//! The names of the lines, above the plot where no line can run through them.

use super::font::{CAPITAL_PER_EM, Typeface};
use super::line_plot::{LinePlot, Series};
use super::marker::{colour, marker};
use super::scene::{Anchor, Place, Shape};
use super::theme::{LEGEND_LINE, LEGEND_SAMPLE, LEGEND_SIZE, MOST_MARKERS, SERIES_WIDTH};

/// Space between a sample and its name, and between entries.
const NAME_GAP: f64 = 5.0;
const ENTRY_GAP: f64 = 14.0;

/// The legend from `(left, top)` within `room`, and the height it takes.
///
/// Names stand in the order of the lines' right ends from the top, as the eye meets them.
pub(super) fn legend(plot: &LinePlot, typeface: &Typeface, (left, top): Place, room: f64) -> (Vec<Shape>, f64) {
    let end = |series: &Series| series.points.last().map_or(0.0, |point| point.y);
    let mut order: Vec<(usize, &Series)> = plot.series.iter().enumerate().collect();
    order.sort_by(|(_, a), (_, b)| end(b).total_cmp(&end(a)));

    let mut shapes = Vec::new();
    let (mut x, mut y) = (left, top + LEGEND_LINE / 2.0);
    for (number, series) in order {
        let name = typeface.fitted(&series.name, LEGEND_SIZE, room - LEGEND_SAMPLE - NAME_GAP);
        let entry = LEGEND_SAMPLE + NAME_GAP + typeface.width(&name, LEGEND_SIZE);
        if x > left && x + entry > left + room {
            (x, y) = (left, y + LEGEND_LINE);
        }
        let places = vec![(x, y), (x + LEGEND_SAMPLE, y)];
        shapes.push(Shape::Line { places, width: SERIES_WIDTH, colour: colour(number) });
        if series.points.len() <= MOST_MARKERS {
            shapes.extend(marker(number, (x + LEGEND_SAMPLE / 2.0, y)));
        }
        let baseline = y + LEGEND_SIZE * CAPITAL_PER_EM / 2.0;
        shapes.push(Shape::text(name, (x + LEGEND_SAMPLE + NAME_GAP, baseline), LEGEND_SIZE, Anchor::Start));
        x += entry + ENTRY_GAP;
    }
    (shapes, y + LEGEND_LINE / 2.0 - top)
}
