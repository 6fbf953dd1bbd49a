//! Integer inner products of a tile: up to 6 queries with a panel of 16 rows.

#![allow(unsafe_code, reason = "vector instructions take pointers; slices are cut to size before any is made")]

use crate::exact::quantize::{LIMIT, SEGMENT, STEP};

/// Rows of a panel.
pub(crate) const PANEL: usize = 16;
/// Queries of a tile: with more, the sums would not fit into the registers of AVX2.
pub(crate) const WIDTH: usize = 6;

/// One step of a panel: four components of each row, row after row, with [`LIMIT`] added to make them bytes.
#[derive(Clone, Copy, Debug)]
#[repr(C, align(64))]
pub(crate) struct PanelStep(pub [u8; PANEL * STEP]);

/// The integers of the queries of a tile.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TileQueries<'a> {
    /// Number of queries, 1 to [`WIDTH`].
    pub width: usize,
    /// Four integers of each query, step after step: `[steps, width]`.
    pub words: &'a [[i8; STEP]],
    /// What the sums of a segment start from, to take off what [`LIMIT`] adds: `[segments, width]`, two lanes each.
    pub starts: &'a [[i16; 2]],
    /// The same for a whole row: `[width]`.
    pub whole_starts: &'a [i32],
}

/// Integer products, `[query, row]`.
pub(crate) type Sums = [[i32; PANEL]; WIDTH];

/// Writes the products of the first `width` queries with the rows of a panel.
///
/// The integers must keep the limits of [`quantize`](crate::exact::quantize).
#[inline]
pub(crate) fn products(queries: TileQueries<'_>, panel: &[PanelStep], sums: &mut Sums) {
    assert!(queries.words.len() == panel.len() * queries.width, "words of a tile");
    assert!(queries.starts.len() == panel.len().div_ceil(SEGMENT) * queries.width, "starts of a tile");
    assert!(queries.whole_starts.len() == queries.width, "whole starts of a tile");
    #[cfg(target_arch = "x86_64")]
    if has_vnni() {
        // SAFETY: the machine has AVX-512 VNNI, and the lengths are checked above.
        unsafe {
            match queries.width {
                1 => vnni::products::<1>(queries, panel, sums),
                2 => vnni::products::<2>(queries, panel, sums),
                3 => vnni::products::<3>(queries, panel, sums),
                4 => vnni::products::<4>(queries, panel, sums),
                5 => vnni::products::<5>(queries, panel, sums),
                6 => vnni::products::<6>(queries, panel, sums),
                _ => portable(queries, panel, sums),
            }
        }
        return;
    }
    #[cfg(target_arch = "x86_64")]
    if sop_numeric::simd::has_avx2() {
        // SAFETY: the machine has AVX2, and the lengths are checked above.
        unsafe { with_avx2(queries, panel, sums) };
        return;
    }
    portable(queries, panel, sums);
}

/// As [`products`].
///
/// # Safety
/// The machine must have AVX2, and the lengths must be those that [`products`] asks for.
#[cfg(target_arch = "x86_64")]
unsafe fn with_avx2(queries: TileQueries<'_>, panel: &[PanelStep], sums: &mut Sums) {
    // SAFETY: as above.
    unsafe {
        match queries.width {
            1 => avx2::products::<1>(queries, panel, sums),
            2 => avx2::products::<2>(queries, panel, sums),
            3 => avx2::products::<3>(queries, panel, sums),
            4 => avx2::products::<4>(queries, panel, sums),
            5 => avx2::products::<5>(queries, panel, sums),
            6 => avx2::products::<6>(queries, panel, sums),
            _ => portable(queries, panel, sums),
        }
    }
}

/// Whether the machine has AVX-512 with instructions for products of bytes; asked of the processor once.
#[cfg(target_arch = "x86_64")]
#[inline]
fn has_vnni() -> bool {
    is_x86_feature_detected!("avx512f") && is_x86_feature_detected!("avx512vnni")
}

