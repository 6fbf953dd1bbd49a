//! Patterns of two colours that fill objects and backgrounds.

use super::colour::{Colour, mix};
use super::stream::Stream;
use super::value_noise::ValueNoise;

/// How two colours alternate over the plane.
#[derive(Debug, Clone, Copy)]
pub(super) enum Pattern {
    /// The first colour only.
    Plain,
    /// Even passage from the first colour to the second along a direction, over `length`.
    Gradient { direction: [f64; 2], length: f64 },
    /// Stripes of a common width.
    Stripes { direction: [f64; 2], period: f64, phase: f64 },
    /// A chequerboard, turned.
    Checks { direction: [f64; 2], period: f64, phase: f64 },
    /// A smooth random field.
    Blobs(ValueNoise),
}

/// A pattern with its two colours.
#[derive(Debug, Clone, Copy)]
pub(super) struct Texture {
    pub(super) first: Colour,
    pub(super) second: Colour,
    pub(super) pattern: Pattern,
}

impl Pattern {
    /// Stripes, a chequerboard or blobs whose elements are `least` to `most` wide, in units of the plane.
    pub(super) fn sample(least: f64, most: f64, stream: &mut Stream) -> Self {
        let kind = stream.below(3);
        let direction = stream.direction();
        let period = 2.0 * stream.range(least, most);
        let phase = stream.unit();
        match kind {
            0 => Self::Stripes { direction, period, phase },
            1 => Self::Checks { direction, period, phase },
            _ => Self::Blobs(ValueNoise::new(stream.bits(), 1.0 / period)),
        }
    }
}

impl Pattern {
    /// The pattern that goes with a class, of one of three kinds.
    pub(super) fn of_class(class: usize, stream: &mut Stream) -> Self {
        let (direction, period, phase) = (stream.direction(), stream.range(0.1, 0.3), stream.unit());
        match class % 3 {
            0 => Self::Stripes { direction, period, phase },
            1 => Self::Checks { direction, period, phase },
            _ => Self::Blobs(ValueNoise::new(stream.bits(), 1.0 / period)),
        }
    }
}

impl Texture {
    /// The colour at a point of the plane.
    pub(super) fn at(&self, [x, y]: [f64; 2]) -> Colour {
        let along = |direction: [f64; 2]| x * direction[0] + y * direction[1];
        let weight = match self.pattern {
            Pattern::Plain => 0.0,
            Pattern::Gradient { direction, length } => (along(direction) / length + 0.5).clamp(0.0, 1.0),
            Pattern::Stripes { direction, period, phase } => half(along(direction) / period + phase),
            Pattern::Checks { direction, period, phase } => {
                let [c, s] = direction;
                let (a, b) = (half(along(direction) / period + phase), half(along([-s, c]) / period));
                a + b - 2.0 * a * b
            }
            // Steeper than the field itself, so that the blobs have edges of a kind.
            Pattern::Blobs(noise) => (2.5 * (noise.at([x, y]) - 0.5) + 0.5).clamp(0.0, 1.0),
        };
        mix(self.first, self.second, weight)
    }
}

/// 0 in the first half of every unit, 1 in the second.
fn half(t: f64) -> f64 {
    if t - t.floor() < 0.5 { 0.0 } else { 1.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texture(pattern: Pattern) -> Texture {
        Texture { first: [0.0; 3], second: [1.0; 3], pattern }
    }

    #[test]
    fn stripes_and_checks_alternate() {
        let direction = [1.0, 0.0];
        let stripes = texture(Pattern::Stripes { direction, period: 1.0, phase: 0.0 });
        assert_eq!([0.1, 0.6, 1.1, -0.1].map(|x| stripes.at([x, 7.0])[0]), [0.0, 1.0, 0.0, 1.0]);
        let checks = texture(Pattern::Checks { direction, period: 1.0, phase: 0.0 });
        assert_eq!([[0.1, 0.1], [0.6, 0.1], [0.1, 0.6], [0.6, 0.6]].map(|p| checks.at(p)[0]), [0.0, 1.0, 1.0, 0.0]);
    }

    #[test]
    fn gradient_goes_from_one_colour_to_the_other() {
        let gradient = texture(Pattern::Gradient { direction: [0.0, 1.0], length: 1.0 });
        assert_eq!([-0.5, 0.0, 0.5, 2.0].map(|y| gradient.at([9.0, y])[0]), [0.0, 0.5, 1.0, 1.0]);
    }
}
