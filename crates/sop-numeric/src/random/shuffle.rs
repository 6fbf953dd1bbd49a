//! Random orders, by Fisher and Yates.

use super::Stream;

impl Stream {
    /// Brings `count` items, drawn without replacement by [`Self::below`], to the front in random order; all of them at most.
    #[inline]
    pub fn shuffle_front<T>(&mut self, items: &mut [T], count: usize) {
        shuffle_front(items, count, |end| self.below(end));
    }

    /// Brings `count` items, drawn without replacement by [`Self::below_by_64_bits`], to the front in random order; all of them at most.
    ///
    /// Stays beside [`Self::shuffle_front`]: parts of train sets are fixed by it.
    #[inline]
    pub fn shuffle_front_by_64_bits<T>(&mut self, items: &mut [T], count: usize) {
        shuffle_front(items, count, |end| self.below_by_64_bits(end));
    }

    /// Puts all items in random order from the last place on, by [`Self::below_by_64_bits`].
    ///
    /// Stays beside the others, which go the other way: the orders of linear probes are fixed by it.
    #[inline]
    pub fn shuffle_back_by_64_bits<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            items.swap(last, self.below_by_64_bits(last + 1));
        }
    }

    /// `count` different numbers below `end` in random order, by [`Self::shuffle_front`]; all of them at most.
    #[must_use]
    pub fn distinct(&mut self, count: usize, end: usize) -> Vec<usize> {
        let mut numbers: Vec<usize> = (0..end).collect();
        self.shuffle_front(&mut numbers, count);
        numbers.truncate(count);
        numbers
    }
}

#[inline]
fn shuffle_front<T>(items: &mut [T], count: usize, mut below: impl FnMut(usize) -> usize) {
    for place in 0..count.min(items.len()) {
        items.swap(place, place + below(items.len() - place));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn orders_are_the_same_in_every_version() {
        let mut stream = Stream::for_purpose(*b"order---", [1, 2, 3]);
        let _ = (stream.bits(), stream.bits());
        assert_eq!(stream.distinct(4, 9), [5, 8, 7, 2]);
        let mut order: Vec<usize> = (0..9).collect();
        Stream::from_seed(3, 3 << 40).shuffle_back_by_64_bits(&mut order);
        assert_eq!(order, [7, 6, 8, 0, 2, 4, 5, 1, 3]);
    }

    #[test]
    fn every_item_stays_and_no_more_are_drawn_than_there_are() {
        let mut stream = Stream::from_seed(0, 0);
        let shuffles: [fn(&mut Stream, &mut [u32]); 3] = [
            |stream, items| stream.shuffle_front(items, 99),
            |stream, items| stream.shuffle_front_by_64_bits(items, 99),
            Stream::shuffle_back_by_64_bits,
        ];
        for shuffle in shuffles {
            let mut items: Vec<u32> = (0..30).collect();
            shuffle(&mut stream, &mut items);
            assert!(!items.is_sorted());
            items.sort_unstable();
            assert!(items.into_iter().eq(0..30));
            shuffle(&mut stream, &mut []);
        }
    }
}
