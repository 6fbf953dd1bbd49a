//! The axis below rows of values.

use super::font::{CAPITAL_PER_EM, Typeface};
use super::marker::colour;
use super::scene::{Anchor, Place, Shape};
use super::theme::{
    AXIS, AXIS_WIDTH, GAP, GRID, GRID_WIDTH, LABEL_SIZE, MARGIN, TICK_LENGTH, TICK_SIZE, WHISKER_CAP, WHISKER_WIDTH,
};
use super::ticks::{Ticks, enclosing};

/// Ticks around values and their intervals.
pub(super) fn ticks_around(values: impl Iterator<Item = (f64, Option<(f64, f64)>)>) -> Ticks {
    let ends = values.flat_map(|(value, interval)| {
        let (low, high) = interval.unwrap_or((value, value));
        [value, low, high]
    });
    let (low, high) = ends.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), end| (low.min(end), high.max(end)));
    enclosing(low, high)
}

/// Grid, ticks and title of the axis; also gives the lowest place used.
pub(super) fn value_axis(
    ticks: &Ticks,
    x: &impl Fn(f64) -> f64,
    title: &str,
    [left, right, top, bottom]: [f64; 4],
    width: f64,
    typeface: &Typeface,
) -> (Vec<Shape>, f64) {
    let line = |from: Place, to: Place, width: f64, colour| Shape::Line { places: vec![from, to], width, colour };
    let baseline = bottom + TICK_LENGTH + GAP / 2.0 + TICK_SIZE * CAPITAL_PER_EM;
    let widest = ticks.labels.iter().map(|(_, text)| typeface.width(text, TICK_SIZE)).fold(0.0, f64::max);
    let apart = (right - left) / (ticks.labels.len().max(2) - 1) as f64;
    // Every so many ticks has its number, so that numbers do not touch.
    let each = ((widest + GAP) / apart.max(1.0)).ceil().max(1.0) as usize;
    let mut shapes = Vec::new();
    for (number, (value, label)) in ticks.labels.iter().enumerate() {
        let x = x(*value);
        shapes.push(line((x, top), (x, bottom), GRID_WIDTH, GRID));
        shapes.push(line((x, bottom), (x, bottom + TICK_LENGTH), AXIS_WIDTH, AXIS));
        if number % each == 0 {
            shapes.push(Shape::text(label.clone(), (x, baseline), TICK_SIZE, Anchor::Middle));
        }
    }
    shapes.push(line((left, bottom), (right, bottom), AXIS_WIDTH, AXIS));
    let baseline = baseline + GAP + LABEL_SIZE;
    // Below the middle of the axis, or as near to it as the figure's edges allow.
    let title = typeface.fitted(title, LABEL_SIZE, width - 2.0 * MARGIN);
    let half = typeface.width(&title, LABEL_SIZE) / 2.0;
    let middle = f64::midpoint(left, right).min(width - MARGIN - half).max(MARGIN + half);
    shapes.push(Shape::text(title, (middle, baseline), LABEL_SIZE, Anchor::Middle));
    (shapes, baseline + LABEL_SIZE * 0.2)
}

/// A level line of a series with a bar at each end.
pub(super) fn whisker(series: usize, low: f64, high: f64, y: f64) -> [Shape; 3] {
    let cap = |x: f64| vec![(x, y - WHISKER_CAP / 2.0), (x, y + WHISKER_CAP / 2.0)];
    [vec![(low, y), (high, y)], cap(low), cap(high)].map(|places| Shape::Line {
        places,
        width: WHISKER_WIDTH,
        colour: colour(series),
    })
}
