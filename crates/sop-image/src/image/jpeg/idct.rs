//! Dequantisation and the inverse discrete cosine transform, with the bits of libjpeg's accurate integer method.
//!
//! `jpeg_idct_islow` (`jidctint.c`) works in fixed point with 13 fraction bits: columns first, rounded to 2 extra bits, then rows.
//! The transform below is its definition, for any input; [`super::idct_avx2`] computes the same for the blocks that encoders write.
#![allow(unsafe_code)]

use super::frame::BLOCK;
use super::library::Block;

/// Fraction bits of the constants.
pub(super) const CONSTANT_BITS: u32 = 13;
/// Extra bits kept between columns and rows.
pub(super) const PASS_BITS: u32 = 2;
/// Bits that the rows remove: constants, extra bits, and 3 for the factor of 8 that two passes bring.
pub(super) const ROW_SHIFT: u32 = CONSTANT_BITS + PASS_BITS + 3;

/// A real constant of the algorithm (Loeffler, Ligtenberg, Moschytz 1989) in fixed point.
const fn fixed(constant: f64) -> i64 {
    (constant * (1 << CONSTANT_BITS) as f64 + 0.5) as i64
}

pub(super) const C0_298: i64 = fixed(0.298631336);
pub(super) const C0_390: i64 = fixed(0.390180644);
pub(super) const C0_541: i64 = fixed(0.541196100);
pub(super) const C0_765: i64 = fixed(0.765366865);
pub(super) const C0_899: i64 = fixed(0.899976223);
pub(super) const C1_175: i64 = fixed(1.175875602);
pub(super) const C1_501: i64 = fixed(1.501321110);
pub(super) const C1_847: i64 = fixed(1.847759065);
pub(super) const C1_961: i64 = fixed(1.961570560);
pub(super) const C2_053: i64 = fixed(2.053119869);
pub(super) const C2_562: i64 = fixed(2.562915447);
pub(super) const C3_072: i64 = fixed(3.072711026);

/// The quantisation steps of a component in the forms that the transforms use.
pub(super) struct Dequantisation {
    steps: [u16; BLOCK * BLOCK],
    #[cfg(target_arch = "x86_64")]
    vector: Option<super::idct_avx2::Steps>,
}

impl Dequantisation {
    pub(super) fn new(steps: [u16; BLOCK * BLOCK]) -> Self {
        Self {
            steps,
            #[cfg(target_arch = "x86_64")]
            vector: std::arch::is_x86_feature_detected!("avx2").then(|| super::idct_avx2::Steps::new(&steps)),
        }
    }
}

/// Transforms neighbouring blocks into 8 rows of samples, of which `samples` holds `stride` each.
pub(super) fn inverse_blocks(blocks: &[Block], dequantisation: &Dequantisation, samples: &mut [u8], stride: usize) {
    #[cfg(target_arch = "x86_64")]
    if let Some(steps) = &dequantisation.vector {
        // SAFETY: `vector` is there only where the processor has AVX2.
        unsafe { super::idct_avx2::inverse_blocks(blocks, steps, &dequantisation.steps, samples, stride) };
        return;
    }
    for (index, block) in blocks.iter().enumerate() {
        store(&inverse_block(block, &dequantisation.steps), index, samples, stride);
    }
}

/// Writes a block at its place among its neighbours.
#[inline(always)]
pub(super) fn store(block: &[[u8; BLOCK]; BLOCK], index: usize, samples: &mut [u8], stride: usize) {
    for (line, row) in samples.chunks_exact_mut(stride).zip(block) {
        if let Some(target) = line.as_chunks_mut().0.get_mut(index) {
            *target = *row;
        }
    }
}

