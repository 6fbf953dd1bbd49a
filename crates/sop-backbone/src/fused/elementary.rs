//! The exponential and Gauss's integral, such that loops over many values become vector instructions.

use std::f32::consts::FRAC_2_SQRT_PI;

/// `e^x` to two units in the last place; 0 below -87.3, and the largest power of two that f32 has above 88.
#[inline(always)]
pub(super) fn exp(x: f32) -> f32 {
    // log2 e, and ln 2 in two parts, of which the product of the first with a whole number is exact.
    const LOG2_E: f32 = std::f32::consts::LOG2_E;
    const LN_2_HIGH: f32 = 0.693_359_4;
    const LN_2_LOW: f32 = -2.121_944_4e-4;
    const LOWEST: f32 = -87.3;
    // What is no number stays none.
    let clamped = x.clamp(LOWEST, 88.0);
    let power = (clamped * LOG2_E).round_ties_even();
    let rest = clamped - power * LN_2_HIGH - power * LN_2_LOW;
    // Cephes, `expf`: e^r for |r| up to ln 2 / 2.
    let mut sum = 1.987_569_2e-4_f32;
    for coefficient in [1.398_2e-3, 8.333_452e-3, 4.166_579_6e-2, 1.666_666_5e-1, 5e-1] {
        sum = sum * rest + coefficient;
    }
    let value = sum * rest * rest + rest + 1.0;
    let scale = f32::from_bits(((power as i32 + 127) << 23) as u32);
    if x < LOWEST { 0.0 } else { value * scale }
}

/// `Φ(x)`, the share of the normal distribution below `x`, and its density `φ(x)`.
#[inline(always)]
pub(super) fn normal(x: f32) -> (f32, f32) {
    const SQRT_HALF: f32 = std::f32::consts::FRAC_1_SQRT_2;
    const DENSITY_AT_ZERO: f32 = 0.398_942_3;
    let z = (x * SQRT_HALF).abs();
    let square = z * z;
    let exponential = exp(-square);
    // Cephes, `ndtrf.c`: erf up to 1, and erfc from 1 to 2 and from 2 on, as polynomials in z² and in 1 / z².
    let small = polynomial(
        square,
        &[7.853_861e-5, -8.010_194e-4, 5.188_328e-3, -2.685_381_2e-2, 1.128_358_5e-1, -3.761_262_6e-1, FRAC_2_SQRT_PI],
    ) * z;
    let inverse = 1.0 / z.max(1.0);
    let inverse_square = inverse * inverse;
    let middle = polynomial(
        inverse_square,
        &[
            2.326_82e-2,
            -1.387_039_4e-1,
            3.687_424_7e-1,
            -5.824_733e-1,
            6.210_005e-1,
            -4.944_515_4e-1,
            3.404_88e-1,
            -2.741_127e-1,
            5.638_259_5e-1,
        ],
    );
    let large = polynomial(
        inverse_square,
        &[-10.477_664, 12.977_2, -7.495_519, 2.921_019, -1.015_265_3, 4.218_463_4e-1, -2.820_767_5e-1, 5.641_895e-1],
    );
    let tail = exponential * inverse * if z < 2.0 { middle } else { large };
    // What lies beyond |x| on one side.
    let beyond = if z < 1.0 { 0.5 - 0.5 * small } else { 0.5 * tail };
    let below = if x < 0.0 { beyond } else { 1.0 - beyond };
    (below, DENSITY_AT_ZERO * exponential)
}

/// A polynomial, highest power first.
#[inline(always)]
fn polynomial<const N: usize>(x: f32, coefficients: &[f32; N]) -> f32 {
    let mut sum = 0.0;
    for coefficient in coefficients {
        sum = sum * x + coefficient;
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `e^x` and Gauss's integral in f64: a series near zero, a continued fraction beyond.
    fn exact_below(x: f64) -> f64 {
        let z = x.abs() / 2.0_f64.sqrt();
        let beyond = if z < 2.5 {
            let mut term = z;
            let mut sum = z;
            for n in 1..120 {
                term *= -z * z / f64::from(n);
                sum += term / f64::from(2 * n + 1);
            }
            0.5 - sum / std::f64::consts::PI.sqrt()
        } else {
            let mut fraction = z;
            for n in (1..200).rev() {
                fraction = z + f64::from(n) / 2.0 / fraction;
            }
            (-z * z).exp() / fraction / std::f64::consts::PI.sqrt() / 2.0
        };
        if x < 0.0 { beyond } else { 1.0 - beyond }
    }

    #[test]
    fn exponentials_are_right_to_two_units_in_the_last_place() {
        for step in -87_200..=87_900 {
            let x = step as f32 * 1e-3;
            let exact = f64::from(x).exp();
            let off = (f64::from(exp(x)) - exact).abs() / exact;
            assert!(off < 2.4e-7, "{x}: {off:e}");
        }
        assert_eq!([exp(0.0), exp(-88.0), exp(f32::NEG_INFINITY)], [1.0, 0.0, 0.0]);
        assert!(exp(f32::NAN).is_nan() && normal(f32::NAN).0.is_nan());
    }

    #[test]
    fn the_normal_distribution_is_right_to_seven_digits() {
        for step in -12_000..=12_000 {
            let x = step as f32 * 1e-3;
            let (below, density) = normal(x);
            let exact = exact_below(f64::from(x));
            assert!((f64::from(below) - exact).abs() < 1.5e-7, "{x}: {below} {exact}");
            let exact = (-0.5 * f64::from(x) * f64::from(x)).exp() / (2.0 * std::f64::consts::PI).sqrt();
            assert!((f64::from(density) - exact).abs() < 1e-7, "{x}: {density} {exact}");
        }
    }
}
