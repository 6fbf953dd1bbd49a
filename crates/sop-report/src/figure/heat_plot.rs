//! Cells whose colour and number are a value.

use super::font::{CAPITAL_PER_EM, Typeface};
use super::scene::{Anchor, Label, Scene, Shape};
use super::theme::{AXIS, AXIS_WIDTH, GAP, LABEL_SIZE, MARGIN, NOTE_SIZE, PALETTE, PAPER, Rgb, TICK_SIZE, TITLE_SIZE};
use super::title_lines::title_lines;

/// Heights of a row.
const LOWEST_ROW: f64 = 11.0;
const HIGHEST_ROW: f64 = 22.0;

/// Names of rows take at most this part of the width, names of columns this length where they run upwards.
const NAMES: f64 = 0.3;
const UPWARDS: f64 = 70.0;

/// Width and height of the bar that says what colours mean.
const BAR: (f64, f64) = (60.0, 7.0);
const BAR_STEPS: usize = 30;

/// What is drawn, not where.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct HeatPlot {
    pub(super) title: String,
    /// Below the title: what the values are.
    pub(super) note: String,
    pub(super) x_title: String,
    pub(super) y_title: String,
    /// From the left, at least one.
    pub(super) columns: Vec<String>,
    /// From the top down, at least one.
    pub(super) rows: Vec<String>,
    /// By row and column: a finite value with its text.
    pub(super) cells: Vec<Vec<Option<(f64, String)>>>,
    /// The lowest and the highest value as texts.
    pub(super) ends: [String; 2],
}

/// Names at the left and below, cells between; numbers in all cells where they find room in each, and else a bar of the colours.
pub(super) fn layout(plot: &HeatPlot, typeface: &Typeface, width: f64) -> Scene {
    let room = width - 2.0 * MARGIN;
    let names = plot.rows.iter().map(|name| typeface.width(name, TICK_SIZE)).fold(0.0, f64::max).min(width * NAMES);
    let left = MARGIN + LABEL_SIZE + GAP + names + GAP;
    let (cell, height) = {
        let cell = (width - MARGIN - left) / plot.columns.len().max(1) as f64;
        (cell, cell.clamp(LOWEST_ROW, HIGHEST_ROW))
    };
    let values = || plot.cells.iter().flatten().flatten();
    let ends = values()
        .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), (value, _)| (low.min(*value), high.max(*value)));
    let size = [TICK_SIZE, NOTE_SIZE]
        .into_iter()
        .find(|size| values().all(|(_, text)| typeface.width(text, *size) + GAP / 2.0 <= cell) && size * 1.2 <= height);

    let mut baseline = MARGIN + TITLE_SIZE * CAPITAL_PER_EM;
    let (mut shapes, last) = title_lines(&plot.title, typeface, (MARGIN, baseline), room);
    baseline = last;
    for line in typeface.wrapped(&plot.note, NOTE_SIZE, room) {
        baseline += NOTE_SIZE + GAP / 2.0;
        shapes.push(Shape::text(line, (MARGIN, baseline), NOTE_SIZE, Anchor::Start));
    }
    if size.is_none() {
        baseline += NOTE_SIZE + GAP;
        shapes.extend(colour_bar(plot, baseline, typeface));
    }

    let top = baseline + GAP + 2.0;
    let bottom = top + height * plot.rows.len() as f64;
    let middle_of = |size: f64| size * CAPITAL_PER_EM / 2.0;
    let row_names = typeface.fitted_apart(&plot.rows, TICK_SIZE, |_| names);
    for (number, (name, cells)) in row_names.into_iter().zip(&plot.cells).enumerate() {
        let y = top + number as f64 * height;
        let place = (left - GAP, y + height / 2.0 + middle_of(TICK_SIZE));
        shapes.push(Shape::text(name, place, TICK_SIZE, Anchor::End));
        for (column, value) in cells.iter().enumerate() {
            let x = left + column as f64 * cell;
            let colour = value.as_ref().map_or(PAPER, |(value, _)| colour(*value, ends));
            shapes.push(rectangle([x, y, x + cell, y + height], colour));
            let text = value.as_ref().map_or("\u{2013}", |(_, text)| text.as_str());
            let text_size = size.or(value.is_none().then_some(NOTE_SIZE));
            if let Some(size) = text_size {
                let place = (x + cell / 2.0, y + height / 2.0 + middle_of(size));
                shapes.push(Shape::text(text.to_owned(), place, size, Anchor::Middle));
            }
        }
    }
    let line = |places| Shape::Line { places, width: AXIS_WIDTH, colour: AXIS };
    let right = left + cell * plot.columns.len() as f64;
    shapes.push(line(vec![(left, top), (left, bottom), (right, bottom), (right, top), (left, top)]));
    let (texts, mut lowest) = column_names(plot, typeface, (left, bottom), cell);
    shapes.extend(texts);

    lowest += GAP + LABEL_SIZE;
    let x_title = typeface.fitted(&plot.x_title, LABEL_SIZE, room);
    let half = typeface.width(&x_title, LABEL_SIZE) / 2.0;
    let middle = f64::midpoint(left, right).min(width - MARGIN - half).max(MARGIN + half);
    shapes.push(Shape::text(x_title, (middle, lowest), LABEL_SIZE, Anchor::Middle));
    shapes.push(Shape::Text(Label {
        text: typeface.fitted(&plot.y_title, LABEL_SIZE, (lowest - top).max(LABEL_SIZE)),
        place: (MARGIN + LABEL_SIZE * CAPITAL_PER_EM, f64::midpoint(top, bottom)),
        size: LABEL_SIZE,
        anchor: Anchor::Middle,
        upwards: true,
    }));
    let lowest = lowest + LABEL_SIZE * 0.2;
    Scene { title: format!("{}: {}", plot.title, plot.note), width, height: lowest + MARGIN, shapes }
}

