//! Integer products of one vector with many rows: the inner loop of every walk.
//!
//! The vector has bytes from -127 to 127, the rows have bytes from 1 to 255, of which 128 stands for zero. Sums of up to
//! [`MAX_DIM`](crate::graph::codes::MAX_DIM) such products fit into 32 bits, so that all versions give the same numbers.

#![allow(
    unsafe_code,
    reason = "functions compiled for vector instructions may only be called where the machine has them"
)]

/// Bytes of a cache line, of which a row has a whole number.
pub(crate) const LINE: usize = 64;

/// One line of a row, or of a vector whose bytes are those of `i8`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C, align(64))]
pub(crate) struct Line(pub [u8; LINE]);

/// Which instructions multiply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kernel {
    /// AVX-512 VNNI: 64 products an instruction.
    #[cfg(target_arch = "x86_64")]
    Vnni,
    /// AVX2: products in 16 bits, which are added up in 32.
    #[cfg(target_arch = "x86_64")]
    Avx2,
    /// Plain loops.
    Portable,
}

impl Kernel {
    /// The kernels that this machine has, fastest first.
    pub fn available() -> impl Iterator<Item = Self> {
        #[cfg(target_arch = "x86_64")]
        let special = {
            let has_vnni = is_x86_feature_detected!("avx512f")
                && is_x86_feature_detected!("avx512bw")
                && is_x86_feature_detected!("avx512vnni")
                && sop_numeric::simd::has_avx2();
            [has_vnni.then_some(Self::Vnni), sop_numeric::simd::has_avx2().then_some(Self::Avx2)]
        };
        #[cfg(not(target_arch = "x86_64"))]
        let special: [Option<Self>; 0] = [];
        special.into_iter().flatten().chain([Self::Portable])
    }

    /// The fastest kernel of this machine.
    pub fn best() -> Self {
        Self::available().next().unwrap_or(Self::Portable)
    }

    /// Writes the product of `vector` with each of some rows, in their order, to `out`, which is as long as `rows`.
    ///
    /// Rows have as many lines as `vector`.
    ///
    /// # Panics
    /// Where a row is beyond `codes`.
    #[inline]
    pub fn products(self, vector: &[Line], codes: &[Line], rows: &[u32], out: &mut [i32]) {
        match self {
            // SAFETY: this kernel is only made where the machine has its instructions.
            #[cfg(target_arch = "x86_64")]
            Self::Vnni => unsafe { x86::vnni(vector, codes, rows, out) },
            // SAFETY: as above.
            #[cfg(target_arch = "x86_64")]
            Self::Avx2 => unsafe { x86::avx2(vector, codes, rows, out) },
            Self::Portable => portable(vector, codes, rows, out),
        }
    }
}

/// A row of some lines.
#[inline(always)]
fn row(codes: &[Line], index: u32, lines: usize) -> &[Line] {
    &codes[index as usize * lines..][..lines]
}

