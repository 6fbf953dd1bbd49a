//! The randomisation test of a paired difference.

use rayon::prelude::*;
use sop_numeric::random::Stream;
use statrs::distribution::{Binomial, DiscreteCDF};

/// Clusters up to which all signs are tried.
const ALL_SIGNS: usize = 16;
/// A sum counts as large as the one found when it is so close: sums in another order round otherwise.
const TOLERANCE: f64 = 1e-12;

/// How many signs are tried where there are too many to try all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SignFlips {
    /// Draws of the signs of all clusters.
    pub draws: u32,
    /// Seed of the draws.
    pub seed: u64,
}

/// The probability, two-sided, of a sum as far from zero as that of `parts`, where each part is as likely to have the other sign.
///
/// `parts` is what each cluster of units adds to a difference. Where two encoders do not differ, nothing says which of them a part is in
/// favour of (Fisher, "The Design of Experiments", 1935, section 21). Up to 16 parts that are not zero all signs are tried. Of more parts of
/// one size, such as images that are right or wrong, the number of positive ones is binomial, and the probability is exact (that of
/// McNemar's exact test). Else the signs are those of `flips`, and the probability is `(1 + as large) / (1 + draws)`, which is never zero.
#[must_use]
pub fn sign_flip_test(parts: &[f64], flips: SignFlips) -> f64 {
    let parts: Vec<f64> = parts.iter().copied().filter(|part| *part != 0.0).collect();
    let size: f64 = parts.iter().map(|part| part.abs()).sum();
    let found = parts.iter().sum::<f64>().abs() - TOLERANCE * size;
    if parts.len() <= ALL_SIGNS {
        let all = 1_u32 << parts.len();
        let sum = |signs: u32| -> f64 {
            parts.iter().enumerate().map(|(place, part)| if signs >> place & 1 == 1 { -part } else { *part }).sum()
        };
        let as_large = (0..all).filter(|&signs| sum(signs).abs() >= found).count();
        return as_large as f64 / f64::from(all);
    }
    if let Some(exact) = of_one_size(&parts) {
        return exact;
    }
    let as_large = (0..flips.draws)
        .into_par_iter()
        .filter(|&draw| {
            let mut stream = Stream::from_seed(flips.seed, u64::from(draw));
            let sum: f64 = parts
                .chunks(64)
                .map(|parts| {
                    let signs = stream.bits();
                    let signed =
                        |(place, part): (usize, &f64)| f64::from_bits(part.to_bits() ^ (signs >> place & 1) << 63);
                    parts.iter().enumerate().map(signed).sum::<f64>()
                })
                .sum();
            sum.abs() >= found
        })
        .count();
    (1.0 + as_large as f64) / (1.0 + f64::from(flips.draws))
}

/// The probability where all parts are of one size; `None` where they are not.
fn of_one_size(parts: &[f64]) -> Option<f64> {
    let size = parts.first()?.abs();
    if parts.iter().any(|part| (part.abs() - size).abs() > TOLERANCE * size) {
        return None;
    }
    let positive = parts.iter().filter(|part| **part > 0.0).count();
    let fewer = positive.min(parts.len() - positive) as u64;
    let below = Binomial::new(0.5, parts.len() as u64).ok()?.cdf(fewer);
    Some((2.0 * below).min(1.0))
}
