//! Random numbers that follow from a seed, a purpose and a step: a resumed run needs no state of a generator.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// What random numbers are for; those of different purposes never meet.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Purpose {
    /// The first content of a memory.
    Memory,
    /// Anchors of a task.
    Anchors,
    /// Patch tokens that go into the patch memory.
    PatchTokens,
    /// The order of the images in an epoch.
    Order,
    /// Branches that the student leaves out.
    DropPath,
    /// Images that the teacher is evaluated on.
    Evaluation,
}

impl Purpose {
    fn tag(self) -> [u8; 8] {
        *match self {
            Self::Memory => b"memory--",
            Self::Anchors => b"anchors-",
            Self::PatchTokens => b"tokens--",
            Self::Order => b"order---",
            Self::DropPath => b"droppath",
            Self::Evaluation => b"evaluate",
        }
    }
}

/// A generator whose key is (purpose, seed, step, part).
pub(crate) fn generator(purpose: Purpose, seed: u64, step: u64, part: u64) -> ChaCha8Rng {
    let mut key = [0; 32];
    key[..8].copy_from_slice(&purpose.tag());
    key[8..16].copy_from_slice(&seed.to_le_bytes());
    key[16..24].copy_from_slice(&step.to_le_bytes());
    key[24..].copy_from_slice(&part.to_le_bytes());
    ChaCha8Rng::from_seed(key)
}

/// A number from 0 to below 1.
pub(crate) fn unit(random: &mut impl Rng) -> f64 {
    random.random::<f64>()
}

/// A whole number below `end`; the bias is below `end` / 2^53.
pub(crate) fn below(random: &mut impl Rng, end: usize) -> usize {
    ((random.random::<f64>() * end as f64) as usize).min(end.saturating_sub(1))
}

/// A standard normal value (Box-Muller).
pub(crate) fn normal(random: &mut impl Rng) -> f64 {
    let radius = (-2.0 * (1.0 - random.random::<f64>()).ln()).sqrt();
    radius * (std::f64::consts::TAU * random.random::<f64>()).cos()
}

/// `count` different numbers below `end`, in random order (the start of a Fisher-Yates shuffle); all of them at most.
pub(crate) fn distinct(random: &mut impl Rng, count: usize, end: usize) -> Vec<usize> {
    let mut numbers: Vec<usize> = (0..end).collect();
    let count = count.min(end);
    for place in 0..count {
        let other = place + below(random, end - place);
        numbers.swap(place, other);
    }
    numbers.truncate(count);
    numbers
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn draws_are_the_same_in_every_version() {
        let mut random = generator(Purpose::Order, 1, 2, 3);
        assert_eq!((unit(&mut random), below(&mut random, 1000)), (0.3865319291106972, 459));
        assert_eq!(distinct(&mut random, 4, 9), [5, 8, 7, 2]);
        // As f32: logarithm and cosine may differ in their last digits between platforms.
        assert_eq!([normal(&mut random) as f32, normal(&mut random) as f32], [0.70032656, -1.7983994]);
        assert_eq!((below(&mut random, 0), distinct(&mut random, 5, 3)), (0, vec![2, 0, 1]));
    }
}
