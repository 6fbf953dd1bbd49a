//! Weighted counts of differing bits, and what follows from them: the inner loop of a scan over [sketches](super::sketch).
//!
//! Counts are whole numbers, and each operation after that is rounded on its own, so that all versions give the same.

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

    /// Writes for each of some rows, in their order, what follows from the sum of the query's weights where bits differ to `out`, which is
    /// as long as `rows`.
    ///
    /// Rows have as many lines as the query.
    ///
    /// # Panics
    /// Where a row is beyond `sketches`.
    #[inline]
    pub fn estimates(
        self,
        query: &[WeightedLine],
        form: &LinearForm,
        sketches: &[Line],
        rows: &[u32],
        out: &mut [f32],
    ) {
        match self {
            // SAFETY: this version is only made where the machine has its instructions.
            #[cfg(target_arch = "x86_64")]
            Self::Avx512 => unsafe { x86::avx512(query, form, sketches, rows, out) },
            // SAFETY: as above.
            #[cfg(target_arch = "x86_64")]
            Self::Popcnt => unsafe { x86::popcnt(query, form, sketches, rows, out) },
            Self::Portable => by_words(query, form, sketches, rows, out),
        }
    }
}

/// What follows from a row's two numbers, `size` and `added`, which its last line ends with, and from the weights where its bits differ:
/// `constant + size * (step * (total - 2 * different)) + weight * added`, rounded after each operation.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LinearForm {
    pub constant: f32,
    pub step: f32,
    pub total: u32,
    pub weight: f32,
}

impl LinearForm {
    #[inline(always)]
    fn of(&self, last: &Line, different: u32) -> f32 {
        let [.., a, b, c, d, e, f, g, h] = last.0;
        let (size, added) = (f32::from_le_bytes([a, b, c, d]), f32::from_le_bytes([e, f, g, h]));
        // Each bit that differs is taken off twice: once where it was added, once for itself.
        let agreeing = self.total as i32 - 2 * different as i32;
        self.constant + size * (self.step * agreeing as f32) + self.weight * added
    }
}

#[inline(always)]
fn words(line: &Line) -> impl Iterator<Item = u64> {
    line.0.as_chunks::<8>().0.iter().map(|bytes| u64::from_le_bytes(*bytes))
}

/// The sketch of a row, of some lines.
#[inline(always)]
fn sketch(sketches: &[Line], row: u32, lines: usize) -> &[Line] {
    &sketches[row as usize * lines..][..lines]
}

