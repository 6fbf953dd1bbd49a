//! The inverse transform of [`super::idct`] on a whole block at a time, for x86-64 with AVX2.
//!
//! Every pass is a product with constant matrices: two of 2 x 2 for the even coefficients and one of 4 x 4 for the odd ones,
//! which is what the factored form adds up to; integer sums are the same in any order.
//! `vpmaddwd` multiplies 16-bit pairs, so coefficients and intermediate values must fit in 16 bits:
//! [`LARGEST_COEFFICIENT`] guarantees that, and blocks beyond it take the scalar way.
#![allow(unsafe_code)]

use std::arch::x86_64::*;

use super::frame::BLOCK;
use super::idct::{
    C0_298, C0_390, C0_541, C0_765, C0_899, C1_175, C1_501, C1_847, C1_961, C2_053, C2_562, C3_072, CONSTANT_BITS,
    PASS_BITS, ROW_SHIFT, inverse_block, store,
};
use super::library::Block;

/// Largest dequantised coefficient for which nothing overflows.
///
/// A pass multiplies by at most 7.473 in sum (1 + the square root of 2 times the sum of cos(k pi / 16), k from 1 to 7).
/// After the columns, with 2 extra bits: 7.473 * 4 * 1095 + 1 < 2^15. After the rows, with 13 more bits: 7.473 * 2^15 * 2^13 < 2^31.
/// Encoders stay below 1024 plus half a quantisation step.
const LARGEST_COEFFICIENT: u16 = 1095;

/// Quantisation steps, and the largest quantised coefficients that stay within [`LARGEST_COEFFICIENT`], two rows of a block a vector.
pub(super) struct Steps {
    steps: [__m256i; 4],
    largest: [__m256i; 4],
}

impl Steps {
    pub(super) fn new(steps: &[u16; BLOCK * BLOCK]) -> Self {
        // A step of zero makes every coefficient zero.
        let largest = steps.map(|step| LARGEST_COEFFICIENT.checked_div(step).unwrap_or(u16::MAX));
        Self { steps: vectors(steps.map(|step| step as i16)), largest: vectors(largest.map(|value| value as i16)) }
    }
}

/// The 64 values of a block, two rows a vector.
#[inline(always)]
fn vectors(block: [i16; BLOCK * BLOCK]) -> [__m256i; 4] {
    // SAFETY: both are 128 bytes of plain integers, for which any bit pattern is valid.
    unsafe { std::mem::transmute(block) }
}

/// As [`super::idct::inverse_blocks`].
#[target_feature(enable = "avx2")]
pub(super) fn inverse_blocks(
    blocks: &[Block],
    steps: &Steps,
    scalar_steps: &[u16; BLOCK * BLOCK],
    samples: &mut [u8],
    stride: usize,
) {
    for (index, block) in blocks.iter().enumerate() {
        let rows = match inverse_in_range(block, steps) {
            Some(rows) => rows,
            None => inverse_block(block, scalar_steps),
        };
        store(&rows, index, samples, stride);
    }
}

/// The samples of one block, `None` when a coefficient is too large.
#[inline]
#[target_feature(enable = "avx2")]
fn inverse_in_range(block: &Block, steps: &Steps) -> Option<[[u8; BLOCK]; BLOCK]> {
    let quantised = vectors(*block);
    let mut excess = _mm256_setzero_si256();
    for (coefficients, largest) in quantised.iter().zip(&steps.largest) {
        excess = _mm256_or_si256(excess, _mm256_subs_epu16(_mm256_abs_epi16(*coefficients), *largest));
    }
    if _mm256_testz_si256(excess, excess) == 0 {
        return None;
    }
    let [rows01, rows23, rows45, rows67] = [0, 1, 2, 3].map(|i| _mm256_mullo_epi16(quantised[i], steps.steps[i]));
    let (pair04, pair15) = interleave(rows01, rows45);
    let (pair26, pair37) = interleave(rows23, rows67);
    const COLUMN_SHIFT: i32 = (CONSTANT_BITS - PASS_BITS) as i32;
    let columns = one_dimension([pair04, pair15, pair26, pair37], 1 << (COLUMN_SHIFT - 1))
        .map(|values| _mm256_srai_epi32::<COLUMN_SHIFT>(values));
    // The shift to the left drops all but the low 10 bits of the result, as libjpeg's range limit does.
    const EXCESS: i32 = 32 - 10 - ROW_SHIFT as i32;
    let samples = one_dimension(transpose_to_pairs(columns), 1 << (ROW_SHIFT - 1))
        .map(|values| _mm256_srai_epi32::<22>(_mm256_slli_epi32::<EXCESS>(values)));
    Some(transpose_to_rows(samples))
}

/// From vectors of rows (a, b) and (c, d) the pairs (a, c) and (b, d): 8 pairs of 16 bits in the order of the columns.
#[inline]
#[target_feature(enable = "avx2")]
fn interleave(ab: __m256i, cd: __m256i) -> (__m256i, __m256i) {
    let (low, high) = (_mm256_unpacklo_epi16(ab, cd), _mm256_unpackhi_epi16(ab, cd));
    (_mm256_permute2x128_si256::<0x20>(low, high), _mm256_permute2x128_si256::<0x31>(low, high))
}

/// Two constants, the first for the lower half of every pair.
#[inline]
#[target_feature(enable = "avx2")]
fn constants(first: i64, second: i64) -> __m256i {
    _mm256_set1_epi32(((second as i32) << 16) | (first as i32 & 0xffff))
}