fn portable(vector: &[Line], codes: &[Line], rows: &[u32], out: &mut [i32]) {
    for (out, &index) in out.iter_mut().zip(rows) {
        let row = row(codes, index, vector.len());
        *out = 0;
        for (left, right) in vector.iter().zip(row) {
            let products = left.0.iter().zip(&right.0).map(|(&left, &right)| i32::from(left as i8) * i32::from(right));
            *out += products.sum::<i32>();
        }
    }
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    use std::arch::x86_64::{
        __m128i, __m256i, __m512i, _mm_add_epi32, _mm_hadd_epi32, _mm_load_si128, _mm_storeu_si128, _mm256_add_epi32,
        _mm256_castsi256_si128, _mm256_cvtepi8_epi16, _mm256_cvtepu8_epi16, _mm256_extracti128_si256,
        _mm256_madd_epi16, _mm256_setzero_si256, _mm512_castsi512_si256, _mm512_dpbusd_epi32,
        _mm512_extracti64x4_epi64, _mm512_load_si512, _mm512_setzero_si512,
    };

    use super::{Line, row};

    /// Rows taken at once: each part of the vector is loaded once for all of them.
    const ROWS: usize = 4;

    /// Four rows; where fewer are left, the last one stands in.
    #[inline(always)]
    fn four<'a>(codes: &'a [Line], rows: &[u32], lines: usize) -> [&'a [Line]; ROWS] {
        let last = rows.len() - 1;
        std::array::from_fn(|place| row(codes, rows[place.min(last)], lines))
    }

    #[target_feature(enable = "avx2")]
    fn put(sums: [__m128i; ROWS], out: &mut [i32]) {
        let sums = _mm_hadd_epi32(_mm_hadd_epi32(sums[0], sums[1]), _mm_hadd_epi32(sums[2], sums[3]));
        let mut four = [0_i32; ROWS];
        // SAFETY: four numbers of 32 bits are behind the pointer.
        unsafe { _mm_storeu_si128(four.as_mut_ptr().cast(), sums) };
        out.copy_from_slice(&four[..out.len()]);
    }

    #[target_feature(enable = "avx2")]
    fn fold(sum: __m256i) -> __m128i {
        _mm_add_epi32(_mm256_castsi256_si128(sum), _mm256_extracti128_si256::<1>(sum))
    }

    /// A line as one register.
    #[target_feature(enable = "avx512f")]
    fn whole(line: &Line) -> __m512i {
        // SAFETY: a line has 64 bytes, aligned to 64.
        unsafe { _mm512_load_si512(line.0.as_ptr().cast()) }
    }

    /// A quarter of a line.
    #[target_feature(enable = "avx2")]
    fn quarter(line: &Line, index: usize) -> __m128i {
        // SAFETY: a line has four times 16 bytes, aligned to 64.
        unsafe { _mm_load_si128(line.0[16 * index..][..16].as_ptr().cast()) }
    }

    #[target_feature(enable = "avx2,avx512f,avx512bw,avx512vnni")]
    pub(super) fn vnni(vector: &[Line], codes: &[Line], rows: &[u32], out: &mut [i32]) {
        for (rows, out) in rows.chunks(ROWS).zip(out.chunks_mut(ROWS)) {
            let four = four(codes, rows, vector.len());
            let mut sums = [_mm512_setzero_si512(); ROWS];
            for (place, line) in vector.iter().enumerate() {
                let line = whole(line);
                for (sum, row) in sums.iter_mut().zip(four) {
                    *sum = _mm512_dpbusd_epi32(*sum, whole(&row[place]), line);
                }
            }
            let mut quarters = [fold(_mm256_setzero_si256()); ROWS];
            for (quarter, sum) in quarters.iter_mut().zip(sums) {
                *quarter = fold(_mm256_add_epi32(_mm512_castsi512_si256(sum), _mm512_extracti64x4_epi64::<1>(sum)));
            }
            put(quarters, out);
        }
    }

    #[target_feature(enable = "avx2")]
    pub(super) fn avx2(vector: &[Line], codes: &[Line], rows: &[u32], out: &mut [i32]) {
        for (rows, out) in rows.chunks(ROWS).zip(out.chunks_mut(ROWS)) {
            let four = four(codes, rows, vector.len());
            let mut sums = [_mm256_setzero_si256(); ROWS];
            for (place, line) in vector.iter().enumerate() {
                for part in 0..4 {
                    let left = _mm256_cvtepi8_epi16(quarter(line, part));
                    for (sum, row) in sums.iter_mut().zip(four) {
                        let right = _mm256_cvtepu8_epi16(quarter(&row[place], part));
                        *sum = _mm256_add_epi32(*sum, _mm256_madd_epi16(left, right));
                    }
                }
            }
            let mut quarters = [fold(_mm256_setzero_si256()); ROWS];
            for (quarter, sum) in quarters.iter_mut().zip(sums) {
                *quarter = fold(sum);
            }
            put(quarters, out);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kernel_of_the_machine_gives_the_same_integers() {
        let mut state = 11_u32;
        let mut next = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 24) as u8
        };
        for lines in [1, 2, 3, 6, 17] {
            let mut codes: Vec<Line> = (0..9 * lines).map(|_| Line(std::array::from_fn(|_| next().max(1)))).collect();
            let mut vector: Vec<Line> =
                (0..lines).map(|_| Line(std::array::from_fn(|_| (next() as i8).max(-127) as u8))).collect();
            // The largest numbers there may be.
            codes[..lines].fill(Line([255; LINE]));
            for extreme in [127_i8, -127] {
                vector[0] = Line([extreme as u8; LINE]);
                for rows in [&[0_u32][..], &[3, 0], &[8, 7, 6], &[1, 1, 2, 0], &[0, 1, 2, 3, 4, 5, 6, 7, 8]] {
                    let expected: Vec<i32> = rows
                        .iter()
                        .map(|&index| {
                            let row = row(&codes, index, lines).iter().flat_map(|line| line.0);
                            let vector = vector.iter().flat_map(|line| line.0);
                            vector.zip(row).map(|(left, right)| i32::from(left as i8) * i32::from(right)).sum()
                        })
                        .collect();
                    for kernel in Kernel::available() {
                        let mut out = vec![7; rows.len()];
                        kernel.products(&vector, &codes, rows, &mut out);
                        assert_eq!(out, expected, "{kernel:?}, {lines} lines");
                    }
                }
            }
        }
    }
}
