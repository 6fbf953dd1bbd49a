//! What surfaces are made of: families of patterns of two colours.

use crate::colour::{Colour, mix};
use crate::stream::Stream;
use crate::value_noise::ValueNoise;

/// A family of patterns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Material {
    /// Straight ribs.
    Ribs,
    /// Bands that bend.
    Waves,
    /// A chequered cloth.
    Checks,
    /// Round spots in rows.
    Spots,
    /// Overlapping scales.
    Scales,
    /// Fine lines along one direction: fur, bark, grass.
    Streaks,
    /// Soft patches.
    Cloud,
    /// Sand and rock.
    Grain,
    /// Cells with dark walls.
    Cells,
    /// Rings around the middle.
    Rings,
    /// One colour with soft shades.
    Plain,
}

/// A material with its size, its place and its two colours.
#[derive(Debug, Clone, Copy)]
pub(super) struct Surface {
    material: Material,
    first: Colour,
    second: Colour,
    /// Periods per unit.
    frequency: f64,
    direction: [f64; 2],
    phase: f64,
    noise: ValueNoise,
    fine: ValueNoise,
}

impl Surface {
    /// A surface whose elements are about `1 / frequency` wide, turned by at most the angle with the tangent `turn`.
    pub(super) fn sample(
        material: Material,
        [first, second]: [Colour; 2],
        frequency: f64,
        turn: f64,
        stream: &mut Stream,
    ) -> Self {
        let frequency = frequency * stream.range(0.85, 1.18);
        let slope = stream.range(-turn, turn);
        let length = (1.0 + slope * slope).sqrt();
        let direction = [1.0 / length, slope / length];
        let seeds = [stream.bits(), stream.bits()];
        Self {
            material,
            first,
            second,
            frequency,
            direction,
            phase: stream.unit(),
            noise: ValueNoise::new(seeds[0], 0.5 * frequency),
            fine: ValueNoise::new(seeds[1], 2.2 * frequency),
        }
    }

    /// The colour at a point.
    pub(super) fn at(&self, point: [f64; 2]) -> Colour {
        mix(self.first, self.second, self.weight(point).clamp(0.0, 1.0))
    }

    /// How much of the second colour there is at a point.
    fn weight(&self, [x, y]: [f64; 2]) -> f64 {
        let [c, s] = self.direction;
        let (along, across) = (x * c + y * s, y * c - x * s);
        let soft = || self.noise.at([along, across]);
        let (u, v) = (along * self.frequency + self.phase, across * self.frequency);
        match self.material {
            Material::Ribs => wave(u + 0.5 * soft()),
            Material::Waves => wave(v + 0.55 * wave(0.7 * u) + 0.3 * soft()),
            Material::Checks => {
                let (a, b) = (half(0.8 * u), half(0.8 * v));
                a + b - 2.0 * a * b
            }
            Material::Spots => {
                let row = (0.9 * v).floor();
                let (du, dv) = (within(0.9 * u + 0.5 * (row - 2.0 * (row / 2.0).floor())), within(0.9 * v));
                edge(0.085 - (du * du + dv * dv), 0.03)
            }
            Material::Scales => {
                let row = v.floor();
                let (du, dv) = (within(0.9 * u + 0.5 * (row - 2.0 * (row / 2.0).floor())), v - row);
                // Dark at the curved lower edge of each scale.
                let reach = du * du * 2.2 + dv * dv;
                (1.15 * reach).min(1.0)
            }
            Material::Streaks => {
                let fine = self.fine.at([1.1 * along, 0.16 * across]);
                (3.0 * (fine - 0.5) + 0.5).clamp(0.0, 1.0)
            }
            Material::Cloud => (3.2 * (soft() - 0.5) + 0.5).clamp(0.0, 1.0),
            Material::Grain => (3.0 * (self.fine.at([along, across]) - 0.5) + 0.5).clamp(0.0, 1.0),
            Material::Cells => self.walls([0.8 * u, 0.8 * v]),
            Material::Rings => {
                wave((along * along + across * across).sqrt() * 1.1 * self.frequency + self.phase + 0.4 * soft())
            }
            Material::Plain => 0.6 * soft(),
        }
    }

