//! Values with intervals in rows below each other.

use super::font::{CAPITAL_PER_EM, Typeface};
use super::marker::{colour, marker};
use super::scene::{Anchor, Place, Scene, Shape};
use super::theme::{
    AXIS, AXIS_WIDTH, GAP, GRID, GRID_WIDTH, LABEL_SIZE, MARGIN, NOTE_SIZE, TICK_LENGTH, TICK_SIZE, TITLE_SIZE,
    WHISKER_CAP, WHISKER_WIDTH,
};
use super::ticks::{Ticks, enclosing};

/// Distance of the rows.
const ROW: f64 = 14.0;

/// Names take at most this part of the width.
const NAMES: f64 = 0.45;

/// What is drawn, not where.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct IntervalPlot {
    pub(super) title: String,
    pub(super) x_title: String,
    /// Below the title: what the values were measured with.
    pub(super) note: String,
    /// From the top down, at least one.
    pub(super) rows: Vec<IntervalRow>,
}

/// One value.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct IntervalRow {
    pub(super) name: String,
    /// Finite.
    pub(super) value: f64,
    /// The value as a text.
    pub(super) shown: String,
    /// Finite, where known.
    pub(super) interval: Option<(f64, f64)>,
    /// Shared with rows that cannot be told from it; may be empty.
    pub(super) letters: String,
}

/// Names at the left, values as texts at the right, and between them the intervals over one axis.
pub(super) fn layout(plot: &IntervalPlot, typeface: &Typeface, width: f64) -> Scene {
    let widest =
        |texts: &mut dyn Iterator<Item = &str>| texts.map(|text| typeface.width(text, TICK_SIZE)).fold(0.0, f64::max);
    let names = widest(&mut plot.rows.iter().map(|row| row.name.as_str())).min(width * NAMES);
    let values = widest(&mut plot.rows.iter().map(|row| row.shown.as_str()));
    let letters = widest(&mut plot.rows.iter().map(|row| row.letters.as_str())).min(width / 8.0);
    let letters_room = if letters > 0.0 { letters + GAP } else { 0.0 };
    let (left, right) = (MARGIN + names + GAP + TICK_LENGTH, width - MARGIN - letters_room - values - GAP);

    let mut baseline = MARGIN + TITLE_SIZE * CAPITAL_PER_EM;
    let room = width - 2.0 * MARGIN;
    let title = typeface.fitted(&plot.title, TITLE_SIZE, room);
    let mut shapes = vec![Shape::text(title, (MARGIN, baseline), TITLE_SIZE, Anchor::Start)];
    for line in typeface.lines(&plot.note, NOTE_SIZE, room).into_iter().filter(|line| !line.is_empty()) {
        baseline += NOTE_SIZE + GAP / 2.0;
        shapes.push(Shape::text(line, (MARGIN, baseline), NOTE_SIZE, Anchor::Start));
    }

    let top = baseline + GAP;
    let bottom = top + plot.rows.len() as f64 * ROW;
    let ticks = ticks(&plot.rows);
    let x = |value: f64| left + (right - left) * (value - ticks.low) / (ticks.high - ticks.low);
    let (axis, lowest) = axis(&ticks, &x, &plot.x_title, [left, right, top, bottom], width, typeface);
    shapes.extend(axis);
    for (number, row) in plot.rows.iter().enumerate() {
        let y = top + (number as f64 + 0.5) * ROW;
        let baseline = y + TICK_SIZE * CAPITAL_PER_EM / 2.0;
        let text = |text: &str, x: f64, anchor: Anchor| Shape::text(text.to_owned(), (x, baseline), TICK_SIZE, anchor);
        let name = typeface.fitted(&row.name, TICK_SIZE, names);
        shapes.push(text(&name, left - TICK_LENGTH - GAP / 2.0, Anchor::End));
        shapes.push(text(&row.shown, width - MARGIN - letters_room, Anchor::End));
        let letters = typeface.fitted(&row.letters, TICK_SIZE, letters);
        shapes.push(text(&letters, width - MARGIN - letters_room + GAP, Anchor::Start));
        if let Some((low, high)) = row.interval {
            shapes.extend(whisker(x(low), x(high), y));
        }
        shapes.extend(marker(0, (x(row.value), y)));
    }
    Scene { title: format!("{}: {}", plot.title, plot.x_title), width, height: lowest + MARGIN, shapes }
}

/// Ticks around all values and intervals.
fn ticks(rows: &[IntervalRow]) -> Ticks {
    let ends = rows.iter().flat_map(|row| {
        let (low, high) = row.interval.unwrap_or((row.value, row.value));
        [row.value, low, high]
    });
    let (low, high) = ends.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), end| (low.min(end), high.max(end)));
    enclosing(low, high)
}

/// Grid, ticks and title of the axis; also gives the lowest place used.
fn axis(
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

/// A level line with a bar at each end.
fn whisker(low: f64, high: f64, y: f64) -> [Shape; 3] {
    let cap = |x: f64| vec![(x, y - WHISKER_CAP / 2.0), (x, y + WHISKER_CAP / 2.0)];
    [vec![(low, y), (high, y)], cap(low), cap(high)].map(|places| Shape::Line {
        places,
        width: WHISKER_WIDTH,
        colour: colour(0),
    })
}
