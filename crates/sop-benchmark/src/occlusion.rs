//! Plain bars and patches in front of the object.

use super::colour::{self, Colour};
use super::object::Object;
use super::stream::Stream;

/// A rectangle that hides what is behind it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Occluder {
    centre: [f64; 2],
    direction: [f64; 2],
    half: [f64; 2],
    colour: Colour,
}

impl Occluder {
    /// A rectangle of a colour that is told from others, `half` as long and as wide along and across a direction.
    pub(super) fn new(
        centre: [f64; 2],
        direction: [f64; 2],
        half: [f64; 2],
        apart_from: &[Colour],
        stream: &mut Stream,
    ) -> Self {
        Self { centre, direction, half, colour: colour::apart_from(apart_from, 0.35, stream) }
    }

    /// Draws at most one bar across the whole image and at most one patch, both over a part of the object.
    pub(super) fn sample_some(object: &Object, stream: &mut Stream) -> Vec<Self> {
        let mut occluders = Vec::new();
        if stream.chance(0.35) {
            let half = [2.0, stream.range(0.015, 0.04)];
            occluders.push(Self::sample(object, 0.8, half, stream));
        }
        if stream.chance(0.35) {
            let half = [stream.range(0.05, 0.11), stream.range(0.05, 0.11)];
            occluders.push(Self::sample(object, 1.1, half, stream));
        }
        occluders
    }

    /// Draws the place, up to `reach` object radii from the object's centre, the turn and the colour.
    fn sample(object: &Object, reach: f64, half: [f64; 2], stream: &mut Stream) -> Self {
        let [cx, cy] = object.pose().centre();
        let [dx, dy] = stream.in_disc();
        let reach = reach * object.pose().radius();
        Self {
            centre: [cx + reach * dx, cy + reach * dy],
            direction: stream.direction(),
            half,
            // An occluder of the object's colour would change the silhouette instead of hiding a part of it.
            colour: colour::apart_from(&[object.colour()], 0.35, stream),
        }
    }

    /// The occluder's colour at a point, or nothing where it does not cover the point.
    pub(super) fn at(&self, [x, y]: [f64; 2]) -> Option<Colour> {
        let (dx, dy) = (x - self.centre[0], y - self.centre[1]);
        let [c, s] = self.direction;
        let covered = (dx * c + dy * s).abs() <= self.half[0] && (dy * c - dx * s).abs() <= self.half[1];
        covered.then_some(self.colour)
    }
}