/// Eight sums of 32 bits a value, from the pairs (0, 4), (1, 5), (2, 6), (3, 7) of coefficients, not shifted yet; `round` is added to each.
#[inline]
#[target_feature(enable = "avx2")]
fn one_dimension([pair04, pair15, pair26, pair37]: [__m256i; 4], round: i32) -> [__m256i; 8] {
    const ONE: i64 = 1 << CONSTANT_BITS;
    let round = _mm256_set1_epi32(round);
    let sum = _mm256_add_epi32(_mm256_madd_epi16(pair04, constants(ONE, ONE)), round);
    let difference = _mm256_add_epi32(_mm256_madd_epi16(pair04, constants(ONE, -ONE)), round);
    let low = _mm256_madd_epi16(pair26, constants(C0_541 + C0_765, C0_541));
    let high = _mm256_madd_epi16(pair26, constants(C0_541, C0_541 - C1_847));
    let even = [
        _mm256_add_epi32(sum, low),
        _mm256_add_epi32(difference, high),
        _mm256_sub_epi32(difference, high),
        _mm256_sub_epi32(sum, low),
    ];
    // One row of the odd matrix: the factors of coefficients 1, 3, 5, 7.
    let odd = |f1: i64, f3: i64, f5: i64, f7: i64| {
        _mm256_add_epi32(_mm256_madd_epi16(pair15, constants(f1, f5)), _mm256_madd_epi16(pair37, constants(f3, f7)))
    };
    let odd = [
        odd(C1_501 - C0_899 - C0_390 + C1_175, C1_175, C1_175 - C0_390, C1_175 - C0_899),
        odd(C1_175, C3_072 - C2_562 - C1_961 + C1_175, C1_175 - C2_562, C1_175 - C1_961),
        odd(C1_175 - C0_390, C1_175 - C2_562, C2_053 - C2_562 - C0_390 + C1_175, C1_175),
        odd(C1_175 - C0_899, C1_175 - C1_961, C1_175, C0_298 - C0_899 - C1_961 + C1_175),
    ];
    [
        _mm256_add_epi32(even[0], odd[0]),
        _mm256_add_epi32(even[1], odd[1]),
        _mm256_add_epi32(even[2], odd[2]),
        _mm256_add_epi32(even[3], odd[3]),
        _mm256_sub_epi32(even[3], odd[3]),
        _mm256_sub_epi32(even[2], odd[2]),
        _mm256_sub_epi32(even[1], odd[1]),
        _mm256_sub_epi32(even[0], odd[0]),
    ]
}

/// Rows of 32-bit values to 16-bit pairs of columns (0, 4), (1, 5), (2, 6), (3, 7), in the order of the rows.
#[inline]
#[target_feature(enable = "avx2")]
fn transpose_to_pairs(rows: [__m256i; 8]) -> [__m256i; 4] {
    // Columns 0 to 3 in the lower lane, 4 to 7 in the upper one.
    let [rows01, rows23, rows45, rows67] = [0, 2, 4, 6].map(|i| _mm256_packs_epi32(rows[i], rows[i + 1]));
    let quarter = |first: __m256i, second: __m256i| {
        let (even, odd) = (_mm256_unpacklo_epi16(first, second), _mm256_unpackhi_epi16(first, second));
        (_mm256_unpacklo_epi16(even, odd), _mm256_unpackhi_epi16(even, odd))
    };
    let (upper01, upper23) = quarter(rows01, rows23);
    let (lower01, lower23) = quarter(rows45, rows67);
    let pairs = [
        _mm256_unpacklo_epi64(upper01, lower01),
        _mm256_unpackhi_epi64(upper01, lower01),
        _mm256_unpacklo_epi64(upper23, lower23),
        _mm256_unpackhi_epi64(upper23, lower23),
    ];
    let zip = _mm256_setr_epi8(
        0, 1, 8, 9, 2, 3, 10, 11, 4, 5, 12, 13, 6, 7, 14, 15, 0, 1, 8, 9, 2, 3, 10, 11, 4, 5, 12, 13, 6, 7, 14, 15,
    );
    pairs.map(|pair| _mm256_shuffle_epi8(_mm256_permute4x64_epi64::<0b11_01_10_00>(pair), zip))
}

/// Columns of 32-bit values to rows of samples.
#[inline]
#[target_feature(enable = "avx2")]
fn transpose_to_rows(columns: [__m256i; 8]) -> [[u8; BLOCK]; BLOCK] {
    let half = |first: usize| {
        let low = _mm256_packs_epi32(columns[first], columns[first + 1]);
        let high = _mm256_packs_epi32(columns[first + 2], columns[first + 3]);
        // Four columns of four rows a lane, made rows.
        let transpose = _mm256_setr_epi8(
            0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15, 0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15,
        );
        _mm256_shuffle_epi8(_mm256_packs_epi16(low, high), transpose)
    };
    let (left, right) = (half(0), half(4));
    let centre = _mm256_set1_epi8(i8::MIN);
    let rows0145 = _mm256_xor_si256(_mm256_unpacklo_epi32(left, right), centre);
    let rows2367 = _mm256_xor_si256(_mm256_unpackhi_epi32(left, right), centre);
    let upper = _mm256_permute2x128_si256::<0x20>(rows0145, rows2367);
    let lower = _mm256_permute2x128_si256::<0x31>(rows0145, rows2367);
    // SAFETY: both are 64 bytes of plain integers, for which any bit pattern is valid.
    unsafe { std::mem::transmute([upper, lower]) }
}
