//! What lies behind the object.

use super::colour::{self, Colour};
use super::stream::Stream;
use super::texture::{Pattern, Texture};

/// The background of an image: a gradient, or two shades in stripes, checks or blobs.
#[derive(Debug, Clone, Copy)]
pub(super) struct Background {
    texture: Texture,
    /// Where the texture's origin lies in the image.
    origin: [f64; 2],
}

impl Background {
    /// Draws a background, without looking at the class.
    pub(super) fn sample(stream: &mut Stream) -> Self {
        let first = colour::any(stream);
        let second = colour::shade_of(first, 0.08, 0.3, stream);
        let pattern = if stream.chance(0.4) {
            Pattern::Gradient { direction: stream.direction(), length: stream.range(0.6, 1.4) }
        } else {
            Pattern::sample(0.05, 0.2, stream)
        };
        Self { texture: Texture { first, second, pattern }, origin: [0.0, 0.0] }
    }

    /// The same background, moved.
    pub(super) fn moved(self, [dx, dy]: [f64; 2]) -> Self {
        Self { origin: [self.origin[0] + dx, self.origin[1] + dy], ..self }
    }

    /// Draws a background on which an object of this colour is seen: the first of 16 that is far enough, or the farthest.
    pub(super) fn apart_from(object: Colour, stream: &mut Stream) -> Self {
        let nearest = |background: &Self| {
            let [first, second] = background.colours();
            colour::distance_between(first, object).min(colour::distance_between(second, object))
        };
        let mut best = Self::sample(stream);
        for _ in 1..16 {
            if nearest(&best) >= 0.4 {
                break;
            }
            let candidate = Self::sample(stream);
            if nearest(&candidate) > nearest(&best) {
                best = candidate;
            }
        }
        best
    }

    /// Draws a background of the kind that goes with a class: its hue and its pattern tell the class, the rest is drawn.
    pub(super) fn of_class(class: usize, stream: &mut Stream) -> Self {
        let [r, g, b] = colour::of_class(class);
        let mut around = |channel: f64| (channel + stream.range(-0.08, 0.08)).clamp(0.0, 1.0);
        let first = [around(r), around(g), around(b)];
        let second = colour::shade_of(first, 0.12, 0.25, stream);
        let pattern = Pattern::of_class(class, stream);
        Self { texture: Texture { first, second, pattern }, origin: [0.0, 0.0] }
    }

    /// The colour at a point of the image.
    pub(super) fn at(&self, [x, y]: [f64; 2]) -> Colour {
        self.texture.at([x - self.origin[0], y - self.origin[1]])
    }

    /// The two colours between which the background varies.
    pub(super) fn colours(&self) -> [Colour; 2] {
        [self.texture.first, self.texture.second]
    }
}
