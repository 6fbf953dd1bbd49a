//! From a plot to shapes at places.

use super::axes::{horizontal_axis, vertical_axis, vertical_axis_room};
use super::font::{CAPITAL_PER_EM, Typeface};
use super::frame::Frame;
use super::legend::{legend, line_entries};
use super::line_plot::{LinePlot, Point, Series};
use super::marker::{colour, hollow_marker, marker};
use super::scene::{Anchor, Place, Scene, Shape};
use super::theme::{
    BAND_OPACITY, GAP, LOWEST, MARGIN, MARKERS_OF_A_LINE, MOST_MARKERS, NOTE_SIZE, SERIES_WIDTH, TITLE_SIZE,
    WHISKER_CAP, WHISKER_WIDTH, WIDTH,
};
use super::title_lines::title_lines;

/// Says what bands and whiskers are.
const INTERVAL_NOTE: &str = "with 95 % intervals";

/// Lays out plots from the top down, `width` points wide.
pub(super) fn layout(plots: &[LinePlot], typeface: &Typeface, width: f64) -> Scene {
    let mut shapes = Vec::new();
    let mut top = 0.0;
    // All panels have their axes below each other.
    let rooms = plots.iter().map(|plot| vertical_axis_room(&Frame::unplaced(plot), typeface));
    let left = MARGIN + rooms.fold(0.0, f64::max);
    for plot in plots {
        let (panel, bottom) = panel(plot, (left, top), width, typeface);
        shapes.extend(panel);
        top = bottom;
    }
    let title = plots.first().map_or(String::new(), |plot| format!("{}: {}", plot.title, plot.y_title));
    Scene { title, width, height: top + MARGIN, shapes }
}

/// Lays out one plot with its vertical axis at `left`, below `top`: title, legend, axes and lines from the top down.
///
/// Also gives the lowest place used.
fn panel(plot: &LinePlot, (left, top): Place, width: f64, typeface: &Typeface) -> (Vec<Shape>, f64) {
    let mut frame = Frame::unplaced(plot);
    frame.left = left;
    frame.width = width - frame.left - MARGIN;
    frame.height *= (width / WIDTH).clamp(LOWEST, 1.0);

    let baseline = top + MARGIN + TITLE_SIZE * CAPITAL_PER_EM;
    let (mut shapes, baseline) = title(&frame, plot, baseline, typeface);
    let legend_top = baseline + GAP;
    let (entries, legend_height) = legend(&line_entries(plot), typeface, (frame.left, legend_top), frame.width);
    shapes.extend(entries);
    frame.top = legend_top + legend_height + GAP;

    shapes.extend(vertical_axis(&frame, &plot.y_title, typeface));
    let (axis, bottom) = horizontal_axis(&frame, &plot.x_title, typeface);
    shapes.extend(axis);
    shapes.extend(plot.series.iter().flat_map(|series| intervals(&frame, series)));
    shapes.extend(plot.series.iter().map(|series| Shape::Line {
        places: series.points.iter().map(|point| frame.place(point)).collect(),
        width: if series.hollow { WHISKER_WIDTH } else { SERIES_WIDTH },
        colour: colour(series.number),
    }));
    for series in plot.series.iter().filter(|series| series.points.len() <= MOST_MARKERS) {
        let every = series.points.len().div_ceil(MARKERS_OF_A_LINE).max(1);
        for place in series.points.iter().step_by(every).map(|point| frame.place(point)) {
            match series.hollow {
                true => shapes.extend(hollow_marker(series.number, place)),
                false => shapes.extend(marker(series.number, place)),
            }
        }
    }
    (shapes, bottom)
}

/// The title at the left, in two lines where it is long, and what the bands are at the right, or below it where the title takes the line; also gives the last baseline.
fn title(frame: &Frame, plot: &LinePlot, baseline: f64, typeface: &Typeface) -> (Vec<Shape>, f64) {
    let (mut shapes, mut last) = title_lines(&plot.title, typeface, (frame.left, baseline), frame.width);
    let is_one_line = shapes.len() == 1;
    let title_width = typeface.width(&plot.title, TITLE_SIZE);
    if plot.series.iter().flat_map(|series| &series.points).any(|point| point.interval.is_some()) {
        let note = INTERVAL_NOTE.to_owned();
        let both = title_width + 2.0 * GAP + typeface.width(INTERVAL_NOTE, NOTE_SIZE);
        if !is_one_line || both > frame.width {
            last += GAP + NOTE_SIZE;
            shapes.push(Shape::text(note, (frame.left, last), NOTE_SIZE, Anchor::Start));
        } else {
            shapes.push(Shape::text(note, (frame.right(), baseline), NOTE_SIZE, Anchor::End));
        }
    }
    (shapes, last)
}

/// A band between the lower and the upper ends of the intervals; whiskers where not every point has one.
fn intervals(frame: &Frame, series: &Series) -> Vec<Shape> {
    let ends: Vec<(f64, f64, f64)> = series
        .points
        .iter()
        .filter_map(|point: &Point| point.interval.map(|(low, high)| (frame.x(point.x), frame.y(low), frame.y(high))))
        .collect();
    let colour = colour(series.number);
    if ends.len() > 1 && ends.len() == series.points.len() {
        let lower = ends.iter().map(|(x, low, _)| (*x, *low));
        let upper = ends.iter().rev().map(|(x, _, high)| (*x, *high));
        return vec![Shape::Area { places: lower.chain(upper).collect(), colour, opacity: BAND_OPACITY }];
    }
    let whisker = |(x, low, high): (f64, f64, f64)| {
        let cap = |y: f64| vec![(x - WHISKER_CAP / 2.0, y), (x + WHISKER_CAP / 2.0, y)];
        [vec![(x, low), (x, high)], cap(low), cap(high)]
    };
    let places = ends.into_iter().flat_map(whisker);
    places.map(|places| Shape::Line { places, width: WHISKER_WIDTH, colour }).collect()
}