/// The same by plain loops.
fn portable(queries: TileQueries<'_>, panel: &[PanelStep], sums: &mut Sums) {
    for (query, sums) in sums.iter_mut().enumerate().take(queries.width) {
        *sums = [0; PANEL];
        for (step, words) in panel.iter().zip(queries.words.chunks_exact(queries.width)) {
            let word = words[query].map(i16::from);
            for (sum, row) in sums.iter_mut().zip(step.0.as_chunks::<STEP>().0) {
                for (&left, &right) in word.iter().zip(row) {
                    *sum += i32::from(left) * i32::from(i16::from(right) - LIMIT as i16);
                }
            }
        }
    }
}

#[cfg(target_arch = "x86_64")]
mod avx2 {
    use std::arch::x86_64::{
        __m256i, _mm256_add_epi16, _mm256_add_epi32, _mm256_load_si256, _mm256_loadu_si256, _mm256_madd_epi16,
        _mm256_maddubs_epi16, _mm256_set1_epi16, _mm256_set1_epi32, _mm256_setzero_si256, _mm256_storeu_si256,
    };

    use super::{PanelStep, SEGMENT, Sums, TileQueries};

    /// Products for `W` queries.
    ///
    /// Each 32-bit part of a register belongs to a row. `vpmaddubsw` adds the products of two components there into 16
    /// bits, which never saturates; `vpaddw` may wrap on the way, but the sum of a segment fits, so it comes out right.
    ///
    /// # Safety
    /// The machine must have AVX2; `words` must be `[panel.len(), W]` and `starts` `[segments, W]`.
    #[target_feature(enable = "avx2")]
    pub(super) unsafe fn products<const W: usize>(queries: TileQueries<'_>, panel: &[PanelStep], sums: &mut Sums) {
        let ones = _mm256_set1_epi16(1);
        let mut words = queries.words.as_ptr().cast::<i32>();
        let mut starts = queries.starts.as_ptr().cast::<i32>();
        for (segment, steps) in panel.chunks(SEGMENT).enumerate() {
            let mut lanes = [[_mm256_setzero_si256(); 2]; W];
            for (query, lanes) in lanes.iter_mut().enumerate() {
                // SAFETY: `starts` has `W` entries for every segment.
                *lanes = [_mm256_set1_epi32(unsafe { starts.add(query).read_unaligned() }); 2];
            }
            // SAFETY: at most one past the end of `starts`.
            starts = unsafe { starts.add(W) };
            for step in steps {
                let halves = step.0.as_ptr().cast::<__m256i>();
                // SAFETY: a step has 64 bytes, aligned to 64.
                let halves = unsafe { [_mm256_load_si256(halves), _mm256_load_si256(halves.add(1))] };
                for (query, lanes) in lanes.iter_mut().enumerate() {
                    // SAFETY: `words` has `W` entries for every step.
                    let word = _mm256_set1_epi32(unsafe { words.add(query).read_unaligned() });
                    lanes[0] = _mm256_add_epi16(lanes[0], _mm256_maddubs_epi16(halves[0], word));
                    lanes[1] = _mm256_add_epi16(lanes[1], _mm256_maddubs_epi16(halves[1], word));
                }
                // SAFETY: at most one past the end of `words`.
                words = unsafe { words.add(W) };
            }
            for (lanes, sums) in lanes.iter().zip(sums.iter_mut()) {
                for (half, lanes) in lanes.iter().enumerate() {
                    let wide = _mm256_madd_epi16(*lanes, ones);
                    let place = sums[8 * half..8 * half + 8].as_mut_ptr().cast::<__m256i>();
                    // SAFETY: eight 32-bit sums are behind `place`.
                    unsafe {
                        let total = if segment == 0 { wide } else { _mm256_add_epi32(wide, _mm256_loadu_si256(place)) };
                        _mm256_storeu_si256(place, total);
                    }
                }
            }
        }
    }
}

