//! Values with intervals in rows below each other.

use super::font::{CAPITAL_PER_EM, Typeface};
use super::marker::marker;
use super::scene::{Anchor, Scene, Shape};
use super::theme::{GAP, MARGIN, NOTE_SIZE, TICK_LENGTH, TICK_SIZE, TITLE_SIZE};
use super::value_axis::{ticks_around, value_axis, whisker};

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
    let ticks = ticks_around(plot.rows.iter().map(|row| (row.value, row.interval)));
    let x = |value: f64| left + (right - left) * (value - ticks.low) / (ticks.high - ticks.low);
    let (axis, lowest) = value_axis(&ticks, &x, &plot.x_title, [left, right, top, bottom], width, typeface);
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
            shapes.extend(whisker(0, x(low), x(high), y));
        }
        shapes.extend(marker(0, (x(row.value), y)));
    }
    Scene { title: format!("{}: {}", plot.title, plot.x_title), width, height: lowest + MARGIN, shapes }
}
