//! How many units that each stand for themselves would say as much.

use sop_core::Outcomes;

use super::resampling::numbered;
use super::weights::weights;

/// The effective number of units: how many that each stand for themselves would give the mean the same standard error, where a single unit
/// has this variance. In surveys it takes the place of the number of units in intervals of shares (Korn and Graubard, "Confidence intervals
/// for proportions with small expected number of positive counts estimated from survey data", Survey Methodology, 1998).
///
/// It is at most what the correlation within clusters (by analysis of variance) leaves of the units: few clusters tell their standard error
/// badly, above all where few units are right, and the model is steadier (Franco, Little, Louis and Slud, "Comparative study of confidence
/// intervals for proportions in complex sample surveys", Journal of Survey Statistics and Methodology, 2019). Where no unit differs from
/// another, nothing is known of that correlation; clusters count as single units then, which is the most careful.
pub(super) fn effective_units(outcomes: &Outcomes, unit_variance: f64, std_error: Option<f64>) -> f64 {
    let weights = weights(outcomes);
    let of_units: f64 = weights.iter().map(|weight| weight * weight).sum();
    let left = match &outcomes.clusters {
        None => 1.0 / of_units,
        Some(clusters) => {
            let clusters = numbered(clusters);
            let mut of_clusters = vec![0.0; clusters.iter().max().map_or(0, |last| last + 1)];
            clusters.iter().zip(&weights).for_each(|(&cluster, weight)| of_clusters[cluster] += weight);
            let of_clusters: f64 = of_clusters.iter().map(|weight| weight * weight).sum();
            let correlation = correlation(&outcomes.values, &clusters);
            // Between units that know nothing of each other, and clusters in which all are alike.
            1.0 / (of_units + correlation * (of_clusters - of_units))
        }
    };
    std_error.map_or(left, |error| left.min(unit_variance / (error * error)))
}

/// The correlation of units of a cluster, by the analysis of variance; not below zero.
fn correlation(values: &[f64], clusters: &[usize]) -> f64 {
    let count = values.len() as f64;
    let mut sums = vec![(0.0, 0.0); clusters.iter().max().map_or(0, |last| last + 1)];
    for (value, &cluster) in values.iter().zip(clusters) {
        sums[cluster].0 += value;
        sums[cluster].1 += 1.0;
    }
    let mean = values.iter().sum::<f64>() / count;
    let num_clusters = sums.len() as f64;
    let between: f64 = sums.iter().map(|(sum, size)| size * (sum / size - mean).powi(2)).sum();
    let within: f64 = values
        .iter()
        .zip(clusters)
        .map(|(value, &cluster)| value - sums[cluster].0 / sums[cluster].1)
        .map(|residual| residual * residual)
        .sum();
    let (between, within) = (between / (num_clusters - 1.0), within / (count - num_clusters));
    let squared_sizes: f64 = sums.iter().map(|(_, size)| size * size).sum();
    let size = (count - squared_sizes / count) / (num_clusters - 1.0);
    let all = between + (size - 1.0) * within;
    // Nothing differs, or there is a single cluster: as bad as it can be.
    if all > 0.0 { ((between - within) / all).clamp(0.0, 1.0) } else { 1.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcomes(values: &[f64], clusters: &[u32]) -> Outcomes {
        let ids: Vec<String> = (0..values.len()).map(|unit| format!("{unit}")).collect();
        Outcomes::new(ids.into(), values.to_vec()).in_clusters(clusters.into())
    }

    #[test]
    fn correlations_are_those_of_the_analysis_of_variance() {
        // Means 1 and 4 around 2.5: 2 (1.5² + 1.5²) / 1 = 9 between; within 4 · 1 / 2 = 2; (9 - 2) / (9 + 2).
        assert!((correlation(&[0.0, 2.0, 3.0, 5.0], &[0, 0, 1, 1]) - 7.0 / 11.0).abs() < 1e-15);
        assert_eq!(correlation(&[0.0, 0.0, 1.0, 1.0], &[0, 0, 1, 1]), 1.0);
        assert_eq!(correlation(&[0.0, 1.0, 0.0, 1.0], &[0, 0, 1, 1]), 0.0);
        assert_eq!(correlation(&[1.0; 4], &[0, 0, 1, 1]), 1.0);
        assert_eq!(correlation(&[0.0, 1.0], &[0, 0]), 1.0);
    }

    #[test]
    fn there_are_as_many_as_units_or_clusters_at_the_ends() {
        let clusters = [0, 0, 1, 1, 2, 2];
        let effective = |values: &[f64], error| effective_units(&outcomes(values, &clusters), 0.25, error);
        assert!((effective(&[0.0, 1.0, 0.0, 1.0, 0.0, 1.0], None) - 6.0).abs() < 1e-12);
        assert!((effective(&[0.0, 0.0, 1.0, 1.0, 0.0, 0.0], None) - 3.0).abs() < 1e-12);
        assert!((effective(&[1.0; 6], None) - 3.0).abs() < 1e-12);
        assert!((effective(&[0.0, 1.0, 0.0, 1.0, 0.0, 1.0], Some(0.25)) - 4.0).abs() < 1e-12);
        // Two clusters of three and one unit, alike: 4² / (3² + 1²).
        assert!((effective_units(&outcomes(&[1.0; 4], &[7, 7, 7, 2]), 0.0, None) - 1.6).abs() < 1e-12);
    }
}
