//! Weighted counts of differing bits: the inner loop of a scan over [sketches](super::sketch).
//!
//! Counts are whole numbers, so that all versions give the same.

#![allow(
    unsafe_code,
    reason = "functions compiled for vector instructions may only be called where the machine has them"
)]

use crate::graph::dot::{LINE, Line};

/// Bits of a weight.
pub(crate) const PLANES: usize = 3;
/// Rows that are fetched ahead.
const AHEAD: usize = 16;
/// Bits of a line.
pub(crate) const BITS: usize = 8 * LINE;

/// One line of a query's bits, and the weights of its bits: plane `p` has bit `p` of each weight.
#[derive(Clone, Copy, Debug)]
pub(crate) struct WeightedLine {
    pub bits: Line,
    pub planes: [Line; PLANES],
}

/// Which instructions count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BitCounter {
    /// AVX-512 with VPOPCNTDQ: 512 bits an instruction.
    #[cfg(target_arch = "x86_64")]
    Avx512,
    /// An instruction that counts the bits of a word.
    #[cfg(target_arch = "x86_64")]
    Popcnt,
    /// Plain loops.
    Portable,
}

impl BitCounter {
    /// Those that this machine has, fastest first.
    pub fn available() -> impl Iterator<Item = Self> {
        #[cfg(target_arch = "x86_64")]
        let special = [
            (is_x86_feature_detected!("avx512f") && is_x86_feature_detected!("avx512vpopcntdq"))
                .then_some(Self::Avx512),
            is_x86_feature_detected!("popcnt").then_some(Self::Popcnt),
        ];
        #[cfg(not(target_arch = "x86_64"))]
        let special: [Option<Self>; 0] = [];
        special.into_iter().flatten().chain([Self::Portable])
    }

    /// The fastest of this machine.
    pub fn best() -> Self {
        Self::available().next().unwrap_or(Self::Portable)
    }

    /// Writes for each of some rows, in their order, the sum of the query's weights where bits differ to `out`, which is as long as `rows`.
    ///
    /// Rows have as many lines as the query.
    ///
    /// # Panics
    /// Where a row is beyond `sketches`.
    #[inline]
    pub fn differences(self, query: &[WeightedLine], sketches: &[Line], rows: &[u32], out: &mut [u32]) {
        match self {
            // SAFETY: this version is only made where the machine has its instructions.
            #[cfg(target_arch = "x86_64")]
            Self::Avx512 => unsafe { x86::avx512(query, sketches, rows, out) },
            // SAFETY: as above.
            #[cfg(target_arch = "x86_64")]
            Self::Popcnt => unsafe { x86::popcnt(query, sketches, rows, out) },
            Self::Portable => by_words(query, sketches, rows, out),
        }
    }
}

#[inline(always)]
fn words(line: &Line) -> impl Iterator<Item = u64> {
    line.0.as_chunks::<8>().0.iter().map(|bytes| u64::from_le_bytes(*bytes))
}

