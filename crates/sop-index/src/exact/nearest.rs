//! The best rows seen so far for one query.

use std::cmp::Reverse;

/// Keeps the `k` most similar rows: by similarity descending, ties by the lower index, in whatever order they come.
///
/// Rows that pass the last known `k`-th best are buffered, and the buffer is cut back to the best `k` when it is full.
#[derive(Debug)]
pub(crate) struct Nearest {
    k: usize,
    keys: Vec<u64>,
    /// Key that a further row must exceed; 0, below all keys, while fewer than `k` rows are known to be better.
    last: u64,
}

impl Nearest {
    /// Keeps `k` rows; `k` is at least 1.
    pub fn new(k: usize) -> Self {
        Self { k, keys: Vec::new(), last: 0 }
    }

    /// Entries that the buffer holds at most.
    pub fn capacity(k: usize) -> usize {
        k.saturating_add(k.max(64))
    }

    /// Rows kept, at most `k` of which count.
    pub fn len(&self) -> usize {
        self.keys.len()
    }

    /// Offers a row that was not offered before.
    #[inline]
    pub fn offer(&mut self, index: u32, similarity: f32) {
        let key = key(similarity, index);
        if key > self.last {
            self.keys.push(key);
            if self.keys.len() == Self::capacity(self.k) {
                self.prune();
            }
        }
    }

    fn prune(&mut self) {
        if self.keys.len() >= self.k {
            let (_, last, _) = self.keys.select_nth_unstable_by_key(self.k - 1, |&key| Reverse(key));
            self.last = *last;
            self.keys.truncate(self.k);
        }
    }

    /// The `k`-th best similarity, where there are as many rows.
    pub fn worst(&mut self) -> Option<f32> {
        self.prune();
        (self.last > 0).then(|| similarity_of(self.last))
    }

    /// The similarity of the row at a rank, from 1 to `k`, among those offered, where there are as many.
    pub fn similarity_at(&mut self, rank: usize) -> Option<f32> {
        if rank == 0 || rank > self.k || rank > self.keys.len() {
            return None;
        }
        let (_, key, _) = self.keys.select_nth_unstable_by_key(rank - 1, |&key| Reverse(key));
        Some(similarity_of(*key))
    }

    /// Adds what was kept of other rows of the same gallery.
    pub fn merge(&mut self, other: Self) {
        self.keys.extend(other.keys);
        self.prune();
    }

    /// The index and the similarity of the rows kept, best first.
    pub fn into_sorted(mut self) -> impl Iterator<Item = (u32, f32)> {
        self.prune();
        self.keys.sort_unstable_by_key(|&key| Reverse(key));
        self.keys.into_iter().map(|key| (!(key as u32), similarity_of(key)))
    }
}

/// A number above 0 that is larger for a better row: higher similarity, then lower index.
#[inline]
fn key(similarity: f32, index: u32) -> u64 {
    // Adding zero makes -0 and +0 the same value, as they are in a comparison.
    let bits = (similarity + 0.0).to_bits();
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
        let best_first =
            [(f32::INFINITY, 9), (1.0, 0), (1.0, 1), (0.0, 2), (-0.0, 3), (-1.0, 0), (f32::NEG_INFINITY, 4)];
        let keys: Vec<u64> = best_first.map(|(similarity, index)| key(similarity, index)).to_vec();
        assert!(keys.is_sorted_by(|first, second| first > second), "{keys:?}");
        assert!(keys[6] > 0);
        assert_eq!(similarity_of(keys[1]), 1.0);
        assert_eq!(similarity_of(keys[5]), -1.0);
        assert_eq!(similarity_of(keys[6]), f32::NEG_INFINITY);
    }

    #[test]
    fn a_buffer_that_fills_many_times_keeps_the_best_in_any_order() {
        let similarities: Vec<f32> = (0..5000_u32).map(|index| ((index * 7919) % 1000) as f32).collect();
        let mut expected: Vec<(u32, f32)> = (0..5000).zip(similarities.iter().copied()).collect();
        expected.sort_by(|first, second| second.1.total_cmp(&first.1).then(first.0.cmp(&second.0)));
        let (mut forwards, mut backwards) = (Nearest::new(7), Nearest::new(7));
        for index in 0..5000_u32 {
            forwards.offer(index, similarities[index as usize]);
            backwards.offer(4999 - index, similarities[4999 - index as usize]);
        }
        assert_eq!(backwards.similarity_at(3), Some(expected[2].1));
        assert_eq!(backwards.similarity_at(8), None);
        assert_eq!(backwards.worst(), Some(expected[6].1));
        assert_eq!(forwards.into_sorted().collect::<Vec<_>>(), expected[..7]);
        assert_eq!(backwards.into_sorted().collect::<Vec<_>>(), expected[..7]);
    }
}
