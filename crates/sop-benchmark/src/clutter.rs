//! Small fragments behind the object that belong to no class.

use super::colour::{self, Colour};
use super::stream::Stream;

/// A small plain disc, rectangle or triangle.
#[derive(Debug, Clone, Copy)]
pub(super) struct Fragment {
    centre: [f64; 2],
    direction: [f64; 2],
    /// Half the extent along and across the direction, in parts of the image's side.
    half: [f64; 2],
    outline: Outline,
    colour: Colour,
}

#[derive(Debug, Clone, Copy)]
enum Outline {
    Ellipse,
    Rectangle,
    Triangle,
}

impl Fragment {
    /// Draws none to five fragments anywhere in the image.
    pub(super) fn sample_some(stream: &mut Stream) -> Vec<Self> {
        let count = stream.below(6);
        (0..count).map(|_| Self::sample(stream)).collect()
    }

    fn sample(stream: &mut Stream) -> Self {
        Self {
            centre: [stream.range(-0.5, 0.5), stream.range(-0.5, 0.5)],
            direction: stream.direction(),
            half: [stream.range(0.03, 0.12), stream.range(0.015, 0.05)],
            outline: match stream.below(3) {
                0 => Outline::Ellipse,
                1 => Outline::Rectangle,
                _ => Outline::Triangle,
            },
            colour: colour::any(stream),
        }
    }

    /// The same fragment, moved.
    pub(super) fn moved(self, [dx, dy]: [f64; 2]) -> Self {
        Self { centre: [self.centre[0] + dx, self.centre[1] + dy], ..self }
    }

    /// The fragment's colour at a point, or nothing where it does not cover the point.
    pub(super) fn at(&self, [x, y]: [f64; 2]) -> Option<Colour> {
        let (dx, dy) = (x - self.centre[0], y - self.centre[1]);
        let [c, s] = self.direction;
        let (a, b) = ((dx * c + dy * s) / self.half[0], (dy * c - dx * s) / self.half[1]);
        let covered = match self.outline {
            Outline::Ellipse => a * a + b * b <= 1.0,
            Outline::Rectangle => a.abs() <= 1.0 && b.abs() <= 1.0,
            Outline::Triangle => a >= -1.0 && 2.0 * b.abs() <= 1.0 - a,
        };
        covered.then_some(self.colour)
    }
}
