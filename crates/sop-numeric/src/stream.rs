//! Streams of random numbers that follow from a key alone.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};

/// A stream of random numbers, from ChaCha with 8 rounds.
///
/// The conversions to ranges and directions are written out here, so that no other crate's version can change an image that is drawn or
/// augmented with them.
#[derive(Debug)]
pub struct Stream(ChaCha8Rng);

impl Stream {
    /// The stream that follows from a key.
    #[inline]
    pub fn from_key(key: [u8; 32]) -> Self {
        Self(ChaCha8Rng::from_seed(key))
    }

    /// 64 random bits.
    #[inline]
    pub fn bits(&mut self) -> u64 {
        self.0.next_u64()
    }

    /// Uniform in [0, 1), with 53 bits.
    #[inline]
    pub fn unit(&mut self) -> f64 {
        (self.bits() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// Uniform in [low, high).
    #[inline]
    pub fn range(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.unit()
    }

    /// A whole number below `end`; the bias is below `end` / 2^53.
    #[inline]
    pub fn below(&mut self, end: usize) -> usize {
        (self.unit() * end as f64) as usize
    }

    /// Brings `count` items, drawn without replacement, to the front in random order (the start of a Fisher-Yates shuffle).
    #[inline]
    pub fn shuffle_front<T>(&mut self, items: &mut [T], count: usize) {
        for place in 0..count.min(items.len()) {
            items.swap(place, place + self.below(items.len() - place));
        }
    }

    /// True with the given probability.
    #[inline]
    pub fn chance(&mut self, probability: f64) -> bool {
        self.unit() < probability
    }

    /// A point of the unit disc, uniform.
    #[inline]
    pub fn in_disc(&mut self) -> [f64; 2] {
        loop {
            let point = [self.range(-1.0, 1.0), self.range(-1.0, 1.0)];
            if point[0] * point[0] + point[1] * point[1] <= 1.0 {
                return point;
            }
        }
    }

    /// A unit vector, uniform over the full circle (no sine or cosine, whose last digits differ between platforms).
    #[inline]
    pub fn direction(&mut self) -> [f64; 2] {
        loop {
            let [x, y] = self.in_disc();
            let length = (x * x + y * y).sqrt();
            if length > 1e-3 {
                return [x / length, y / length];
            }
        }
    }

    /// Bell-shaped noise of mean 0 and variance 1 (to 1 in 2^31): the sum of four uniform 16-bit numbers.
    #[inline]
    pub fn bell(&mut self) -> f64 {
        let bits = self.bits();
        let sum = (bits & 0xffff) + ((bits >> 16) & 0xffff) + ((bits >> 32) & 0xffff) + (bits >> 48);
        // Four uniforms on 0..=65535: mean 4 * 32767.5, variance 4 * (2^32 - 1) / 12.
        (sum as f64 - 131_070.0) / (65_536.0 * 0.577_350_269_189_625_8)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn draws_are_the_same_in_every_version() {
        let mut stream = Stream::from_key(std::array::from_fn(|place| place as u8));
        assert_eq!([stream.bits(), stream.bits()], [7_686_257_455_104_398_656, 3_680_220_661_829_527_769]);
        assert_eq!([stream.unit(), stream.range(-2.0, 3.0)], [0.3119155504164991, 1.9793959258130656]);
        assert_eq!([7, 1000, 1 << 40].map(|end| stream.below(end)), [1, 990, 635_113_096_999]);
        let mut items: Vec<u32> = (0..9).collect();
        stream.shuffle_front(&mut items, 4);
        assert_eq!(items, [7, 3, 6, 2, 4, 5, 1, 0, 8]);
        assert_eq!([0.25, 0.5, 0.75].map(|probability| stream.chance(probability)), [false, true, false]);
        assert_eq!(stream.in_disc(), [-0.5960494009913098, 0.7553286372332244]);
        assert_eq!(stream.direction(), [-0.9847666646770519, 0.17388104019942713]);
        assert_eq!(stream.bell(), -0.49868876171901155);
    }
}
