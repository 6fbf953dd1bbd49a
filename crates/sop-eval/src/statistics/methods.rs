//! Methods compared by the encoders that they train: seeds are the units, not images.

use super::distributions::{t_quantile, t_two_sided};

/// The values that a method's encoders reach, one for each seed.
#[derive(Clone, Debug, PartialEq)]
pub struct Method<'a> {
    /// Its name.
    pub name: &'a str,
    /// A value for each seed.
    pub values: &'a [f64],
}

/// What the seeds say of two methods.
#[derive(Clone, Debug, PartialEq)]
pub struct MethodTest {
    /// Places of the two methods.
    pub methods: [usize; 2],
    /// The mean of the second less that of the first.
    pub difference: f64,
    /// Its 95 % interval; `None` where a method has a single seed: then only these encoders were compared.
    pub ci95: Option<(f64, f64)>,
    /// The two-sided probability of Welch's t-test; `None` where a method has a single seed, or no value varies.
    pub p: Option<f64>,
}

/// Compares each pair of methods by Welch's t-test over seeds (Biometrika, 1947), in the order of the methods.
#[must_use]
pub fn compare_methods(methods: &[Method<'_>]) -> Vec<MethodTest> {
    let mut tests = Vec::new();
    for (first, one) in methods.iter().enumerate() {
        for (second, other) in methods.iter().enumerate().skip(first + 1) {
            let (Some((mean_one, variance_one)), Some((mean_other, variance_other))) =
                (mean_and_variance(one.values), mean_and_variance(other.values))
            else {
                continue;
            };
            let difference = mean_other - mean_one;
            let welch = variance_one.zip(variance_other).and_then(|(variance_one, variance_other)| {
                let parts = [(variance_one, one.values.len()), (variance_other, other.values.len())];
                welch(difference, parts)
            });
            let (ci95, p) = welch.unzip();
            tests.push(MethodTest { methods: [first, second], difference, ci95, p });
        }
    }
    tests
}

/// Interval and probability of a difference of means with these variances over so many values; `None` where nothing varies.
fn welch(difference: f64, parts: [(f64, usize); 2]) -> Option<((f64, f64), f64)> {
    let of_means = parts.map(|(variance, count)| variance / count as f64);
    let variance: f64 = of_means.iter().sum();
    if variance <= 0.0 {
        return None;
    }
    let divisors = of_means.iter().zip(parts).map(|(of_mean, (_, count))| of_mean * of_mean / (count as f64 - 1.0));
    let degrees = variance * variance / divisors.sum::<f64>();
    let error = variance.sqrt();
    let reach = t_quantile(0.975, degrees)? * error;
    Some(((difference - reach, difference + reach), t_two_sided(difference / error, degrees)?))
}

/// Mean and variance (divisor n - 1); no variance for a single value, nothing without values.
fn mean_and_variance(values: &[f64]) -> Option<(f64, Option<f64>)> {
    let count = values.len() as f64;
    let mean = values.iter().sum::<f64>() / count;
    let square_sum: f64 = values.iter().map(|value| (value - mean) * (value - mean)).sum();
    match values.len() {
        0 => None,
        1 => Some((mean, None)),
        _ => Some((mean, Some(square_sum / (count - 1.0)))),
    }
}
