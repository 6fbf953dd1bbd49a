//! A set of rows: which rows of an index a search may find.

/// Rows of an index as one bit each: those that a filter lets through, or that were not removed.
///
/// The set knows how many rows there are, and has none beyond them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowSet {
    words: Vec<u64>,
    len: usize,
}

const BITS: usize = u64::BITS as usize;

impl RowSet {
    /// No row of `len`.
    #[must_use]
    pub fn new(len: usize) -> Self {
        Self { words: vec![0; len.div_ceil(BITS)], len }
    }

    /// Every row of `len`.
    #[must_use]
    pub fn full(len: usize) -> Self {
        let mut set = Self { words: vec![u64::MAX; len.div_ceil(BITS)], len };
        set.clear_end();
        set
    }

    /// Some rows of `len`; those beyond it are left out.
    #[must_use]
    pub fn from_rows(len: usize, rows: impl IntoIterator<Item = u32>) -> Self {
        let mut set = Self::new(len);
        rows.into_iter().for_each(|row| {
            set.insert(row);
        });
        set
    }

    /// Rows that there are, whether they are in the set or not.
    #[must_use]
    pub fn num_rows(&self) -> usize {
        self.len
    }

    /// Rows in the set.
    #[must_use]
    pub fn count(&self) -> usize {
        self.words.iter().map(|word| word.count_ones() as usize).sum()
    }

