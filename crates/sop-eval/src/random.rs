//! Random numbers that are the same with every version of `rand`.

use rand::RngCore;
use rand_chacha::ChaCha8Rng;

/// A number below `count`, which is above 0.
pub(crate) fn below(random: &mut ChaCha8Rng, count: usize) -> usize {
    // The high bits of a product of 64 bits: no bias that could be noticed.
    ((u128::from(random.next_u64()) * count as u128) >> 64) as usize
}
