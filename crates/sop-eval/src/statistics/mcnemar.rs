//! McNemar's test of two accuracies over the same units.

use statrs::distribution::{Binomial, Discrete, DiscreteCDF};

/// The two-sided mid-p value of McNemar's exact test, from the units that only the first has right and those that only the second has.
///
/// Where both are equally good, a unit on which they differ is as likely to be one as the other. The exact test calls too little
/// significant; with the mid-p value, which counts what was found by half, the share of false calls is close to what it should be
/// (Fagerland, Lydersen and Laake, BMC Medical Research Methodology, 2013).
#[must_use]
pub fn mcnemar(only_first: u64, only_second: u64) -> f64 {
    let differing = only_first + only_second;
    let Ok(fair) = Binomial::new(0.5, differing) else { return 1.0 };
    let fewer = only_first.min(only_second);
    let below = if fewer == 0 { 0.0 } else { fair.cdf(fewer - 1) };
    (2.0 * (below + 0.5 * fair.pmf(fewer))).min(1.0)
}
