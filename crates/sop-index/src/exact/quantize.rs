//! Vectors as small integers, with a proven bound of what is lost.
//!
//! A vector `v` becomes integers `q` of -90 to 90 and a scale `s`, so that `v = s q + e` with a known `|e|`.
//! Two limits let the integer product run in 16 bits: the sum of two products of a byte 0 to 180 and one of -90 to 90
//! fits (`2 * 180 * 90 = 32400`), and so does, by the inequality of Cauchy and Schwarz, the sum of all products of one
//! lane within a segment, since the integers there have norm 181 at most on either side (`181^2 = 32761`).
//! The scale is as small as both limits allow.

use sop_numeric::simd::Loops;

/// Largest absolute value of an integer.
pub(crate) const LIMIT: i32 = 90;
/// Components whose products are held together, as the bytes of one 32-bit word.
pub(crate) const STEP: usize = 4;
/// Steps whose products are summed in 16 bits.
pub(crate) const SEGMENT: usize = 16;
/// Norm of the unrounded integers of a lane of a segment: rounding adds at most `0.5 * sqrt(32)`, which makes 181.
const LANE_NORM: f64 = 178.0;

/// What is known of a quantized vector; both norms and the error are upper bounds.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Quantized {
    /// The vector is `scale` times the integers, plus the error.
    pub scale: f64,
    /// Norm of the error.
    pub error: f64,
    /// Norm of the vector.
    pub norm: f64,
    /// Norm of `scale` times the integers.
    pub reach: f64,
}

/// Quantizes `values` into `codes`, which are as many, rounded up to a whole step; the rest is set to zero.
pub(crate) struct Quantize<'a> {
    /// The vector.
    pub values: &'a [f64],
    /// The integers.
    pub codes: &'a mut [i8],
}

impl Loops for Quantize<'_> {
    type Output = Quantized;

    #[inline(always)]
    fn run<const FUSED: bool>(self) -> Quantized {
        let mut largest = [0.0_f64; WIDTH];
        let (mut square_sum, mut lane_square_sum) = (0.0, 0.0_f64);
        for segment in self.values.chunks(STEP * SEGMENT) {
            let mut squares = [0.0_f64; WIDTH];
            let (parts, rest) = segment.as_chunks::<WIDTH>();
            for part in parts {
                extend(&mut largest, &mut squares, part);
            }
            let mut last = [0.0; WIDTH];
            last[..rest.len()].copy_from_slice(rest);
            extend(&mut largest, &mut squares, &last);
            // The lanes of a step take its components 0 and 1, and 2 and 3.
            let lane = |first: usize| squares[first] + squares[first + 1] + squares[first + 4] + squares[first + 5];
            lane_square_sum = lane_square_sum.max(lane(0)).max(lane(2));
            square_sum += lane(0) + lane(2);
        }
        let largest = largest.iter().fold(0.0_f64, |largest, &value| largest.max(value));
        let scale = (largest / f64::from(LIMIT)).max(lane_square_sum.sqrt() / LANE_NORM);
        if scale == 0.0 {
            self.codes.fill(0);
            return Quantized::default();
        }
        let inverse = 1.0 / scale;
        let mut sums = Sums::default();
        let (values, rest) = self.values.as_chunks::<WIDTH>();
        let (codes, codes_of_rest) = self.codes.as_chunks_mut::<WIDTH>();
        for (codes, values) in codes.iter_mut().zip(values) {
            *codes = sums.round(values, scale, inverse);
        }
        if !rest.is_empty() {
            let mut last = [0.0; WIDTH];
            last[..rest.len()].copy_from_slice(rest);
            let last = sums.round(&last, scale, inverse);
            // The integers of the rest are in a part of their own where they are padded to a whole one.
            let into = codes.get_mut(values.len()).map_or(codes_of_rest, |codes| &mut codes[..]);
            into.copy_from_slice(&last[..into.len()]);
        }
        // The factors are far above the rounding of f64 in these sums.
        let norm = square_sum.sqrt() * (1.0 + 1e-9);
        let error = sums.errors.iter().sum::<f64>().sqrt() * (1.0 + 1e-9) + norm * 1e-12;
        let reach = scale * f64::from(sums.squares.iter().sum::<i32>()).sqrt() * (1.0 + 1e-9);
        Quantized { scale, error, norm, reach }
    }
}

/// Components taken at once.
const WIDTH: usize = 8;

/// Extends the largest absolute values and the sums of squares.
#[inline(always)]
fn extend(largest: &mut [f64; WIDTH], squares: &mut [f64; WIDTH], values: &[f64; WIDTH]) {
    for lane in 0..WIDTH {
        let value = values[lane].abs();
        largest[lane] = if value > largest[lane] { value } else { largest[lane] };
        squares[lane] += value * value;
    }
}

/// Squares of the errors and of the integers.
#[derive(Default)]
struct Sums {
    errors: [f64; WIDTH],
    squares: [i32; WIDTH],
}

impl Sums {
    #[inline(always)]
    fn round(&mut self, values: &[f64; WIDTH], scale: f64, inverse: f64) -> [i8; WIDTH] {
        // Adding 1.5 * 2^52 rounds to the nearest integer, ties to even, and leaves it in the low bits.
        const ROUND: f64 = 6_755_399_441_055_744.0;
        let mut codes = [0; WIDTH];
        for lane in 0..WIDTH {
            let shifted = values[lane] * inverse + ROUND;
            let lost = values[lane] - scale * (shifted - ROUND);
            let code = shifted.to_bits() as i32;
            self.errors[lane] += lost * lost;
            self.squares[lane] += code * code;
            codes[lane] = code as i8;
        }
        codes
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sop_numeric::simd::vectorized;

    fn check(values: &[f64]) {
        let mut codes = vec![1; values.len().next_multiple_of(STEP)];
        let quantized = vectorized(Quantize { values, codes: &mut codes });
        let exact: f64 = values
            .iter()
            .zip(&codes)
            .map(|(value, &code)| (value - quantized.scale * f64::from(code)).powi(2))
            .sum::<f64>()
            .sqrt();
        assert!(exact <= quantized.error && quantized.error <= exact * 1.001 + quantized.norm * 1e-9);
        assert!(codes[values.len()..].iter().all(|&code| code == 0));
        for segment in codes.chunks(STEP * SEGMENT) {
            for lane in 0..2 {
                let squares = segment.chunks(STEP).flat_map(|step| step.iter().skip(2 * lane).take(2));
                let square_sum: i32 = squares.map(|&code| i32::from(code).pow(2)).sum();
                assert!(square_sum <= i32::from(i16::MAX), "{square_sum}");
            }
        }
        assert!(codes.iter().all(|&code| i32::from(code).abs() <= LIMIT));
    }

    #[test]
    fn error_and_limits_hold() {
        check(&[0.0; 7]);
        check(&[1.0; 384]);
        check(&[-1.0; 63]);
        check(&[1e-45, -1e-45]);
        check(&[3e38, -3e38, 1.0]);
        let mut state = 3_u32;
        for dim in [1, 4, 5, 64, 65, 384, 1000] {
            let values: Vec<f64> = (0..dim)
                .map(|_| {
                    state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                    let uniform = f64::from(state >> 8) / f64::from(1 << 23) - 1.0;
                    uniform.powi(1 + (dim % 4) * 4)
                })
                .collect();
            check(&values);
        }
    }
}
