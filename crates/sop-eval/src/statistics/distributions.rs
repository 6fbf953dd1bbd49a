//! Quantiles and probabilities of Student's t and the normal distribution.

use statrs::distribution::{ContinuousCDF, Normal, StudentsT};

/// Degrees of freedom from which on the quantile of Student's t is taken from the normal one, by the first terms of the expansion in
/// 1/degrees, whose rest is below 1e-8 there.
const MANY: f64 = 1000.0;

/// The quantile of Student's t; `None` without degrees of freedom.
pub(super) fn t_quantile(probability: f64, degrees: f64) -> Option<f64> {
    if degrees < MANY {
        return Some(StudentsT::new(0.0, 1.0, degrees).ok()?.inverse_cdf(probability));
    }
    let z = normal_quantile(probability);
    let (z3, z5) = (z.powi(3), z.powi(5));
    Some(z + (z3 + z) / (4.0 * degrees) + (5.0 * z5 + 16.0 * z3 + 3.0 * z) / (96.0 * degrees * degrees))
}

/// The probability of a value of Student's t at least as far from zero; `None` without degrees of freedom.
pub(super) fn t_two_sided(t: f64, degrees: f64) -> Option<f64> {
    Some((2.0 * StudentsT::new(0.0, 1.0, degrees).ok()?.cdf(-t.abs())).min(1.0))
}

/// The quantile of the standard normal distribution.
pub(super) fn normal_quantile(probability: f64) -> f64 {
    Normal::standard().inverse_cdf(probability)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_those_of_tables() {
        for (degrees, expected) in
            [(1.0, 12.706_204_736), (10.0, 2.228_138_852), (999.0, 1.962_341_461), (1e5, 1.959_987_708)]
        {
            let found = t_quantile(0.975, degrees).unwrap();
            assert!((found - expected).abs() < 2e-8, "{degrees}: {found}");
        }
        assert_eq!(t_quantile(0.975, 0.0), None);
        assert!((normal_quantile(0.975) - 1.959_963_985).abs() < 1e-9);
    }
}
