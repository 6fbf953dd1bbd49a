//! Smooth random fields: random values on a lattice, smoothly interpolated.

/// A smooth field over the plane with values in 0..=1.
#[derive(Debug, Clone, Copy)]
pub(super) struct ValueNoise {
    seed: u64,
    /// Lattice cells per unit of length.
    frequency: f64,
}

impl ValueNoise {
    pub(super) fn new(seed: u64, frequency: f64) -> Self {
        Self { seed, frequency }
    }

    /// The field at a point: two octaves, the finer one with half the weight.
    pub(super) fn at(self, [x, y]: [f64; 2]) -> f64 {
        let (x, y) = (x * self.frequency, y * self.frequency);
        (2.0 * self.octave(x, y, 0) + self.octave(2.0 * x, 2.0 * y, 1)) / 3.0
    }

    fn octave(self, x: f64, y: f64, octave: u64) -> f64 {
        let (column, row) = (x.floor(), y.floor());
        let (u, v) = (smooth(x - column), smooth(y - row));
        let (column, row) = (column as i64, row as i64);
        let corner =
            |dx: i64, dy: i64| lattice_value(self.seed ^ octave, column.wrapping_add(dx), row.wrapping_add(dy));
        let top = corner(0, 0) + (corner(1, 0) - corner(0, 0)) * u;
        let bottom = corner(0, 1) + (corner(1, 1) - corner(0, 1)) * u;
        top + (bottom - top) * v
    }
}

/// The cubic that goes from 0 to 1 with level ends.
fn smooth(t: f64) -> f64 {
    t * t * (3.0 - 2.0 * t)
}

/// The random value of a lattice point, uniform in [0, 1).
fn lattice_value(seed: u64, column: i64, row: i64) -> f64 {
    // Steele, Lea and Flood (2014), "Fast splittable pseudorandom number generators": the finalizer of SplitMix64, once per coordinate.
    let first = finalize(seed.wrapping_add((column as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15)));
    let second = finalize(first.wrapping_add((row as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15)));
    (second >> 11) as f64 / (1u64 << 53) as f64
}

fn finalize(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn field_is_bounded_continuous_and_not_constant() {
        let noise = ValueNoise::new(11, 5.0);
        let values: Vec<f64> = (-4000..4000).map(|i| noise.at([f64::from(i) / 4000.0, 0.3])).collect();
        assert!(values.iter().all(|v| (0.0..=1.0).contains(v)));
        assert!(values.windows(2).all(|pair| (pair[0] - pair[1]).abs() < 0.01));
        let spread = values.iter().copied().fold(0.0, f64::max) - values.iter().copied().fold(1.0, f64::min);
        assert!(spread > 0.3, "{spread}");
    }
}
