//! A mean over units with its standard error, in the data and in resamples of them.

use sop_core::Outcomes;
use sop_numeric::kernel;

use super::resampling::numbered;

/// The mean that outcomes give, ready to be taken of resamples.
///
/// The standard error is that of the linearized mean, over clusters: with the residual of a cluster, the sum of what its units differ from
/// the mean of their group, weighted as in the mean, it is √(n / (n - 1) · Σ residual²).
pub(super) struct Estimate {
    value: f64,
    std_error: Option<f64>,
    num_clusters: usize,
    parts: Parts,
}

enum Parts {
    /// A plain mean: of each cluster the sum of what its units differ from the mean, and its size.
    Plain { sums: Vec<f64>, sizes: Vec<f64>, alone: bool },
    /// A mean over the means of groups: of each unit what it differs from the mean of its group, its group, and its cluster.
    Grouped { residuals: Vec<f64>, groups: Vec<usize>, means: Vec<f64>, clusters: Vec<usize> },
}

/// How far the value of a resample is above that of the data.
#[derive(Clone, Copy, Debug)]
pub(super) struct Above {
    pub value: f64,
    /// In standard errors of the resample.
    pub errors: f64,
}

impl Estimate {
    /// Of outcomes, of which there is at least one.
    pub fn new(outcomes: &Outcomes) -> Self {
        let values = &outcomes.values;
        let value = outcomes.mean().unwrap_or_default();
        let clusters = outcomes.clusters.as_deref().map(numbered);
        let alone = clusters.is_none();
        let clusters = clusters.unwrap_or_else(|| (0..values.len()).collect());
        let num_clusters = clusters.iter().max().map_or(0, |last| last + 1);
        let parts = match &outcomes.groups {
            None => {
                let (mut sums, mut sizes) = (vec![0.0; num_clusters], vec![0.0; num_clusters]);
                for (value_of_unit, &cluster) in values.iter().zip(&clusters) {
                    sums[cluster] += value_of_unit - value;
                    sizes[cluster] += 1.0;
                }
                Parts::Plain { sums, sizes, alone }
            }
            Some(groups) => {
                let groups = numbered(groups);
                let mut sums = vec![(0.0, 0.0); groups.iter().max().map_or(0, |last| last + 1)];
                for (value, &group) in values.iter().zip(&groups) {
                    sums[group].0 += value;
                    sums[group].1 += 1.0;
                }
                let means: Vec<f64> = sums.iter().map(|(sum, count)| sum / count).collect();
                let residuals = values.iter().zip(&groups).map(|(value, &group)| value - means[group]).collect();
                Parts::Grouped { residuals, groups, means, clusters }
            }
        };
        let mut estimate = Self { value, std_error: None, num_clusters, parts };
        let (_, variance) = estimate.of_resample(&vec![1.0; num_clusters]);
        estimate.std_error = (num_clusters > 1 && variance > 0.0).then(|| variance.sqrt());
        estimate
    }

    pub fn value(&self) -> f64 {
        self.value
    }

    /// The standard error; `None` where there is a single cluster, or clusters do not differ.
    pub fn std_error(&self) -> Option<f64> {
        self.std_error
    }

    pub fn num_clusters(&self) -> usize {
        self.num_clusters
    }

    /// Of each resample, where cluster `i` is drawn `counts[i]` times, how far its value is above the value: as it is, and in standard
    /// errors of the resample. The latter is infinite where the resample does not vary, and its value is another one.
    pub fn above(&self, resamples: &[Vec<f64>]) -> Vec<Above> {
        let found = match &self.parts {
            Parts::Plain { sums, alone: true, .. } => {
                moments(sums, resamples).into_iter().map(|(sum, squares)| self.of_moments(sum, squares)).collect()
            }
            _ => resamples.iter().map(|counts| self.of_resample(counts)).collect::<Vec<_>>(),
        };
        let studentized = |(value, variance): (f64, f64)| {
            let errors = if variance > 0.0 {
                value / variance.sqrt()
            } else if value == 0.0 {
                0.0
            } else {
                f64::INFINITY.copysign(value)
            };
            Above { value, errors }
        };
        found.into_iter().map(studentized).collect()
    }

