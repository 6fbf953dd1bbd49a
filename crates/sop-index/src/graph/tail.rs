//! The share of normal numbers above a bound, by additions and products alone: the same on every machine.

use std::f32::consts::LOG2_E;

/// The share of normal numbers (mean 0, deviation 1) above `bound`; right within a tenth as far as it is above 1e-4, and too large beyond.
#[inline(always)]
pub(crate) fn share_above(bound: f32) -> f32 {
    let size = bound.abs();
    // A usual approximation of the complementary error function.
    let share = 0.5 * exp_of_negative(-size * (0.717 + 0.416 * size));
    if bound < 0.0 { 1.0 - share } else { share }
}

/// `e^x` for `x` at most 0, within 1e-3 of it.
#[inline(always)]
fn exp_of_negative(x: f32) -> f32 {
    let exponent = (x * LOG2_E).max(-126.0);
    let whole = exponent as i32 - 1;
    let rest = exponent - whole as f32;
    let power = 1.0 + rest * (0.695_556_9 + rest * (0.226_173_49 + rest * 0.078_024_45));
    f32::from_bits(((whole + 127).max(0) as u32) << 23) * power
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_those_of_the_normal_distribution() {
        let known = [
            (0.0, 0.5),
            (0.5, 0.308_54),
            (1.0, 0.158_66),
            (2.0, 0.022_75),
            (3.0, 0.001_35),
            (3.7, 1.08e-4),
            (-1.0, 0.841_34),
            (-3.0, 0.998_65),
        ];
        for (bound, share) in known {
            let found = share_above(bound);
            assert!((found / share - 1.0).abs() < 0.1, "{bound}: {found}");
        }
        assert!(share_above(6.0) >= 9.87e-10 && share_above(6.0) < 1e-7);
        assert!(share_above(1e30) < 1e-30 && share_above(f32::INFINITY) < 1e-30);
        assert_eq!(share_above(-1e30), 1.0);
    }
}
