//! Streams of random numbers that follow from a key alone.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};

/// A stream of random numbers, from ChaCha with 8 rounds.
///
/// The conversions to ranges, orders and directions are written out here, so that no other crate's version can change what is
/// drawn with them.
#[derive(Clone, Debug)]
pub struct Stream(ChaCha8Rng);

impl Stream {
    /// The stream that follows from a key.
    #[inline]
    #[must_use]
    pub fn from_key(key: [u8; 32]) -> Self {
        Self(ChaCha8Rng::from_seed(key))
    }

    /// The stream whose key is a purpose and three numbers, such as seed, epoch and image; streams of different purposes never meet.
    #[inline]
    #[must_use]
    pub fn for_purpose(purpose: [u8; 8], numbers: [u64; 3]) -> Self {
        let mut key = [0; 32];
        let parts = [purpose, numbers[0].to_le_bytes(), numbers[1].to_le_bytes(), numbers[2].to_le_bytes()];
        key.copy_from_slice(parts.as_flattened());
        Self::from_key(key)
    }

    /// The stream of this number under a seed, which is spread to a key as `SeedableRng::seed_from_u64` does.
    #[inline]
    #[must_use]
    pub fn from_seed(seed: u64, number: u64) -> Self {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        random.set_stream(number);
        Self(random)
    }

    /// 64 random bits.
    #[inline]
    pub fn bits(&mut self) -> u64 {
        self.0.next_u64()
    }

    /// 32 random bits.
    #[inline]
    pub fn bits_32(&mut self) -> u32 {
        self.0.next_u32()
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

    /// True with the given probability.
    #[inline]
    pub fn chance(&mut self, probability: f64) -> bool {
        self.unit() < probability
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

    #[test]
    fn a_purpose_and_three_numbers_are_the_parts_of_a_key() {
        let mut stream = Stream::for_purpose(*b"views---", [1, 2, 3]);
        assert_eq!(stream.bits(), 7_067_397_432_288_883_042);
        let mut key = *b"views---........................";
        key[8..].copy_from_slice(&[1, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0]);
        assert_eq!(Stream::from_key(key).bits(), 7_067_397_432_288_883_042);
    }
}