/// The names below the cells, level where all find room and else upwards; also gives the lowest place used.
fn column_names(plot: &HeatPlot, typeface: &Typeface, (left, top): (f64, f64), cell: f64) -> (Vec<Shape>, f64) {
    let x = |column: usize| left + (column as f64 + 0.5) * cell;
    let widest = plot.columns.iter().map(|name| typeface.width(name, TICK_SIZE)).fold(0.0, f64::max);
    if widest + GAP / 2.0 <= cell {
        let baseline = top + GAP / 2.0 + TICK_SIZE;
        let text = |(column, name): (usize, &String)| {
            Shape::text(name.clone(), (x(column), baseline), TICK_SIZE, Anchor::Middle)
        };
        return (plot.columns.iter().enumerate().map(text).collect(), baseline);
    }
    // Where columns are narrower than a line of text, every so many have their name.
    let each = (TICK_SIZE / cell).ceil().max(1.0) as usize;
    let length = widest.min(UPWARDS);
    let names = typeface.fitted_apart(&plot.columns, TICK_SIZE, |_| length);
    let text = |(column, text): (usize, String)| {
        Shape::Text(Label {
            text,
            place: (x(column) + TICK_SIZE * CAPITAL_PER_EM / 2.0, top + GAP / 2.0),
            size: TICK_SIZE,
            anchor: Anchor::End,
            upwards: true,
        })
    };
    let shown = names.into_iter().enumerate().filter(|(column, _)| column % each == 0);
    (shown.map(text).collect(), top + GAP / 2.0 + length)
}

/// The lowest value, the colours, and the highest value.
fn colour_bar(plot: &HeatPlot, baseline: f64, typeface: &Typeface) -> Vec<Shape> {
    let [low, high] = plot.ends.clone();
    let left = MARGIN + typeface.width(&low, NOTE_SIZE) + GAP;
    let mut shapes = vec![
        Shape::text(low, (MARGIN, baseline), NOTE_SIZE, Anchor::Start),
        Shape::text(high, (left + BAR.0 + GAP, baseline), NOTE_SIZE, Anchor::Start),
    ];
    let step = BAR.0 / BAR_STEPS as f64;
    for number in 0..BAR_STEPS {
        let x = left + number as f64 * step;
        let part = number as f64 / (BAR_STEPS - 1) as f64;
        shapes.push(rectangle([x, baseline - BAR.1, x + step, baseline], mixed(part)));
    }
    shapes
}

fn rectangle([left, top, right, bottom]: [f64; 4], colour: Rgb) -> Shape {
    Shape::Area { places: vec![(left, top), (right, top), (right, bottom), (left, bottom)], colour, opacity: 1.0 }
}

/// The colour of a value: nearly white for the lowest, and never so dark that a number in it could not be read.
fn colour(value: f64, (low, high): (f64, f64)) -> Rgb {
    mixed(if high > low { (value - low) / (high - low) } else { 0.5 })
}

fn mixed(part: f64) -> Rgb {
    // The palette's light blue.
    let [.., full, _] = PALETTE;
    let mix = |from: u8, to: u8| (f64::from(from) + part * (f64::from(to) - f64::from(from))).round() as u8;
    let from = (0xF7, 0xFB, 0xFF);
    (mix(from.0, full.0), mix(from.1, full.1), mix(from.2, full.2))
}
