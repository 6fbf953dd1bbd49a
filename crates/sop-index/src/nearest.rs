//! The best rows seen so far for one query.

use std::cmp::Reverse;

/// Values compared at once before any is looked at: enough for the compiler to use vector instructions.
const SCAN: usize = 32;

/// Keeps the `k` most similar rows: by similarity descending, ties by the lower index.
///
/// Rows are offered in ascending index order. Those that pass the last known `k`-th best similarity are buffered, and
/// the buffer is cut back to the best `k` when it is full, so that most rows cost a comparison.
#[derive(Debug)]
pub(crate) struct Nearest {
    k: usize,
    keys: Vec<u64>,
    /// Similarity that a further row must exceed; none while fewer than `k` rows are known to be better.
    threshold: Option<f32>,
}

impl Nearest {
    /// Keeps `k` rows; `k` is at least 1.
    pub fn new(k: usize) -> Self {
        Self { k, keys: Vec::new(), threshold: None }
    }

    /// Entries that the buffer holds at most.
    pub fn capacity(k: usize) -> usize {
        k.saturating_add(k.max(64))
    }

    /// Offers the rows `first_index..`, whose similarities these are, except the row `excluded`.
    pub fn offer(&mut self, first_index: u32, similarities: &[f32], excluded: Option<u32>) {
        for (chunk, first) in similarities.chunks(SCAN).zip((first_index..).step_by(SCAN)) {
            // A later row with the same similarity has a higher index: it loses the tie, so `>` is enough.
            // NaN, which finite vectors give only by overflow, never passes.
            let passes = match self.threshold {
                None => true,
                Some(threshold) => chunk.iter().fold(false, |any, &similarity| any | (similarity > threshold)),
            };
            if passes {
                self.take(first, chunk, excluded);
            }
        }
    }

    #[inline(never)]
    fn take(&mut self, first_index: u32, similarities: &[f32], excluded: Option<u32>) {
        for (&similarity, index) in similarities.iter().zip(first_index..) {
            let passes = self.threshold.is_none_or(|threshold| similarity > threshold);
            if !passes || excluded == Some(index) {
                continue;
            }
            self.keys.push(key(similarity, index));
            if self.keys.len() == Self::capacity(self.k) {
                self.prune();
            }
        }
    }

    fn prune(&mut self) {
        if self.keys.len() > self.k {
            let (_, last, _) = self.keys.select_nth_unstable_by_key(self.k - 1, |&key| Reverse(key));
            self.threshold = Some(similarity_of(*last));
            self.keys.truncate(self.k);
        }
    }

    /// Adds what was kept for other rows of the same gallery; nothing may be offered afterwards.
    pub fn merge(mut self, other: Self) -> Self {
        self.keys.extend(other.keys);
        self.prune();
        self
    }

    /// The index and the similarity of the rows kept, best first.
    pub fn into_sorted(mut self) -> impl Iterator<Item = (u32, f32)> {
        self.prune();
        self.keys.sort_unstable_by_key(|&key| Reverse(key));
        self.keys.into_iter().map(|key| (!(key as u32), similarity_of(key)))
    }
}

/// A number that is larger for a better row: higher similarity, then lower index.
fn key(similarity: f32, index: u32) -> u64 {
    // Adding zero makes -0 and +0 the same value, as they are in a comparison.
    let bits = if similarity.is_nan() { f32::NEG_INFINITY } else { similarity + 0.0 }.to_bits();
    let ordered = if bits >> 31 == 1 { !bits } else { bits | (1 << 31) };
    (u64::from(ordered) << 32) | u64::from(!index)
}

fn similarity_of(key: u64) -> f32 {
    let ordered = (key >> 32) as u32;
    f32::from_bits(if ordered >> 31 == 1 { ordered & !(1 << 31) } else { !ordered })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_order_as_the_rule_says() {
        let best_first = [(f32::INFINITY, 9), (1.0, 0), (1.0, 1), (0.0, 2), (-0.0, 3), (-1.0, 0), (f32::NAN, 4)];
        let keys: Vec<u64> = best_first.map(|(similarity, index)| key(similarity, index)).to_vec();
        assert!(keys.is_sorted_by(|first, second| first > second), "{keys:?}");
        assert_eq!(similarity_of(keys[1]), 1.0);
        assert_eq!(similarity_of(keys[5]), -1.0);
        assert_eq!(similarity_of(keys[6]), f32::NEG_INFINITY);
    }

    #[test]
    fn an_excluded_row_is_never_kept() {
        let mut nearest = Nearest::new(2);
        nearest.offer(10, &[5.0, 4.0, 3.0], Some(10));
        assert_eq!(nearest.into_sorted().collect::<Vec<_>>(), [(11, 4.0), (12, 3.0)]);
    }

    #[test]
    fn a_buffer_that_fills_many_times_keeps_the_best() {
        let similarities: Vec<f32> = (0..5000_u32).map(|index| ((index * 7919) % 1000) as f32).collect();
        let mut expected: Vec<(u32, f32)> = (0..5000).zip(similarities.iter().copied()).collect();
        expected.sort_by(|first, second| second.1.total_cmp(&first.1).then(first.0.cmp(&second.0)));
        let mut nearest = Nearest::new(7);
        nearest.offer(0, &similarities, None);
        assert_eq!(nearest.into_sorted().collect::<Vec<_>>(), expected[..7]);
    }
}
