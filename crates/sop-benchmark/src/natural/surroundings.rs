//! Where things are.

use super::hue::hsv;
use super::material::{Material, Surface};
use crate::colour::Colour;
use crate::stream::Stream;

/// A kind of place, with hues and materials of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Forest,
    Meadow,
    Rock,
    Sand,
    Sky,
    Water,
}

impl Place {
    pub(super) const ALL: [Self; 6] = [Self::Forest, Self::Meadow, Self::Rock, Self::Sand, Self::Sky, Self::Water];

    /// Hues, saturations, brightness, and materials of the place.
    fn ranges(self) -> ([f64; 2], [f64; 2], [f64; 2], [Material; 2]) {
        match self {
            Self::Forest => ([0.22, 0.42], [0.2, 0.55], [0.15, 0.5], [Material::Cloud, Material::Streaks]),
            Self::Meadow => ([0.16, 0.33], [0.3, 0.65], [0.45, 0.85], [Material::Streaks, Material::Cloud]),
            Self::Rock => ([0.0, 1.0], [0.0, 0.2], [0.25, 0.7], [Material::Grain, Material::Cells]),
            Self::Sand => ([0.07, 0.15], [0.2, 0.5], [0.6, 0.95], [Material::Plain, Material::Grain]),
            Self::Sky => ([0.52, 0.64], [0.1, 0.5], [0.65, 1.0], [Material::Plain, Material::Cloud]),
            Self::Water => ([0.48, 0.62], [0.3, 0.75], [0.25, 0.75], [Material::Waves, Material::Plain]),
        }
    }
}

/// What is behind a thing: a surface that becomes lighter or darker downwards.
#[derive(Debug, Clone, Copy)]
pub(super) struct Surroundings {
    surface: Surface,
    fall: f64,
}

impl Surroundings {
    pub(super) fn sample(place: Place, stream: &mut Stream) -> Self {
        let (hue, saturation, value, materials) = place.ranges();
        let mut within = |[low, high]: [f64; 2]| stream.range(low, high);
        let (hue, saturation, value) = (within(hue), within(saturation), within(value));
        let contrast = within([0.06, 0.2]);
        let first = hsv(hue, saturation, value);
        let second = hsv(hue + 0.03, saturation, if value > 0.5 { value - contrast } else { value + contrast });
        let material = if stream.chance(0.7) { materials[0] } else { materials[1] };
        let frequency = stream.range(2.0, 4.0);
        Self {
            surface: Surface::sample(material, [first, second], frequency, 0.6, stream),
            fall: stream.range(-0.25, 0.25),
        }
    }

    /// The colour at a point of the image.
    pub(super) fn at(&self, point: [f64; 2]) -> Colour {
        self.surface.at(point).map(|channel| channel * (1.0 + self.fall * point[1]))
    }
}