/// The transform of one block, exact for every input: wide intermediate results, and the wrap-around of libjpeg's range limit.
pub(super) fn inverse_block(block: &Block, steps: &[u16; BLOCK * BLOCK]) -> [[u8; BLOCK]; BLOCK] {
    let mut columns = [[0_i32; BLOCK]; BLOCK];
    for x in 0..BLOCK {
        let mut column = [0_i64; BLOCK];
        for (y, value) in column.iter_mut().enumerate() {
            *value = i64::from(block[y * BLOCK + x]) * i64::from(steps[y * BLOCK + x]);
        }
        for (row, value) in columns.iter_mut().zip(one_dimension(column, CONSTANT_BITS - PASS_BITS)) {
            row[x] = value;
        }
    }
    let mut samples = [[0; BLOCK]; BLOCK];
    for (row, target) in columns.into_iter().zip(&mut samples) {
        *target = one_dimension(row.map(i64::from), ROW_SHIFT).map(to_sample);
    }
    samples
}

/// Eight coefficients to eight values, rounded by `shift` bits.
#[inline(always)]
fn one_dimension(f: [i64; BLOCK], shift: u32) -> [i32; BLOCK] {
    let round = |value: i64| ((value + (1 << (shift - 1))) >> shift) as i32;
    // Most columns of real blocks; the general way gives the same.
    if f[1] | f[2] | f[3] | f[4] | f[5] | f[6] | f[7] == 0 {
        return [round(f[0] << CONSTANT_BITS); BLOCK];
    }
    let rotation = (f[2] + f[6]) * C0_541;
    let (low, high) = (rotation + f[2] * C0_765, rotation - f[6] * C1_847);
    let (sum, difference) = ((f[0] + f[4]) << CONSTANT_BITS, (f[0] - f[4]) << CONSTANT_BITS);
    let [e0, e1, e2, e3] = [sum + low, difference + high, difference - high, sum - low];

    let shared = (f[7] + f[3] + f[5] + f[1]) * C1_175;
    let (z1, z2) = ((f[7] + f[1]) * -C0_899, (f[5] + f[3]) * -C2_562);
    let (z3, z4) = ((f[7] + f[3]) * -C1_961 + shared, (f[5] + f[1]) * -C0_390 + shared);
    let [o0, o1, o2, o3] =
        [f[1] * C1_501 + z1 + z4, f[3] * C3_072 + z2 + z3, f[5] * C2_053 + z2 + z4, f[7] * C0_298 + z1 + z3];
    [e0 + o0, e1 + o1, e2 + o2, e3 + o3, e3 - o3, e2 - o2, e1 - o1, e0 - o0].map(round)
}

/// Moves to unsigned and limits to bytes; only the low 10 bits count, as in libjpeg's table (`prepare_range_limit_table` in `jdmaster.c`).
#[inline(always)]
fn to_sample(value: i32) -> u8 {
    ((value << 22 >> 22).clamp(-128, 127) + 128) as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Both transforms on blocks of every size of coefficients, up to those that leave the vector one's range.
    #[test]
    fn the_vector_transform_has_the_bits_of_the_scalar_one() {
        let mut state = 1_u64;
        let mut random = move || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) as u32
        };
        for round in 0..20_000 {
            let mut steps = [0_u16; 64];
            let largest_step = [2, 17, 256, 65_536][random() as usize % 4];
            steps.iter_mut().for_each(|step| *step = (random() % largest_step) as u16);
            let magnitude = 1 << (random() % 16);
            let dense = random() % 64;
            let mut blocks = [[0_i16; 64]; 3];
            for coefficient in blocks.iter_mut().flatten() {
                if random() % 64 <= dense {
                    *coefficient = (random() % (2 * magnitude)) as i16;
                    *coefficient = coefficient.wrapping_sub(magnitude as i16);
                }
            }
            let mut samples = [0_u8; 8 * 32];
            inverse_blocks(&blocks, &Dequantisation::new(steps), &mut samples, 32);
            for (index, block) in blocks.iter().enumerate() {
                let mut expected = samples;
                store(&inverse_block(block, &steps), index, &mut expected, 32);
                assert!(expected == samples, "round {round}, block {index}");
            }
        }
    }
}