#[inline(always)]
fn by_words(query: &[WeightedLine], form: &LinearForm, sketches: &[Line], rows: &[u32], out: &mut [f32]) {
    for (out, &row) in out.iter_mut().zip(rows) {
        let sketch = sketch(sketches, row, query.len());
        let mut counts = [0_u32; PLANES];
        for (weighted, sketch) in query.iter().zip(sketch) {
            for (count, plane) in counts.iter_mut().zip(&weighted.planes) {
                let parts = words(sketch).zip(words(&weighted.bits)).zip(words(plane));
                *count += parts.map(|((row, query), plane)| ((row ^ query) & plane).count_ones()).sum::<u32>();
            }
        }
        let different = counts.iter().enumerate().map(|(plane, count)| count << plane).sum();
        *out = sketch.last().map_or(0.0, |last| form.of(last, different));
    }
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    use std::arch::x86_64::{
        __m512i, _mm256_add_epi32, _mm256_add_ps, _mm256_castsi256_ps, _mm256_cvtepi32_ps, _mm256_mul_ps,
        _mm256_set1_epi32, _mm256_set1_ps, _mm256_storeu_ps, _mm256_sub_epi32, _mm512_add_epi64, _mm512_cvtepi64_epi32,
        _mm512_load_si512, _mm512_popcnt_epi64, _mm512_set_epi64, _mm512_setzero_si512, _mm512_shuffle_i64x2,
        _mm512_srli_epi64, _mm512_ternarylogic_epi64, _mm512_unpackhi_epi64, _mm512_unpacklo_epi64,
    };

    use super::{AHEAD, Line, LinearForm, WeightedLine, by_words, sketch};
    use crate::graph::prefetch::prefetch;

    /// Rows taken at once.
    const ROWS: usize = 8;
    /// `(first ^ second) & third`, as the instruction wants it.
    const XOR_THEN_AND: i32 = 0b0010_1000;

    #[target_feature(enable = "popcnt")]
    pub(super) fn popcnt(query: &[WeightedLine], form: &LinearForm, sketches: &[Line], rows: &[u32], out: &mut [f32]) {
        by_words(query, form, sketches, rows, out);
    }

    #[target_feature(enable = "avx512f")]
    fn whole(line: &Line) -> __m512i {
        // SAFETY: a line has 64 bytes, aligned to 64.
        unsafe { _mm512_load_si512(line.0.as_ptr().cast()) }
    }

    /// The weighted bits of a line that differ, counted by words of 64 bits.
    #[inline]
    #[target_feature(enable = "avx512f,avx512vpopcntdq")]
    fn of_line(weighted: &WeightedLine, sketch: &Line) -> __m512i {
        let (row, bits) = (whole(sketch), whole(&weighted.bits));
        let differ = weighted.planes.each_ref().map(|plane| {
            let differs = _mm512_ternarylogic_epi64::<XOR_THEN_AND>(row, bits, whole(plane));
            _mm512_popcnt_epi64(differs)
        });
        // The highest bit of the weights first, which counts twice as much as the next.
        let [.., last] = differ;
        differ
            .iter()
            .rev()
            .skip(1)
            .fold(last, |count, &differs| _mm512_add_epi64(_mm512_add_epi64(count, count), differs))
    }

    /// The weighted bits of all lines that differ.
    #[inline]
    #[target_feature(enable = "avx512f,avx512vpopcntdq")]
    fn counts(query: &[WeightedLine], sketch: &[Line]) -> __m512i {
        let mut sum = _mm512_setzero_si512();
        for (weighted, sketch) in query.iter().zip(sketch) {
            sum = _mm512_add_epi64(sum, of_line(weighted, sketch));
        }
        sum
    }

    /// Sums of neighbouring words of two rows: first row, second row, first row …
    #[target_feature(enable = "avx512f")]
    fn pairs(first: __m512i, second: __m512i) -> __m512i {
        _mm512_add_epi64(_mm512_unpacklo_epi64(first, second), _mm512_unpackhi_epi64(first, second))
    }

    #[target_feature(enable = "avx512f,avx512vpopcntdq")]
    pub(super) fn avx512(query: &[WeightedLine], form: &LinearForm, sketches: &[Line], rows: &[u32], out: &mut [f32]) {
        // A query of one line stays in registers.
        if let [one] = query {
            let one = [*one];
            eight_at_once(&one, form, sketches, rows, out);
        } else {
            eight_at_once(query, form, sketches, rows, out);
        }
    }

    #[inline]
    #[target_feature(enable = "avx512f,avx512vpopcntdq")]
    fn eight_at_once(query: &[WeightedLine], form: &LinearForm, sketches: &[Line], rows: &[u32], out: &mut [f32]) {
        for (place, (rows_here, out)) in rows.chunks(ROWS).zip(out.chunks_mut(ROWS)).enumerate() {
            for &row in rows.get(place * ROWS + AHEAD..).unwrap_or_default().iter().take(ROWS) {
                prefetch(sketch(sketches, row, query.len()));
            }
            let mut sums = [_mm512_setzero_si512(); ROWS];
            // Size and addition of each row, as they lie side by side.
            let mut numbers = [0; ROWS];
            for ((sum, numbers), &row) in sums.iter_mut().zip(&mut numbers).zip(rows_here) {
                let sketch = sketch(sketches, row, query.len());
                *sum = if let ([weighted], [line]) = (query, sketch) {
                    of_line(weighted, line)
                } else {
                    counts(query, sketch)
                };
                let [.., a, b, c, d, e, f, g, h] = sketch[query.len() - 1].0;
                *numbers = i64::from_le_bytes([a, b, c, d, e, f, g, h]);
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
            let [a, b, c, d, e, f, g, h] = numbers;
            let numbers = _mm512_set_epi64(h, g, f, e, d, c, b, a);
            let size = _mm256_castsi256_ps(_mm512_cvtepi64_epi32(numbers));
            let added = _mm256_castsi256_ps(_mm512_cvtepi64_epi32(_mm512_srli_epi64::<32>(numbers)));
            let different = _mm512_cvtepi64_epi32(eight);
            let agreeing =
                _mm256_sub_epi32(_mm256_set1_epi32(form.total as i32), _mm256_add_epi32(different, different));
            let agreeing = _mm256_mul_ps(_mm256_set1_ps(form.step), _mm256_cvtepi32_ps(agreeing));
            let estimates = _mm256_add_ps(_mm256_set1_ps(form.constant), _mm256_mul_ps(size, agreeing));
            let estimates = _mm256_add_ps(estimates, _mm256_mul_ps(_mm256_set1_ps(form.weight), added));
            let mut eight = [0.0_f32; ROWS];
            // SAFETY: eight numbers of 32 bits are behind the pointer.
            unsafe { _mm256_storeu_ps(eight.as_mut_ptr(), estimates) };
            match out.first_chunk_mut() {
                Some(out) => *out = eight,
                None => out.iter_mut().zip(eight).for_each(|(out, estimate)| *out = estimate),
            }
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
            let mut sketches: Vec<Line> = (0..lines * 9).map(|_| line()).collect();
            for (row, sketch) in sketches.chunks_mut(lines).enumerate() {
                let last = sketch.last_mut().unwrap();
                last.0[LINE - 8..LINE - 4].copy_from_slice(&(0.3 + row as f32).to_le_bytes());
                last.0[LINE - 4..].copy_from_slice(&(0.7 - row as f32).to_le_bytes());
            }
            let form = LinearForm { constant: 3.1, step: 0.01, total: 1234, weight: -0.9 };
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
                let agreeing = 1234 - 2 * parts.sum::<u32>() as i32;
                let (size, added) = (0.3 + row as f32, 0.7 - row as f32);
                3.1 + size * (0.01 * agreeing as f32) + -0.9 * added
            });
            for counter in BitCounter::available() {
                let mut out = [0.0; 11];
                counter.estimates(&query, &form, &sketches, &rows, &mut out);
                assert_eq!(out, expected, "{counter:?}, {lines} lines");
            }
        }
    }
}
