//! What lies behind the object.

use super::colour::{self, Colour};
use super::stream::Stream;
use super::texture::{Pattern, Texture};

/// The background of an image: a gradient, or two shades in stripes, checks or blobs.
#[derive(Debug, Clone, Copy)]
pub(super) struct Background(Texture);

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
        Self(Texture { first, second, pattern })
    }

    /// The colour at a point of the image.
    pub(super) fn at(&self, point: [f64; 2]) -> Colour {
        self.0.at(point)
    }

    /// The two colours between which the background varies.
    pub(super) fn colours(&self) -> [Colour; 2] {
        [self.0.first, self.0.second]
    }
}
