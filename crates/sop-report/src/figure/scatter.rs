//! Maps of points, coloured by class, side by side.

use super::font::{CAPITAL_PER_EM, Typeface};
use super::scene::{Anchor, Scene, Shape};
use super::theme::{GAP, LEGEND_LINE, LEGEND_SIZE, MARGIN, NOTE_SIZE, Rgb, TITLE_SIZE};
use super::title_lines::title_lines;
use super::width::FigureWidth;

/// Colours of classes that people with colour-blindness tell apart (the muted palette of Paul Tol, and black).
const CLASS_COLOURS: [Rgb; 10] = [
    (0x33, 0x22, 0x88),
    (0xCC, 0x66, 0x77),
    (0x44, 0xAA, 0x99),
    (0xDD, 0xCC, 0x77),
    (0x88, 0xCC, 0xEE),
    (0x88, 0x22, 0x55),
    (0x11, 0x77, 0x33),
    (0xAA, 0x44, 0x99),
    (0x99, 0x99, 0x33),
    (0x22, 0x22, 0x22),
];

/// Points of classes without a name or a label.
const UNLABELLED: Rgb = (0xAA, 0xAA, 0xAA);

/// Width and height of a map where the figure's width is not given, and the least where it is.
const SIDE: f64 = 260.0;
const LEAST_SIDE: f64 = 100.0;
/// Most maps side by side where the figure's width is not given.
const MOST_BESIDE: usize = 4;

/// Radius of a point; smaller where there are many, and in a small map.
const RADIUS: f64 = 1.6;
const CROWD: usize = 5000;
const CROWDED_RADIUS: f64 = 0.9;
const OPACITY: f64 = 0.75;
/// Corners of a point.
const CORNERS: usize = 6;
/// Entries of the legend.
const MOST_NAMES: usize = 20;

/// One map: points with their classes.
#[derive(Clone, Debug, PartialEq)]
pub struct ScatterMap {
    /// Above the map, such as the encoder's name.
    pub title: String,
    /// Right and up, in any unit; both axes have the same scale.
    pub points: Vec<[f64; 2]>,
    /// Class of each point, a place in the names, where it has one.
    pub classes: Vec<Option<usize>>,
    /// Below the map, such as the divergence.
    pub note: String,
}

/// Maps side by side with a legend of the classes below.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Scatter {
    pub(super) maps: Vec<ScatterMap>,
    pub(super) class_names: Vec<String>,
}

/// Lays the maps out from the left, at a given width in rows where they would be too small; the legend is below them.
pub(super) fn layout(scatter: &Scatter, typeface: &Typeface, width: Option<f64>) -> Scene {
    let mut shapes = Vec::new();
    let count = scatter.maps.len().max(1);
    let (columns, side) = match width {
        // As wide as they are many, but not wider than a page.
        None => (
            count.min(MOST_BESIDE),
            SIDE.min((FigureWidth::PAGE.points() - MARGIN) / count.min(MOST_BESIDE) as f64 - MARGIN),
        ),
        Some(width) => {
            let columns = (((width - MARGIN) / (LEAST_SIDE + MARGIN)) as usize).clamp(1, count);
            (columns, (width - MARGIN) / columns as f64 - MARGIN)
        }
    };
    let width = width.unwrap_or(MARGIN + columns as f64 * (side + MARGIN));
    let mut bottom = 0.0;
    for row in scatter.maps.chunks(columns) {
        let titles: Vec<Vec<String>> = row.iter().map(|map| typeface.lines(&map.title, TITLE_SIZE, side)).collect();
        let lines = titles.iter().map(Vec::len).max().unwrap_or(1).max(1);
        let first_line = bottom + MARGIN + TITLE_SIZE * CAPITAL_PER_EM;
        let top = first_line + (lines - 1) as f64 * (TITLE_SIZE + GAP / 2.0) + GAP;
        bottom = top + side + GAP + NOTE_SIZE;
        for (number, map) in row.iter().enumerate() {
            let left = MARGIN + number as f64 * (side + MARGIN);
            shapes.extend(title_lines(&map.title, typeface, (left, first_line), side).0);
            shapes.extend(points(map, left, top, side));
            let mut baseline = top + side + GAP + NOTE_SIZE;
            for (number, line) in typeface.lines(&map.note, NOTE_SIZE, side).into_iter().enumerate() {
                baseline += if number > 0 { NOTE_SIZE + GAP / 2.0 } else { 0.0 };
                shapes.push(Shape::text(line, (left, baseline), NOTE_SIZE, Anchor::Start));
            }
            bottom = bottom.max(baseline);
        }
    }
    let (legend, bottom) = legend(&scatter.class_names, typeface, (bottom + GAP, width));
    shapes.extend(legend);
    let title = scatter.maps.first().map_or(String::new(), |map| map.title.clone());
    Scene { title, width, height: bottom + MARGIN, shapes }
}

