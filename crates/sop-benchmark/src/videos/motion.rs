//! How an object moves.

use crate::pose::{Placement, Pose};
use crate::stream::Stream;

/// A way through the image with an even turn and an even change of size.
#[derive(Debug, Clone, Copy)]
pub(super) struct Motion {
    /// Corners of a quadratic Bézier curve.
    way: [[f64; 2]; 3],
    radius: [f64; 2],
    /// Tangent of half the angle, at both ends.
    turn: [f64; 2],
}

impl Motion {
    /// Draws a motion that starts near the middle of part `part` of `parts` of the width, where it is seen whole.
    pub fn sample([half_width, half_height]: [f64; 2], part: usize, parts: usize, stream: &mut Stream) -> Self {
        let first = stream.range(0.17, 0.22);
        let radius = [first, first * stream.range(0.8, 1.3)];
        let part_width = 2.0 * half_width / parts as f64;
        let middle = -half_width + (part as f64 + 0.5) * part_width;
        let room = [(part_width / 2.0 - first).max(0.0), half_height - first - 0.02];
        let start = [middle + stream.range(-1.0, 1.0) * room[0], stream.range(-1.0, 1.0) * room[1]];
        let anywhere =
            |stream: &mut Stream| [stream.range(-0.85, 0.85) * half_width, stream.range(-0.7, 0.7) * half_height];
        let way = [start, anywhere(stream), anywhere(stream)];
        let turn = [stream.range(-0.6, 0.6), stream.range(-0.6, 0.6)];
        Self { way, radius, turn }
    }

    /// The pose at a time from 0 to 1.
    pub fn at(&self, time: f64) -> Pose {
        let between = |[from, to]: [f64; 2]| from + (to - from) * time;
        let [start, bend, end] = self.way;
        let along = |axis: usize| {
            (1.0 - time) * (1.0 - time) * start[axis] + 2.0 * time * (1.0 - time) * bend[axis] + time * time * end[axis]
        };
        let tangent = between(self.turn);
        let length = 1.0 + tangent * tangent;
        Pose::new(Placement {
            direction: [(1.0 - tangent * tangent) / length, 2.0 * tangent / length],
            ..Placement::upright([along(0), along(1)], between(self.radius))
        })
    }
}
