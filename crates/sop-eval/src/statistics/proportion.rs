//! Intervals of shares and of differences of paired shares, in closed form.

use super::distributions::normal_quantile;

/// The 95 % interval of a share of which `right` of `count` units were right, by Wilson (Journal of the American Statistical Association,
/// 1927). It is within 0 and 1, and says what few units, or units that are all alike, leave open.
pub(super) fn wilson(right: f64, count: f64) -> (f64, f64) {
    score(right / count, count, normal_quantile(0.975))
}

/// Wilson's interval of a share over so many units, which may be an effective number, with the quantile of a distribution: with that of
/// Student's t it is the interval for surveys of Dean and Pagano ("Evaluating confidence interval methods for binomial proportions in
/// clustered surveys", Journal of Survey Statistics and Methodology, 2015).
pub(super) fn score(share: f64, count: f64, quantile: f64) -> (f64, f64) {
    let squared = quantile * quantile;
    let centre = share + squared / (2.0 * count);
    let reach = quantile * (share * (1.0 - share) / count + squared / (4.0 * count * count)).sqrt();
    let scale = 1.0 + squared / count;
    (((centre - reach) / scale).max(0.0), ((centre + reach) / scale).min(1.0))
}

/// The 95 % interval of the second share less the first, where shares `only_first` and `only_second` of `count` units, which may be an
/// effective number, are right for one of them alone, by Bonett and Price (Journal of Educational and Behavioral Statistics, 2012), with
/// the quantile of a distribution.
pub(super) fn paired_shares(only_first: f64, only_second: f64, count: f64, quantile: f64) -> (f64, f64) {
    let [first, second] = [only_first, only_second].map(|share| (share * count + 1.0) / (count + 2.0));
    let difference = second - first;
    let reach = quantile * ((first + second - difference * difference) / (count + 2.0)).sqrt();
    ((difference - reach).max(-1.0), (difference + reach).min(1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intervals_are_those_of_the_formulas() {
        let near = |(low, high): (f64, f64), (wanted_low, wanted_high): (f64, f64)| {
            assert!((low - wanted_low).abs() < 1e-6 && (high - wanted_high).abs() < 1e-6, "{low} {high}");
        };
        // statsmodels.stats.proportion.proportion_confint(count, nobs, method="wilson")
        near(wilson(9.0, 10.0), (0.595_849_973, 0.982_123_787));
        near(wilson(10.0, 10.0), (0.722_467_2, 1.0));
        near(wilson(0.0, 1.0), (0.0, 0.793_450_686));
        // (5 - 2) / 102 and 1.96 √((3 + 6) / 102 - (3/102)²) / √102.
        let z = normal_quantile(0.975);
        near(paired_shares(0.02, 0.05, 100.0, z), (-0.027_950_96, 0.086_774_49));
        let (low, high) = paired_shares(0.0, 0.0, 1000.0, z);
        assert!(low < 0.0 && high > 0.0 && high < 0.003);
    }
}