    /// 1 on the walls between the cells around scattered points, 0 within.
    fn walls(&self, [u, v]: [f64; 2]) -> f64 {
        let (column, row) = (u.floor(), v.floor());
        let (mut nearest, mut second) = (f64::INFINITY, f64::INFINITY);
        for dy in -1..=1 {
            for dx in -1..=1 {
                let (i, j) = (column + f64::from(dx), row + f64::from(dy));
                // The point of a cell, away from its borders; any two smooth fields of a lattice place it.
                let place = |shift: f64| 0.2 + 0.6 * self.fine.at([0.731 * i + shift, 0.917 * j - shift]);
                let (px, py) = (i + place(3.7), j + place(11.3));
                let distance = ((u - px) * (u - px) + (v - py) * (v - py)).sqrt();
                if distance < nearest {
                    (nearest, second) = (distance, nearest);
                } else if distance < second {
                    second = distance;
                }
            }
        }
        edge(0.16 - (second - nearest), 0.1)
    }
}

/// A smooth wave of period 1 from 0 to 1 and back.
fn wave(t: f64) -> f64 {
    let folded = (2.0 * (t - t.floor()) - 1.0).abs();
    folded * folded * (3.0 - 2.0 * folded)
}

/// 0 in the first half of every unit, 1 in the second.
fn half(t: f64) -> f64 {
    if t - t.floor() < 0.5 { 0.0 } else { 1.0 }
}

/// The place within a unit, from -0.5 to 0.5.
fn within(t: f64) -> f64 {
    t - t.floor() - 0.5
}

/// 1 where `inside` is above 0, 0 where it is below, softly over `width`.
fn edge(inside: f64, width: f64) -> f64 {
    (inside / width + 0.5).clamp(0.0, 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stream::{Purpose, stream_of};

    const ALL: [Material; 11] = [
        Material::Ribs,
        Material::Waves,
        Material::Checks,
        Material::Spots,
        Material::Scales,
        Material::Streaks,
        Material::Cloud,
        Material::Grain,
        Material::Cells,
        Material::Rings,
        Material::Plain,
    ];

    #[test]
    fn every_material_shows_both_colours_but_the_plain_one() {
        for (number, material) in ALL.into_iter().enumerate() {
            let mut stream = stream_of(Purpose::NaturalScene, 5, 0, number as u64, 0);
            let surface = Surface::sample(material, [[0.0; 3], [1.0; 3]], 1.8, 0.35, &mut stream);
            let values: Vec<f64> = (0..40 * 40)
                .map(|place| surface.at([f64::from(place % 40) / 20.0 - 1.0, f64::from(place / 40) / 20.0 - 1.0])[0])
                .collect();
            assert!(values.iter().all(|value| (0.0..=1.0).contains(value)), "{material:?}");
            let share = |range: std::ops::RangeInclusive<f64>| {
                values.iter().filter(|value| range.contains(value)).count() as f64 / values.len() as f64
            };
            let (first, second) = (share(0.0..=0.35), share(0.65..=1.0));
            match material {
                Material::Plain => assert_eq!(second, 0.0),
                _ => assert!(first > 0.1 && second > 0.05, "{material:?}: {first} and {second}"),
            }
        }
    }

    #[test]
    fn waves_and_edges_end_where_they_should() {
        assert_eq!([wave(0.0), wave(0.25), wave(0.5), wave(1.0), wave(-0.5)], [1.0, 0.5, 0.0, 1.0, 0.0]);
        assert_eq!([half(0.2), half(0.7), half(-0.1)], [0.0, 1.0, 1.0]);
        assert_eq!([within(0.0), within(0.75), within(-0.25)], [-0.5, 0.25, 0.25]);
        assert_eq!([edge(-1.0, 0.5), edge(0.0, 0.5), edge(1.0, 0.5)], [0.0, 0.5, 1.0]);
    }
}
