//! Whole numbers below a bound.

use super::Stream;

impl Stream {
    /// A whole number below `end`, from a number of [0, 1) with 53 bits; the bias is below `end` / 2^53. 0 where `end` is 0.
    #[inline]
    pub fn below(&mut self, end: usize) -> usize {
        (self.unit() * end as f64) as usize
    }

    /// A whole number below `end`, from the high half of a product with 64 bits; the bias is below `end` / 2^64. 0 where `end` is 0.
    ///
    /// Stays beside [`Self::below`]: parts of train sets and the orders of linear probes are fixed by it.
    #[inline]
    pub fn below_by_64_bits(&mut self, end: usize) -> usize {
        ((u128::from(self.bits()) * end as u128) >> 64) as usize
    }

    /// A whole number below `end`, from the high half of a product with 32 bits; the bias is below `end` / 2^32. 0 where `end` is 0.
    ///
    /// Stays beside the others: the intervals of the bootstrap are fixed by it, and it draws for each unit of each resample.
    #[inline]
    pub fn below_by_32_bits(&mut self, end: usize) -> usize {
        ((u64::from(self.bits_32()) * end as u64) >> 32) as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn draws_are_the_same_in_every_version() {
        let mut stream = Stream::for_purpose(*b"order---", [1, 2, 3]);
        assert_eq!((stream.unit(), stream.below(1000)), (0.3865319291106972, 459));
        let mut counts = [0; 12];
        let mut stream = Stream::from_seed(3, 4);
        (0..12).for_each(|_| counts[stream.below_by_32_bits(12)] += 1);
        assert_eq!(counts, [0, 0, 1, 2, 1, 2, 1, 0, 1, 1, 2, 1]);
    }

    #[test]
    fn every_bound_is_kept_and_reached() {
        let mut stream = Stream::from_seed(0, 0);
        let draws: [fn(&mut Stream, usize) -> usize; 3] =
            [Stream::below, Stream::below_by_64_bits, Stream::below_by_32_bits];
        for draw in draws {
            let mut counts = [0; 5];
            (0..5000).for_each(|_| counts[draw(&mut stream, 5)] += 1);
            assert!(counts.iter().all(|count| (850..1150).contains(count)), "{counts:?}");
            assert_eq!((draw(&mut stream, 1), draw(&mut stream, 0)), (0, 0));
        }
    }
}
