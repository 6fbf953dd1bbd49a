//! Axes with ticks, grid and titles.

use super::font::{CAPITAL_PER_EM, Typeface};
use super::frame::Frame;
use super::line_plot::Scale;
use super::scene::{Anchor, Label, Place, Shape};
use super::theme::{AXIS, AXIS_WIDTH, GAP, GRID, GRID_WIDTH, LABEL_SIZE, MARGIN, TICK_LENGTH, TICK_SIZE};
use super::ticks::side_by_side;

/// Room that the vertical axis takes at the left.
pub(super) fn vertical_axis_room(frame: &Frame, typeface: &Typeface) -> f64 {
    let widths = frame.ticks.labels.iter().map(|(_, text)| typeface.width(text, TICK_SIZE));
    LABEL_SIZE + GAP + widths.fold(0.0, f64::max) + GAP / 2.0 + TICK_LENGTH
}

/// Grid, ticks and title of the vertical axis.
pub(super) fn vertical_axis(frame: &Frame, title: &str, typeface: &Typeface) -> Vec<Shape> {
    let mut shapes = Vec::new();
    for (value, label) in &frame.ticks.labels {
        let y = frame.y(*value);
        shapes.push(Shape::Line { places: vec![(frame.left, y), (frame.right(), y)], width: GRID_WIDTH, colour: GRID });
        shapes.push(axis_line((frame.left - TICK_LENGTH, y), (frame.left, y)));
        let place = (frame.left - TICK_LENGTH - GAP / 2.0, y + TICK_SIZE * CAPITAL_PER_EM / 2.0);
        shapes.push(Shape::text(label.clone(), place, TICK_SIZE, Anchor::End));
    }
    shapes.push(axis_line((frame.left, frame.top), (frame.left, frame.bottom())));
    shapes.push(Shape::Text(Label {
        text: typeface.fitted(title, LABEL_SIZE, frame.height),
        place: (MARGIN + LABEL_SIZE * CAPITAL_PER_EM, frame.top + frame.height / 2.0),
        size: LABEL_SIZE,
        anchor: Anchor::Middle,
        upwards: true,
    }));
    shapes
}

/// Ticks at what was measured and the title of the horizontal axis; also gives the lowest place used.
pub(super) fn horizontal_axis(frame: &Frame, title: &str, typeface: &Typeface) -> (Vec<Shape>, f64) {
    let mut shapes = Vec::new();
    let bottom = frame.bottom();
    let first_baseline = bottom + TICK_LENGTH + GAP / 2.0 + TICK_SIZE * CAPITAL_PER_EM;
    let (texts, baseline) = match &frame.x_scale {
        Scale::Named(_) => names(frame, first_baseline, typeface),
        Scale::Logarithmic | Scale::Linear | Scale::Steps => (numbers(frame, first_baseline, typeface), first_baseline),
    };
    // The tick is there even where its number finds no room.
    for ((value, _), text) in frame.x_ticks.iter().zip(texts) {
        let x = frame.x(*value);
        shapes.push(axis_line((x, bottom), (x, bottom + TICK_LENGTH)));
        shapes.extend(text);
    }
    shapes.push(axis_line((frame.left, bottom), (frame.right(), bottom)));
    let baseline = baseline + GAP + LABEL_SIZE;
    let title = typeface.fitted(title, LABEL_SIZE, frame.width);
    shapes.push(Shape::text(title, (frame.left + frame.width / 2.0, baseline), LABEL_SIZE, Anchor::Middle));
    // Room for letters that reach below the baseline.
    (shapes, baseline + LABEL_SIZE * 0.2)
}

/// Numbers below the ticks, as many as find room.
fn numbers(frame: &Frame, baseline: f64, typeface: &Typeface) -> Vec<Option<Shape>> {
    let span = |(value, text): &(f64, String)| {
        let half = typeface.width(text, TICK_SIZE) / 2.0;
        (*value, frame.x(*value) - half, frame.x(*value) + half)
    };
    let spans: Vec<(f64, f64, f64)> = frame.x_ticks.iter().map(span).collect();
    let shown = side_by_side(&spans, GAP / 2.0);
    let number = |((value, text), shown): (&(f64, String), bool)| {
        shown.then(|| Shape::text(text.clone(), (frame.x(*value), baseline), TICK_SIZE, Anchor::Middle))
    };
    frame.x_ticks.iter().zip(shown).map(number).collect()
}

/// A name below every tick, in two lines by turns where one has no room; also gives the last baseline.
fn names(frame: &Frame, baseline: f64, typeface: &Typeface) -> (Vec<Option<Shape>>, f64) {
    let slot = frame.width / frame.x_ticks.len().max(1) as f64 - GAP / 2.0;
    let fit = frame.x_ticks.iter().all(|(_, text)| typeface.width(text, TICK_SIZE) <= slot);
    let lines = if fit { 1 } else { 2 };
    let last = baseline + (lines - 1) as f64 * (TICK_SIZE + GAP / 2.0);
    // A name in the second line reaches over its neighbours in the first, but not over the figure's edges.
    let room = |number: usize| {
        let x = frame.x_ticks.get(number).map_or(0.0, |(value, _)| frame.x(*value));
        (slot * lines as f64).min(2.0 * (x - MARGIN)).min(2.0 * (frame.right() + MARGIN - x))
    };
    let whole: Vec<String> = frame.x_ticks.iter().map(|(_, text)| text.clone()).collect();
    let texts = typeface.fitted_apart(&whole, TICK_SIZE, room);
    let name = |(number, ((value, _), text)): (usize, (&(f64, String), String))| {
        let baseline = if number % lines == 0 { baseline } else { last };
        Some(Shape::text(text, (frame.x(*value), baseline), TICK_SIZE, Anchor::Middle))
    };
    (frame.x_ticks.iter().zip(texts).enumerate().map(name).collect(), last)
}

fn axis_line(from: Place, to: Place) -> Shape {
    Shape::Line { places: vec![from, to], width: AXIS_WIDTH, colour: AXIS }
}