#[cfg(target_arch = "x86_64")]
mod vnni {
    use std::arch::x86_64::{
        _mm512_dpbusd_epi32, _mm512_load_si512, _mm512_set1_epi32, _mm512_setzero_si512, _mm512_storeu_si512,
    };

    use super::{PanelStep, Sums, TileQueries};

    /// Products for `W` queries: `vpdpbusd` adds the four products of a step to the 32 bits of each row.
    ///
    /// # Safety
    /// The machine must have AVX-512 VNNI; `words` must be `[panel.len(), W]` and `whole_starts` `[W]`.
    #[target_feature(enable = "avx512f,avx512vnni")]
    pub(super) unsafe fn products<const W: usize>(queries: TileQueries<'_>, panel: &[PanelStep], sums: &mut Sums) {
        let mut words = queries.words.as_ptr().cast::<i32>();
        let mut lanes = [_mm512_setzero_si512(); W];
        for (lanes, &start) in lanes.iter_mut().zip(queries.whole_starts) {
            *lanes = _mm512_set1_epi32(start);
        }
        for step in panel {
            // SAFETY: a step has 64 bytes, aligned to 64.
            let rows = unsafe { _mm512_load_si512(step.0.as_ptr().cast()) };
            for (query, lanes) in lanes.iter_mut().enumerate() {
                // SAFETY: `words` has `W` entries for every step.
                let word = _mm512_set1_epi32(unsafe { words.add(query).read_unaligned() });
                *lanes = _mm512_dpbusd_epi32(*lanes, rows, word);
            }
            // SAFETY: at most one past the end of `words`.
            words = unsafe { words.add(W) };
        }
        for (lanes, sums) in lanes.iter().zip(sums.iter_mut()) {
            // SAFETY: sixteen 32-bit sums are behind the pointer.
            unsafe { _mm512_storeu_si512(sums.as_mut_ptr().cast(), *lanes) };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Vectors;
    use crate::exact::codes::{GalleryCodes, QueryCodes};
    use ndarray::Array2;

    /// Random rows, and rows whose lanes are as full as they may be.
    fn rows(count: usize, dim: usize, seed: u32) -> Array2<f32> {
        let mut state = seed;
        Array2::from_shape_fn((count, dim), |(row, column)| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let uniform = (state >> 8) as f32 / (1_u32 << 23) as f32 - 1.0;
            match row % 4 {
                0 => uniform,
                1 => 1.0,
                2 => {
                    if column % 2 == 0 {
                        1.0
                    } else {
                        -1.0
                    }
                }
                _ => uniform.powi(9),
            }
        })
    }

    #[test]
    fn vector_instructions_give_the_products_of_plain_loops() {
        for dim in [1, 3, 4, 63, 64, 65, 128, 384, 1030] {
            let vectors = Vectors::from(rows(40, dim, 5));
            let codes = GalleryCodes::new(vectors.rows());
            for num_queries in [1, 2, 3, 4, 5, 6, 7] {
                let queries = QueryCodes::new(&codes, &rows(num_queries, dim, 9).mapv(f64::from));
                for panel in 0..codes.num_panels() {
                    for (_, tile) in queries.tiles(0..num_queries) {
                        let (mut fast, mut plain) = ([[7; PANEL]; WIDTH], [[7; PANEL]; WIDTH]);
                        products(tile, codes.panel(panel).0, &mut fast);
                        portable(tile, codes.panel(panel).0, &mut plain);
                        assert_eq!(fast[..tile.width], plain[..tile.width], "{dim} components, {num_queries} queries");
                        // A machine with newer instructions checks the older ones as well.
                        #[cfg(target_arch = "x86_64")]
                        if sop_numeric::simd::has_avx2() {
                            // SAFETY: the machine has AVX2, and the tile is whole.
                            unsafe { with_avx2(tile, codes.panel(panel).0, &mut fast) };
                            assert_eq!(fast[..tile.width], plain[..tile.width], "{dim} components, with AVX2");
                        }
                    }
                }
            }
        }
    }
}