    /// Whether no row is in the set.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.words.iter().all(|&word| word == 0)
    }

    /// Whether a row is in the set; one beyond [`Self::num_rows`] is not.
    #[inline(always)]
    #[must_use]
    pub fn contains(&self, row: u32) -> bool {
        let row = row as usize;
        self.words.get(row / BITS).is_some_and(|word| word >> (row % BITS) & 1 == 1)
    }

    /// Adds a row; says whether it is new. A row beyond [`Self::num_rows`] is not added.
    pub fn insert(&mut self, row: u32) -> bool {
        let row = row as usize;
        let Some(word) = self.words.get_mut(row / BITS).filter(|_| row < self.len) else { return false };
        let new = *word >> (row % BITS) & 1 == 0;
        *word |= 1 << (row % BITS);
        new
    }

    /// Takes a row out; says whether it was there.
    pub fn remove(&mut self, row: u32) -> bool {
        let there = self.contains(row);
        if there {
            self.words[row as usize / BITS] &= !(1 << (row as usize % BITS));
        }
        there
    }

    /// Makes it a set of more or fewer rows; new ones are not in it.
    pub fn resize(&mut self, len: usize) {
        self.words.resize(len.div_ceil(BITS), 0);
        self.len = len;
        self.clear_end();
    }

    /// The rows in the set, ascending.
    pub fn iter(&self) -> impl Iterator<Item = u32> + '_ {
        self.words.iter().enumerate().flat_map(|(place, &word)| {
            let mut rest = word;
            std::iter::from_fn(move || {
                let bit = (rest != 0).then(|| rest.trailing_zeros())?;
                rest &= rest - 1;
                Some((place * BITS) as u32 + bit)
            })
        })
    }

    /// The rows of the set, ascending.
    pub(crate) fn to_vec(&self) -> Vec<u32> {
        let mut rows = Vec::with_capacity(self.count());
        for (place, &word) in self.words.iter().enumerate() {
            let mut rest = word;
            while rest != 0 {
                rows.push((place * BITS) as u32 + rest.trailing_zeros());
                rest &= rest - 1;
            }
        }
        rows
    }

    /// Appends `first`, the next number and so on to `kept` for those of some rows that are in the set.
    #[inline]
    pub(crate) fn extract(&self, rows: &[u32], first: u32, kept: &mut Vec<u32>) {
        let before = kept.len();
        kept.resize(before + rows.len(), 0);
        let mut end = before;
        // Without a branch, which would often be guessed wrong.
        for (number, &row) in (first..).zip(rows) {
            kept[end] = number;
            end += usize::from(self.contains(row));
        }
        kept.truncate(end);
    }

    /// Some rows of the set, `count` at most, spread over their numbers, ascending.
    pub(crate) fn spread(&self, count: usize) -> Vec<u32> {
        let mut rows: Vec<u32> = Vec::with_capacity(count);
        for place in 0..count {
            let first = self.words.len() * place / count;
            let row = self.words[first..].iter().position(|&word| word != 0).map(|offset| {
                let word = first + offset;
                (word * BITS) as u32 + self.words[word].trailing_zeros()
            });
            rows.extend(row.filter(|row| rows.last().is_none_or(|last| row > last)));
        }
        rows
    }

    /// Keeps the rows that are in `other`, too. Rows that `other` does not have are taken out.
    pub fn intersect(&mut self, other: &Self) {
        let others = other.words.iter().copied().chain(std::iter::repeat(0));
        self.words.iter_mut().zip(others).for_each(|(word, other)| *word &= other);
    }

    /// Adds the rows of `other`, as far as this set has room for them.
    pub fn unite(&mut self, other: &Self) {
        self.words.iter_mut().zip(&other.words).for_each(|(word, other)| *word |= other);
        self.clear_end();
    }

    /// Takes out the rows of `other`.
    pub fn subtract(&mut self, other: &Self) {
        self.words.iter_mut().zip(&other.words).for_each(|(word, other)| *word &= !other);
    }

    /// Makes it the set of the rows that were not in it.
    pub fn invert(&mut self) {
        self.words.iter_mut().for_each(|word| *word = !*word);
        self.clear_end();
    }

    /// Takes out what the last word has beyond the last row.
    fn clear_end(&mut self) {
        if let (Some(last), 1..) = (self.words.last_mut(), self.len % BITS) {
            *last &= (1 << (self.len % BITS)) - 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    fn as_tree(set: &RowSet) -> BTreeSet<u32> {
        set.iter().collect()
    }

    proptest! {
        #[test]
        fn it_is_a_set(
            len in 0_usize..200,
            first in prop::collection::vec(0_u32..260, 0..120),
            second in prop::collection::vec(0_u32..260, 0..120),
        ) {
            let rows = |chosen: &[u32]| chosen.iter().copied().filter(|&row| (row as usize) < len).collect::<BTreeSet<u32>>();
            let (ours, theirs) = (rows(&first), rows(&second));
            let set = RowSet::from_rows(len, first.iter().copied());
            let other = RowSet::from_rows(len, second.iter().copied());
            prop_assert_eq!(as_tree(&set), ours.clone());
            prop_assert_eq!((set.count(), set.is_empty(), set.num_rows()), (ours.len(), ours.is_empty(), len));
            let changed = |change: fn(&mut RowSet, &RowSet)| {
                let mut changed = set.clone();
                change(&mut changed, &other);
                as_tree(&changed)
            };
            prop_assert_eq!(changed(RowSet::intersect), &ours & &theirs);
            prop_assert_eq!(changed(RowSet::unite), &ours | &theirs);
            prop_assert_eq!(changed(RowSet::subtract), &ours - &theirs);
            prop_assert_eq!(changed(|set, _| set.invert()), &rows(&(0..260).collect::<Vec<_>>()) - &ours);
            let (mut removed, mut left) = (set.clone(), ours.clone());
            for &row in &second {
                prop_assert_eq!(removed.remove(row), left.remove(&row));
            }
            prop_assert_eq!(as_tree(&removed), left);
        }

        #[test]
        fn a_resized_set_keeps_its_rows(len in 0_usize..200, later in 0_usize..200) {
            let mut set = RowSet::full(len);
            set.resize(later);
            prop_assert_eq!(as_tree(&set), (0..len.min(later) as u32).collect());
            prop_assert_eq!(set, RowSet::from_rows(later, 0..len.min(later) as u32));
        }
    }

    #[test]
    fn rows_are_spread_over_the_set() {
        let set = RowSet::from_rows(1000, (0..1000).filter(|row| row % 3 == 1 && !(200..500).contains(row)));
        let rows = set.spread(8);
        assert!(rows.is_sorted_by(|first, second| first < second) && rows.iter().all(|&row| set.contains(row)));
        assert!(rows.len() > 4 && rows[0] == 1 && rows.iter().any(|&row| row > 800), "{rows:?}");
        assert_eq!(RowSet::from_rows(70, [69]).spread(5), [69]);
        assert_eq!((RowSet::new(100).spread(5), RowSet::new(0).spread(5)), (vec![], vec![]));
    }

    #[test]
    fn rows_beyond_the_end_are_never_in_it() {
        let mut set = RowSet::full(65);
        assert_eq!((set.count(), set.contains(64), set.contains(65), set.insert(65)), (65, true, false, false));
        let mut small = RowSet::new(3);
        small.unite(&set);
        assert_eq!(small, RowSet::full(3));
        set.intersect(&small);
        assert_eq!(set.count(), 3);
    }
}
