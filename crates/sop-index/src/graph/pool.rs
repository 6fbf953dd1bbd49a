//! The best rows that a walk has seen, best first, with a mark at those whose neighbours were looked at.

/// A row and its score in one number, that is larger for a better row: higher score, then lower row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Entry(u64);

impl Entry {
    /// A row whose neighbours were not looked at; rows are below 2^31.
    #[inline(always)]
    pub fn new(row: u32, score: f32) -> Self {
        let bits = (score + 0.0).to_bits();
        let ordered = if bits >> 31 == 1 { !bits } else { bits | (1 << 31) };
        Self((u64::from(ordered) << 32) | u64::from(!(row << 1) & !1))
    }

    /// The row.
    #[inline(always)]
    pub fn row(self) -> u32 {
        (!(self.0 as u32)) >> 1
    }

    /// Its score.
    #[inline(always)]
    pub fn score(self) -> f32 {
        let ordered = (self.0 >> 32) as u32;
        f32::from_bits(if ordered >> 31 == 1 { ordered & !(1 << 31) } else { !ordered })
    }

    #[inline(always)]
    fn is_expanded(self) -> bool {
        self.0 & 1 == 1
    }
}

/// At most `beam` rows.
#[derive(Debug, Default)]
pub(crate) struct Pool {
    entries: Vec<Entry>,
    beam: usize,
    /// All entries before this one were expanded.
    next: usize,
}

impl Pool {
    /// Empties the pool, which takes `beam` rows from now on; at least one.
    pub fn reset(&mut self, beam: usize) {
        self.entries.clear();
        self.beam = beam.max(1);
        self.next = 0;
    }

    /// Whether a row of this score would be kept.
    #[inline(always)]
    pub fn admits(&self, score: f32) -> bool {
        self.entries.len() < self.beam || self.entries.last().is_some_and(|last| score > last.score())
    }

    /// Offers a row that was not offered before.
    #[inline]
    pub fn offer(&mut self, row: u32, score: f32) {
        let entry = Entry::new(row, score);
        if self.entries.len() == self.beam {
            if self.entries.last().is_some_and(|&last| entry < last) {
                return;
            }
            self.entries.pop();
        }
        let place = self.entries.partition_point(|&other| other > entry);
        self.entries.insert(place, entry);
        self.next = self.next.min(place);
    }

    /// Marks the best row that was not expanded yet, and returns it.
    #[inline]
    pub fn expand(&mut self) -> Option<u32> {
        while let Some(entry) = self.entries.get_mut(self.next) {
            self.next += 1;
            if !entry.is_expanded() {
                entry.0 |= 1;
                return Some(entry.row());
            }
        }
        None
    }

    /// The row that [`Self::expand`] would return, most likely.
    #[inline]
    pub fn peek(&self) -> Option<u32> {
        self.entries.get(self.next).map(|entry| entry.row())
    }

    /// The rows, best first.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_hold_row_and_score_and_order_by_both() {
        let best_first = [(7, f32::INFINITY), (0, 1.0), (1, 1.0), (u32::MAX >> 1, 1.0), (2, -0.0), (3, 0.0), (0, -3.5)];
        let entries = best_first.map(|(row, score)| Entry::new(row, score));
        for (entry, (row, score)) in entries.iter().zip(best_first) {
            assert_eq!((entry.row(), entry.score()), (row, score));
        }
        assert!(entries.is_sorted_by(|first, second| first > second), "{entries:?}");
    }

    #[test]
    fn the_best_are_kept_and_each_is_expanded_once() {
        let mut pool = Pool::default();
        pool.reset(3);
        for (row, score) in [(0, 1.0), (1, 3.0), (2, 2.0), (3, 0.5)] {
            pool.offer(row, score);
        }
        assert_eq!((pool.expand(), pool.peek()), (Some(1), Some(2)));
        assert!(!pool.admits(1.0) && pool.admits(1.5));
        pool.offer(4, 9.0);
        assert_eq!([pool.expand(), pool.expand(), pool.expand()], [Some(4), Some(2), None]);
        assert_eq!(pool.entries().iter().map(|entry| entry.row()).collect::<Vec<_>>(), [4, 1, 2]);
    }
}