/// The names of the classes below `top`; also gives the last baseline.
fn legend(class_names: &[String], typeface: &Typeface, (top, width): (f64, f64)) -> (Vec<Shape>, f64) {
    let mut shapes = Vec::new();
    let (mut x, mut y) = (MARGIN, top + LEGEND_LINE);
    let left_out = class_names.len().saturating_sub(MOST_NAMES);
    let mut names: Vec<(Option<usize>, String)> =
        class_names.iter().take(MOST_NAMES).enumerate().map(|(class, name)| (Some(class), name.clone())).collect();
    if left_out > 0 {
        names.push((None, format!("and {left_out} more classes, in the same colours again")));
    }
    for (class, name) in names {
        let name = typeface.fitted(&name, LEGEND_SIZE, SIDE.min(width - 2.0 * MARGIN - 2.0 * GAP));
        let entry = 4.0 * GAP + typeface.width(&name, LEGEND_SIZE);
        if x > MARGIN && x + entry > width - MARGIN {
            (x, y) = (MARGIN, y + LEGEND_LINE);
        }
        if let Some(class) = class {
            let places = dot((x + GAP, y - LEGEND_SIZE * CAPITAL_PER_EM / 2.0), 3.0);
            shapes.push(Shape::Area { places, colour: colour(Some(class)), opacity: 1.0 });
        }
        shapes.push(Shape::text(name, (x + 2.0 * GAP, y), LEGEND_SIZE, Anchor::Start));
        x += entry;
    }
    (shapes, y)
}

fn colour(class: Option<usize>) -> Rgb {
    class.map_or(UNLABELLED, |class| CLASS_COLOURS[class % CLASS_COLOURS.len()])
}

fn points(map: &ScatterMap, left: f64, top: f64, side: f64) -> Vec<Shape> {
    let ends = |axis: usize| {
        let values = map.points.iter().map(|point| point[axis]).filter(|value| value.is_finite());
        values.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| (low.min(value), high.max(value)))
    };
    let (x_ends, y_ends) = (ends(0), ends(1));
    let span = (x_ends.1 - x_ends.0).max(y_ends.1 - y_ends.0);
    let span = if span > 0.0 { span } else { 1.0 };
    let radius = if map.points.len() > CROWD { CROWDED_RADIUS } else { RADIUS };
    let radius = radius * (side / SIDE).clamp(0.5, 1.0);
    let scale = (side - 2.0 * radius) / span;
    let middle = |ends: (f64, f64)| f64::midpoint(ends.0, ends.1);
    let finite = map.points.iter().zip(&map.classes).filter(|(point, _)| point.iter().all(|value| value.is_finite()));
    finite
        .map(|(point, class)| {
            let x = left + side / 2.0 + (point[0] - middle(x_ends)) * scale;
            let y = top + side / 2.0 - (point[1] - middle(y_ends)) * scale;
            Shape::Area { places: dot((x, y), radius), colour: colour(*class), opacity: OPACITY }
        })
        .collect()
}

fn dot((x, y): (f64, f64), radius: f64) -> Vec<(f64, f64)> {
    let angle = |corner: usize| std::f64::consts::TAU * corner as f64 / CORNERS as f64;
    (0..CORNERS).map(|corner| (x + radius * angle(corner).cos(), y + radius * angle(corner).sin())).collect()
}
