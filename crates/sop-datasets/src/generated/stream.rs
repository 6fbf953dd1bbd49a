//! Random streams: one per image and purpose, independent of all others.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};

/// What a stream is for; streams of different purposes never meet.
///
/// Later parts of the benchmark add their own tags and leave these images as they are.
#[derive(Clone, Copy)]
pub(super) enum Purpose {
    /// The scene of a classification image.
    ClassificationScene,
    /// The pixel noise of a classification image.
    ClassificationNoise,
}

impl Purpose {
    fn tag(self) -> [u8; 8] {
        *match self {
            Self::ClassificationScene => b"cls-scen",
            Self::ClassificationNoise => b"cls-nois",
        }
    }
}

/// A stream of random numbers, from ChaCha with 8 rounds, whose key is (purpose, seed, index, split, size).
///
/// The conversions to ranges and directions are written out here, so that no other crate's version can change an image.
pub(super) struct Stream(ChaCha8Rng);

impl Stream {
    pub(super) fn new(purpose: Purpose, seed: u64, split: u32, index: u64, size: u32) -> Self {
        let mut key = [0; 32];
        key[..8].copy_from_slice(&purpose.tag());
        key[8..16].copy_from_slice(&seed.to_le_bytes());
        key[16..24].copy_from_slice(&index.to_le_bytes());
        key[24..28].copy_from_slice(&split.to_le_bytes());
        key[28..].copy_from_slice(&size.to_le_bytes());
        Self(ChaCha8Rng::from_seed(key))
    }

    /// 64 random bits.
    pub(super) fn bits(&mut self) -> u64 {
        self.0.next_u64()
    }

    /// Uniform in [0, 1), with 53 bits.
    pub(super) fn unit(&mut self) -> f64 {
        (self.bits() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// Uniform in [low, high).
    pub(super) fn range(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.unit()
    }

    /// A whole number below `end`; the bias is below `end` / 2^53.
    pub(super) fn below(&mut self, end: usize) -> usize {
        (self.unit() * end as f64) as usize
    }

    /// True with the given probability.
    pub(super) fn chance(&mut self, probability: f64) -> bool {
        self.unit() < probability
    }

    /// A point of the unit disc, uniform.
    pub(super) fn in_disc(&mut self) -> [f64; 2] {
        loop {
            let point = [self.range(-1.0, 1.0), self.range(-1.0, 1.0)];
            if point[0] * point[0] + point[1] * point[1] <= 1.0 {
                return point;
            }
        }
    }

    /// A unit vector, uniform over the full circle (no sine or cosine, whose last digits differ between platforms).
    pub(super) fn direction(&mut self) -> [f64; 2] {
        loop {
            let [x, y] = self.in_disc();
            let length = (x * x + y * y).sqrt();
            if length > 1e-3 {
                return [x / length, y / length];
            }
        }
    }

    /// Bell-shaped noise of mean 0 and variance 1 (to 1 in 2^31): the sum of four uniform 16-bit numbers.
    pub(super) fn bell(&mut self) -> f64 {
        let bits = self.bits();
        let sum = (bits & 0xffff) + ((bits >> 16) & 0xffff) + ((bits >> 32) & 0xffff) + (bits >> 48);
        // Four uniforms on 0..=65535: mean 4 * 32767.5, variance 4 * (2^32 - 1) / 12.
        (sum as f64 - 131_070.0) / (65_536.0 * 0.577_350_269_189_625_8)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stream(index: u64) -> Stream {
        Stream::new(Purpose::ClassificationScene, 5, 0, index, 0)
    }

    #[test]
    fn every_part_of_the_key_changes_the_stream() {
        let first = |purpose, seed, split, index, size| Stream::new(purpose, seed, split, index, size).bits();
        let base = first(Purpose::ClassificationScene, 1, 0, 2, 3);
        assert_eq!(base, first(Purpose::ClassificationScene, 1, 0, 2, 3));
        assert_ne!(base, first(Purpose::ClassificationNoise, 1, 0, 2, 3));
        assert_ne!(base, first(Purpose::ClassificationScene, 9, 0, 2, 3));
        assert_ne!(base, first(Purpose::ClassificationScene, 1, 1, 2, 3));
        assert_ne!(base, first(Purpose::ClassificationScene, 1, 0, 9, 3));
        assert_ne!(base, first(Purpose::ClassificationScene, 1, 0, 2, 9));
    }

    #[test]
    fn numbers_stay_in_range_and_cover_it() {
        let mut stream = stream(0);
        let mut counts = [0; 4];
        for _ in 0..4000 {
            counts[stream.below(4)] += 1;
            let x = stream.range(-2.0, 3.0);
            assert!((-2.0..3.0).contains(&x));
        }
        assert!(counts.iter().all(|&n| (850..1150).contains(&n)), "{counts:?}");
    }

    #[test]
    fn bell_noise_has_mean_0_and_variance_1() {
        let mut stream = stream(1);
        let n = 40_000;
        let (mut sum, mut squares) = (0.0, 0.0);
        for _ in 0..n {
            let x = stream.bell();
            sum += x;
            squares += x * x;
        }
        let mean = sum / f64::from(n);
        assert!(mean.abs() < 0.02, "mean {mean}");
        assert!((squares / f64::from(n) - 1.0).abs() < 0.03);
    }

    #[test]
    fn directions_have_length_1_and_reach_every_quadrant() {
        let mut stream = stream(2);
        let mut quadrants = [0; 4];
        for _ in 0..400 {
            let [x, y] = stream.direction();
            assert!((x * x + y * y - 1.0).abs() < 1e-12);
            quadrants[usize::from(x > 0.0) * 2 + usize::from(y > 0.0)] += 1;
        }
        assert!(quadrants.iter().all(|&n| n > 60), "{quadrants:?}");
    }
}
