//! The order in which rows are inserted.

use std::ops::Range;

/// Some rows in an order that has nothing to do with their numbers, and is always the same.
pub(crate) fn shuffled(rows: Range<u32>) -> Vec<u32> {
    let mut order: Vec<u32> = rows.collect();
    let mut state = order.len() as u64;
    for last in (1..order.len()).rev() {
        order.swap(last, ((u128::from(split_mix(&mut state)) * (last as u128 + 1)) >> 64) as usize);
    }
    order
}

/// The next number of SplitMix64 (Steele, Lea and Flood, "Fast splittable pseudorandom number generators", 2014).
fn split_mix(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut mixed = *state;
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_comes_once_and_neighbours_are_parted() {
        for range in [0..0, 3..4, 10..5010] {
            let order = shuffled(range.clone());
            let mut sorted = order.clone();
            sorted.sort_unstable();
            assert_eq!(sorted, range.collect::<Vec<_>>());
            assert!(order.windows(2).filter(|pair| pair[0].abs_diff(pair[1]) < 10).count() < 50);
        }
    }
}
