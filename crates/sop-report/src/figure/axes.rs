//! Axes with ticks, grid and titles.

use super::font::{CAPITAL_PER_EM, Typeface};
use super::frame::Frame;
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
    let baseline = bottom + TICK_LENGTH + GAP / 2.0 + TICK_SIZE * CAPITAL_PER_EM;
    let spans: Vec<(u64, f64, f64)> = frame
        .x_ticks
        .iter()
        .map(|&value| {
            let half = typeface.width(&value.to_string(), TICK_SIZE) / 2.0;
            (value, frame.x(value) - half, frame.x(value) + half)
        })
        .collect();
    for (&value, shown) in frame.x_ticks.iter().zip(side_by_side(&spans, GAP / 2.0)) {
        let x = frame.x(value);
        // The tick is there even where its number finds no room.
        shapes.push(axis_line((x, bottom), (x, bottom + TICK_LENGTH)));
        if shown {
            shapes.push(Shape::text(value.to_string(), (x, baseline), TICK_SIZE, Anchor::Middle));
        }
    }
    shapes.push(axis_line((frame.left, bottom), (frame.right(), bottom)));
    let baseline = baseline + GAP + LABEL_SIZE;
    let title = typeface.fitted(title, LABEL_SIZE, frame.width);
    shapes.push(Shape::text(title, (frame.left + frame.width / 2.0, baseline), LABEL_SIZE, Anchor::Middle));
    // Room for letters that reach below the baseline.
    (shapes, baseline + LABEL_SIZE * 0.2)
}

fn axis_line(from: Place, to: Place) -> Shape {
    Shape::Line { places: vec![from, to], width: AXIS_WIDTH, colour: AXIS }
}
