//! Markers that tell lines apart without colour.

use std::f64::consts::{FRAC_PI_2, FRAC_PI_4, PI, TAU};

use super::scene::{Place, Shape};
use super::theme::{AXIS, MARKER_RADIUS, PALETTE, PAPER, Rgb};

/// White rim that sets a marker off from the lines below it, in points.
const RIM: f64 = 0.7;

/// Width of the outline of a hollow marker.
const HOLLOW_RIM: f64 = 1.0;

/// Corners of a polygon that looks round.
const ROUND: usize = 36;

/// The shape at the points of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Marker {
    Circle,
    Square,
    TriangleUp,
    Diamond,
    TriangleDown,
    Star,
}

const MARKERS: [Marker; 6] =
    [Marker::Circle, Marker::Square, Marker::TriangleUp, Marker::Diamond, Marker::TriangleDown, Marker::Star];

/// The colour of line number `series`.
pub(super) fn colour(series: usize) -> Rgb {
    PALETTE.get(series % PALETTE.len()).copied().unwrap_or_default()
}

/// The marker of line number `series` at a place. Seven colours and six markers: 42 lines differ.
pub(super) fn marker(series: usize, place: Place) -> [Shape; 2] {
    [(RIM, PAPER), (0.0, colour(series))].map(|(rim, colour)| area(series, place, rim, colour))
}

/// The same marker, empty inside.
pub(super) fn hollow_marker(series: usize, place: Place) -> [Shape; 3] {
    [(RIM, PAPER), (0.0, colour(series)), (-HOLLOW_RIM, PAPER)].map(|(rim, colour)| area(series, place, rim, colour))
}

/// A round marker of no line: what hollow and filled mean.
pub(super) fn sample_marker(hollow: bool, place: Place) -> Vec<Shape> {
    let inside = hollow.then_some((-HOLLOW_RIM, PAPER));
    [(0.0, AXIS)].into_iter().chain(inside).map(|(rim, colour)| area(0, place, rim, colour)).collect()
}

fn area(series: usize, place: Place, rim: f64, colour: Rgb) -> Shape {
    let marker = MARKERS.get(series % MARKERS.len()).copied().unwrap_or(Marker::Circle);
    Shape::Area { places: outline(marker, place, rim), colour, opacity: 1.0 }
}

/// Corners of a marker that is `rim` wider on every side.
fn outline(marker: Marker, (x, y): Place, rim: f64) -> Vec<Place> {
    // Factors that give the shapes about the same area; corners move out further than sides.
    let (corners, factor, start, rim) = match marker {
        Marker::Circle => (ROUND, 1.0, 0.0, rim),
        Marker::Square => (4, 1.25, FRAC_PI_4, rim * 1.41),
        Marker::Diamond => (4, 1.32, 0.0, rim * 1.41),
        Marker::TriangleUp => (3, 1.48, -FRAC_PI_2, rim * 2.0),
        Marker::TriangleDown => (3, 1.48, FRAC_PI_2, rim * 2.0),
        Marker::Star => (10, 1.6, -FRAC_PI_2, rim * 1.6),
    };
    let angle = |corner: usize| start + TAU * corner as f64 / corners as f64;
    let radius = |corner: usize| {
        let radius = MARKER_RADIUS * factor + rim;
        // Every second corner of a star lies inside, at the ratio of a pentagram.
        if marker == Marker::Star && corner % 2 == 1 {
            radius * (PI * 0.1).sin() / (PI * 0.3).sin() + rim * 0.2
        } else {
            radius
        }
    };
    (0..corners)
        .map(|corner| (x + radius(corner) * angle(corner).cos(), y + radius(corner) * angle(corner).sin()))
        .collect()
}
