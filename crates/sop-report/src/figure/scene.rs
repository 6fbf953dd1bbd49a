//! What is drawn where: shapes and texts in points from the upper left corner.

use super::font::Typeface;
use super::theme::Rgb;

/// A place: right, down.
pub(super) type Place = (f64, f64);

/// A picture of shapes, later ones over earlier ones.
#[derive(Debug)]
pub(super) struct Scene {
    pub(super) title: String,
    pub(super) width: f64,
    pub(super) height: f64,
    pub(super) shapes: Vec<Shape>,
}

/// One thing to draw.
#[derive(Debug)]
pub(super) enum Shape {
    /// Connected pieces of line.
    Line { places: Vec<Place>, width: f64, colour: Rgb },
    /// A filled area.
    Area { places: Vec<Place>, colour: Rgb, opacity: f64 },
    /// One line of text.
    Text(Label),
}

impl Shape {
    /// A level text whose baseline has its `anchor` at `place`.
    pub(super) fn text(text: String, place: Place, size: f64, anchor: Anchor) -> Self {
        Self::Text(Label { text, place, size, anchor, upwards: false })
    }
}

/// One line of text.
#[derive(Debug)]
pub(super) struct Label {
    pub(super) text: String,
    /// Where its baseline has the anchor.
    pub(super) place: Place,
    pub(super) size: f64,
    pub(super) anchor: Anchor,
    /// Whether it runs upwards.
    pub(super) upwards: bool,
}

impl Label {
    /// Where its baseline begins, whichever part of it stands at its place.
    pub(super) fn start(&self, typeface: &Typeface) -> Place {
        let width = typeface.width(&self.text, self.size);
        let back = match self.anchor {
            Anchor::Start => 0.0,
            Anchor::Middle => width / 2.0,
            Anchor::End => width,
        };
        let (x, y) = self.place;
        if self.upwards { (x, y + back) } else { (x - back, y) }
    }
}

/// The part of a text that stands at its place.
#[derive(Clone, Copy, Debug)]
pub(super) enum Anchor {
    Start,
    Middle,
    End,
}