#[inline(always)]
fn by_words(query: &[WeightedLine], sketches: &[Line], rows: &[u32], out: &mut [u32]) {
    for (out, &row) in out.iter_mut().zip(rows) {
        let sketch = &sketches[row as usize * query.len()..][..query.len()];
        let mut counts = [0_u32; PLANES];
        for (weighted, sketch) in query.iter().zip(sketch) {
            for (count, plane) in counts.iter_mut().zip(&weighted.planes) {
                let parts = words(sketch).zip(words(&weighted.bits)).zip(words(plane));
                *count += parts.map(|((row, query), plane)| ((row ^ query) & plane).count_ones()).sum::<u32>();
            }
        }
        *out = counts.iter().enumerate().map(|(plane, count)| count << plane).sum();
    }
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    use std::arch::x86_64::{
        __m512i, _mm256_storeu_si256, _mm512_add_epi64, _mm512_cvtepi64_epi32, _mm512_load_si512, _mm512_popcnt_epi64,
        _mm512_setzero_si512, _mm512_shuffle_i64x2, _mm512_ternarylogic_epi64, _mm512_unpackhi_epi64,
        _mm512_unpacklo_epi64,
    };

    use super::{AHEAD, Line, WeightedLine, by_words};
    use crate::graph::prefetch::prefetch;

    /// Rows taken at once.
    const ROWS: usize = 8;
    /// `(first ^ second) & third`, as the instruction wants it.
    const XOR_THEN_AND: i32 = 0b0010_1000;

    #[target_feature(enable = "popcnt")]
    pub(super) fn popcnt(query: &[WeightedLine], sketches: &[Line], rows: &[u32], out: &mut [u32]) {
        by_words(query, sketches, rows, out);
    }

    #[target_feature(enable = "avx512f")]
    fn whole(line: &Line) -> __m512i {
        // SAFETY: a line has 64 bytes, aligned to 64.
        unsafe { _mm512_load_si512(line.0.as_ptr().cast()) }
    }

    /// The weighted bits that differ, counted by words of 64 bits.
    #[target_feature(enable = "avx512f,avx512vpopcntdq")]
    fn counts(query: &[WeightedLine], sketch: &[Line]) -> __m512i {
        let mut sum = _mm512_setzero_si512();
        for (weighted, sketch) in query.iter().zip(sketch) {
            let (row, bits) = (whole(sketch), whole(&weighted.bits));
            let mut count = _mm512_setzero_si512();
            // The highest bit of the weights first, which counts twice as much as the next.
            for plane in weighted.planes.iter().rev() {
                let differs = _mm512_ternarylogic_epi64::<XOR_THEN_AND>(row, bits, whole(plane));
                count = _mm512_add_epi64(_mm512_add_epi64(count, count), _mm512_popcnt_epi64(differs));
            }
            sum = _mm512_add_epi64(sum, count);
        }
        sum
    }

    /// Sums of neighbouring words of two rows: first row, second row, first row …
    #[target_feature(enable = "avx512f")]
    fn pairs(first: __m512i, second: __m512i) -> __m512i {
        _mm512_add_epi64(_mm512_unpacklo_epi64(first, second), _mm512_unpackhi_epi64(first, second))
    }

    #[target_feature(enable = "avx512f,avx512vpopcntdq")]
    pub(super) fn avx512(query: &[WeightedLine], sketches: &[Line], rows: &[u32], out: &mut [u32]) {
        let sketch = |row: u32| &sketches[row as usize * query.len()..][..query.len()];
        for (place, (rows_here, out)) in rows.chunks(ROWS).zip(out.chunks_mut(ROWS)).enumerate() {
            rows.iter().skip(place * ROWS + AHEAD).take(ROWS).for_each(|&row| prefetch(sketch(row)));
            let mut sums = [_mm512_setzero_si512(); ROWS];
            for (sum, &row) in sums.iter_mut().zip(rows_here) {
                *sum = counts(query, sketch(row));
            }
            // Words of rows 0 and 1, 2 and 3 …, then quarters of four rows, then all eight.
            let two =
                [pairs(sums[0], sums[1]), pairs(sums[2], sums[3]), pairs(sums[4], sums[5]), pairs(sums[6], sums[7])];
            let four = |first: __m512i, second: __m512i| {
                let lower = _mm512_shuffle_i64x2::<0b10_00_10_00>(first, second);
                let upper = _mm512_shuffle_i64x2::<0b11_01_11_01>(first, second);
                _mm512_add_epi64(lower, upper)
            };
            let eight = four(four(two[0], two[1]), four(two[2], two[3]));
            let mut counts = [0_u32; ROWS];
            // SAFETY: eight numbers of 32 bits are behind the pointer.
            unsafe { _mm256_storeu_si256(counts.as_mut_ptr().cast(), _mm512_cvtepi64_epi32(eight)) };
            out.copy_from_slice(&counts[..out.len()]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_version_of_the_machine_counts_the_same() {
        let mut state = 7_u32;
        let mut next = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 24) as u8
        };
        let mut line = || Line(std::array::from_fn(|_| next()));
        for lines in [1, 2, 3] {
            let sketches: Vec<Line> = (0..lines * 9).map(|_| line()).collect();
            let query: Vec<WeightedLine> =
                (0..lines).map(|_| WeightedLine { bits: line(), planes: std::array::from_fn(|_| line()) }).collect();
            let rows = [8, 0, 3, 3, 7, 1, 2, 4, 5, 6, 8];
            let bit = |line: &Line, place: usize| u32::from(line.0[place / 8] >> (place % 8) & 1);
            let expected = rows.map(|row: u32| {
                let sketch = &sketches[row as usize * lines..][..lines];
                let weight =
                    |query: &WeightedLine, place| (0..PLANES).map(|p| bit(&query.planes[p], place) << p).sum::<u32>();
                let parts = query.iter().zip(sketch).flat_map(|(query, sketch)| {
                    (0..BITS)
                        .filter(|&place| bit(&query.bits, place) != bit(sketch, place))
                        .map(|place| weight(query, place))
                });
                parts.sum::<u32>()
            });
            for counter in BitCounter::available() {
                let mut out = [0; 11];
                counter.differences(&query, &sketches, &rows, &mut out);
                assert_eq!(out, expected, "{counter:?}, {lines} lines");
            }
        }
    }
}
