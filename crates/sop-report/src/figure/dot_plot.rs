//! Rows of dots: names below each other, a dot for each series.

use super::font::{CAPITAL_PER_EM, Typeface};
use super::legend::{Entry, Sample, legend};
use super::marker::marker;
use super::scene::{Anchor, Scene, Shape};
use super::theme::{GAP, GRID, GRID_WIDTH, MARGIN, NOTE_SIZE, TICK_LENGTH, TICK_SIZE, TITLE_SIZE};
use super::title_lines::title_lines;
use super::value_axis::{ticks_around, value_axis, whisker};

/// Height of a row where its dots share a line, and of the line of each series where they do not.
const ROW: f64 = 14.0;
const LINE: f64 = 7.4;

/// Names take at most this part of the width.
const NAMES: f64 = 0.4;

/// What is drawn, not where.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct DotPlot {
    pub(super) title: String,
    pub(super) x_title: String,
    /// Below the title; may be empty.
    pub(super) note: String,
    /// In the order of their colours.
    pub(super) series: Vec<String>,
    /// From the top down, with at least one dot in all.
    pub(super) groups: Vec<DotGroup>,
}

/// Rows under one heading.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct DotGroup {
    pub(super) title: Option<String>,
    pub(super) rows: Vec<DotRow>,
}

/// One name with its dots.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct DotRow {
    pub(super) name: String,
    /// A place for each series.
    pub(super) dots: Vec<Option<Dot>>,
}

/// A value with its 95 % interval.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Dot {
    /// Finite.
    pub(super) value: f64,
    /// Finite, where known.
    pub(super) interval: Option<(f64, f64)>,
}

impl DotRow {
    /// The mean over the series that have a value; `None` where none has.
    pub(super) fn mean(&self) -> Option<f64> {
        let values: Vec<f64> = self.values().collect();
        (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
    }

    /// How far its values lie apart.
    pub(super) fn span(&self) -> f64 {
        let ends = self.values().fold(None, |ends: Option<(f64, f64)>, value| {
            Some(ends.map_or((value, value), |(low, high)| (low.min(value), high.max(value))))
        });
        ends.map_or(0.0, |(low, high)| high - low)
    }

    fn values(&self) -> impl Iterator<Item = f64> {
        self.dots.iter().flatten().map(|dot| dot.value)
    }
}

/// Names at the left, dots over one axis at the right, the legend above.
///
/// Where there are intervals, each series has a line of its own within a row, so that they do not hide each other.
pub(super) fn layout(plot: &DotPlot, typeface: &Typeface, width: f64) -> Scene {
    let rows = || plot.groups.iter().flat_map(|group| &group.rows);
    let dots = || rows().flat_map(|row| row.dots.iter().flatten());
    let has_intervals = dots().any(|dot| dot.interval.is_some());
    let lines = if has_intervals { plot.series.len().max(1) } else { 1 };
    let row_height = ROW.max(LINE * lines as f64 + GAP);
    let heading = |text: &str| typeface.fitted(text, NOTE_SIZE, width - 2.0 * MARGIN);
    let names = rows().map(|row| typeface.width(&row.name, TICK_SIZE)).fold(0.0, f64::max).min(width * NAMES);
    let ticks = ticks_around(dots().map(|dot| (dot.value, dot.interval)));
    let last = ticks.labels.last().map_or(0.0, |(_, text)| typeface.width(text, TICK_SIZE)) / 2.0;
    let (left, right) = (MARGIN + names + GAP + TICK_LENGTH, width - MARGIN - last);
    let room = width - 2.0 * MARGIN;

    let mut baseline = MARGIN + TITLE_SIZE * CAPITAL_PER_EM;
    let (mut shapes, last) = title_lines(&plot.title, typeface, (MARGIN, baseline), room);
    baseline = last;
    for line in typeface.wrapped(&plot.note, NOTE_SIZE, room) {
        baseline += NOTE_SIZE + GAP / 2.0;
        shapes.push(Shape::text(line, (MARGIN, baseline), NOTE_SIZE, Anchor::Start));
    }
    let entries: Vec<Entry<'_>> =
        plot.series.iter().enumerate().map(|(number, name)| Entry { name, sample: Sample::Dot(number) }).collect();
    let (entries, legend_height) = legend(&entries, typeface, (MARGIN, baseline + GAP), room);
    shapes.extend(entries);

    let top = baseline + GAP + legend_height + GAP;
    let num_headings = plot.groups.iter().filter(|group| group.title.is_some()).count();
    let bottom = top + rows().count() as f64 * row_height + num_headings as f64 * ROW;
    let x = |value: f64| left + (right - left) * (value - ticks.low) / (ticks.high - ticks.low);
    let (axis, lowest) = value_axis(&ticks, &x, &plot.x_title, [left, right, top, bottom], width, typeface);
    shapes.extend(axis);
    let all: Vec<String> = rows().map(|row| row.name.clone()).collect();
    let mut fitted = typeface.fitted_apart(&all, TICK_SIZE, |_| names).into_iter();
    let mut y = top;
    for group in &plot.groups {
        if let Some(title) = &group.title {
            let baseline = y + ROW - GAP + 1.0;
            shapes.push(Shape::text(heading(title), (MARGIN, baseline), NOTE_SIZE, Anchor::Start));
            y += ROW;
        }
        for row in &group.rows {
            let middle = y + row_height / 2.0;
            let places = vec![(left, middle), (right, middle)];
            let line = |places| Shape::Line { places, width: GRID_WIDTH, colour: GRID };
            // Where a row has several lines, it is set off from the next; else its line leads from the name to the dots.
            shapes.push(line(if lines == 1 { places } else { vec![(MARGIN, y), (right, y)] }));
            let name = fitted.next().unwrap_or_default();
            let baseline = middle + TICK_SIZE * CAPITAL_PER_EM / 2.0;
            shapes.push(Shape::text(name, (left - TICK_LENGTH - GAP / 2.0, baseline), TICK_SIZE, Anchor::End));
            let line = |series: usize| match lines {
                1 => middle,
                _ => middle + (series as f64 - (lines - 1) as f64 / 2.0) * LINE,
            };
            let dots = || row.dots.iter().enumerate().filter_map(|(series, dot)| Some((series, (*dot)?)));
            for (series, dot) in dots() {
                if let Some((low, high)) = dot.interval {
                    shapes.extend(whisker(series, x(low), x(high), line(series)));
                }
            }
            shapes.extend(dots().flat_map(|(series, dot)| marker(series, (x(dot.value), line(series)))));
            y += row_height;
        }
    }
    Scene { title: format!("{}: {}", plot.title, plot.x_title), width, height: lowest + MARGIN, shapes }
}