    /// What a resample of units that each stand for themselves has, from the sum and the sum of squares of what they differ from the mean.
    fn of_moments(&self, sum: f64, squares: f64) -> (f64, f64) {
        let count = self.num_clusters as f64;
        let above = sum / count;
        let variance = (squares - above * sum) / (count * (count - 1.0));
        // Rounding leaves a little of what is nothing.
        (above, if variance > squares * f64::EPSILON { variance } else { 0.0 })
    }

    /// A resample's value less the value, and the variance of its mean.
    fn of_resample(&self, counts: &[f64]) -> (f64, f64) {
        let factor = self.num_clusters as f64 / (self.num_clusters as f64 - 1.0);
        match &self.parts {
            Parts::Plain { sums, sizes, .. } => {
                let total: f64 = sizes.iter().zip(counts).map(|(size, count)| size * count).sum();
                let above = sums.iter().zip(counts).map(|(sum, count)| sum * count).sum::<f64>() / total;
                let residual = |(sum, size): (&f64, &f64)| sum - above * size;
                let squares: f64 =
                    sums.iter().zip(sizes).map(residual).zip(counts).map(|(one, count)| one * one * count).sum();
                (above, factor * squares / (total * total))
            }
            Parts::Grouped { residuals, groups, means, clusters } => {
                // Of each group the number of drawn units, and what they are above the group's mean.
                let mut drawn = vec![(0.0, 0.0); means.len()];
                for ((residual, &group), &cluster) in residuals.iter().zip(groups).zip(clusters) {
                    drawn[group].0 += counts[cluster];
                    drawn[group].1 += counts[cluster] * residual;
                }
                let present = drawn.iter().filter(|(count, _)| *count > 0.0).count() as f64;
                let mut value = 0.0;
                for ((count, above), mean) in drawn.iter_mut().zip(means).filter(|((count, _), _)| *count > 0.0) {
                    *above /= *count;
                    value += (mean + *above) / present;
                }
                let mut of_clusters = vec![0.0; self.num_clusters];
                for ((residual, &group), &cluster) in residuals.iter().zip(groups).zip(clusters) {
                    let (count, above) = drawn[group];
                    if count > 0.0 {
                        of_clusters[cluster] += (residual - above) / (count * present);
                    }
                }
                let squares: f64 = of_clusters.iter().zip(counts).map(|(one, count)| one * one * count).sum();
                (value - self.value, factor * squares)
            }
        }
    }
}

/// For each resample the sum of the values and of their squares, each counted as often as its count says.
fn moments(values: &[f64], resamples: &[Vec<f64>]) -> Vec<(f64, f64)> {
    // A block of values stays in the nearest cache for all resamples. Partial sums, since each addition to a single one would wait for the
    // one before.
    const BLOCK: usize = 1024;
    let mut found = vec![([0.0; LANES], [0.0; LANES]); resamples.len()];
    for (block, values) in values.chunks(BLOCK).enumerate() {
        for ((sums, squares), counts) in found.iter_mut().zip(resamples) {
            add_moments(values, counts.get(block * BLOCK..).unwrap_or_default(), sums, squares);
        }
    }
    found.into_iter().map(|(sums, squares)| (sums.iter().sum(), squares.iter().sum())).collect()
}

/// Numbers that are added side by side.
const LANES: usize = 8;

kernel! {
    fn add_moments(values: &[f64], counts: &[f64], sums: &mut [f64; LANES], squares: &mut [f64; LANES]) {
        let (whole_values, rest_values) = values.as_chunks::<LANES>();
        let (whole_counts, rest_counts) = counts.get(..values.len()).unwrap_or_default().as_chunks::<LANES>();
        for (values, counts) in whole_values.iter().zip(whole_counts) {
            for place in 0..LANES {
                let counted = values[place] * counts[place];
                sums[place] += counted;
                squares[place] += counted * values[place];
            }
        }
        for (place, (value, count)) in rest_values.iter().zip(rest_counts).enumerate() {
            sums[place] += value * count;
            squares[place] += value * count * value;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcomes(values: &[f64]) -> Outcomes {
        Outcomes::new((0..values.len()).map(|unit| format!("{unit}")).collect(), values.to_vec())
    }

    #[test]
    fn standard_errors_are_those_of_the_formulas() {
        // Variance (divisor 3) of 1, 2, 3, 6 is 14/3.
        let plain = Estimate::new(&outcomes(&[1.0, 2.0, 3.0, 6.0]));
        assert_eq!(plain.value(), 3.0);
        assert!((plain.std_error().unwrap() - (14.0_f64 / 3.0 / 4.0).sqrt()).abs() < 1e-15);
        // Clusters (1, 2), (3), (6): residuals 1 + 2 - 2 · 3, 0, 3; 3/2 · (9 + 0 + 9) / 4².
        let clustered = Estimate::new(&outcomes(&[1.0, 2.0, 3.0, 6.0]).in_clusters([5, 5, 1, 9].into()));
        assert!((clustered.std_error().unwrap() - (1.5_f64 * 18.0).sqrt() / 4.0).abs() < 1e-15);
        // Groups (1, 2, 3) and (6, 8): means 2 and 7; residuals -1/6, 0, 1/6, -1/4, 1/4; 5/4 · (2/36 + 2/16).
        let grouped = Outcomes { groups: Some([0, 0, 0, 4, 4].into()), ..outcomes(&[1.0, 2.0, 3.0, 6.0, 8.0]) };
        let found = Estimate::new(&grouped);
        assert_eq!(found.value(), 4.5);
        assert!((found.std_error().unwrap() - (1.25_f64 * (2.0 / 36.0 + 2.0 / 16.0)).sqrt()).abs() < 1e-15);
        for alike in [vec![1.0], vec![2.0; 5]] {
            assert_eq!(Estimate::new(&outcomes(&alike)).std_error(), None);
        }
        let one_video = outcomes(&[1.0, 2.0]).in_clusters([3, 3].into());
        assert_eq!(Estimate::new(&one_video).std_error(), None);
    }

    #[test]
    fn a_resample_is_as_if_it_were_the_data() {
        let values = [0.1, 0.9, 0.4, 0.5, 0.3];
        let (counts, drawn) = ([2.0, 0.0, 1.0, 1.0, 1.0], [0.1, 0.1, 0.4, 0.5, 0.3]);
        let of = Estimate::new(&outcomes(&values));
        let as_data = Estimate::new(&outcomes(&drawn));
        let expected = (as_data.value() - of.value()) / as_data.std_error().unwrap();
        assert!((of.above(&[counts.to_vec()])[0].errors - expected).abs() < 1e-12);
        assert_eq!(of.above(&[vec![5.0, 0.0, 0.0, 0.0, 0.0]])[0].errors, f64::NEG_INFINITY);
        let grouped = |values: &[f64], groups: &[u32]| {
            Estimate::new(&Outcomes { groups: Some(groups.into()), ..outcomes(values) })
        };
        let of = grouped(&values, &[0, 0, 1, 1, 1]);
        let as_data = grouped(&drawn, &[0, 0, 1, 1, 1]);
        let expected = (as_data.value() - of.value()) / as_data.std_error().unwrap();
        assert!(
            (of.above(&[counts.to_vec()])[0].errors - expected).abs() < 1e-12,
            "{} {expected}",
            of.above(&[counts.to_vec()])[0].errors
        );
    }
}
