//! What a protocol returns: values with the outcomes they average over.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use crate::{Classified, MetricInfo};

/// Parameters of one measured value, in key order: their JSON text is canonical.
pub type Params = BTreeMap<String, serde_json::Value>;

/// The value of a parameter as flags spell it: JSON where it is some, else a text.
#[must_use]
pub fn param_value(text: &str) -> serde_json::Value {
    serde_json::from_str(text.trim()).unwrap_or_else(|_| text.trim().into())
}

/// One measured value, without provenance: a protocol knows neither clock nor files.
#[derive(Clone, Debug)]
pub struct Measurement {
    /// Name of the metric, e.g. `top1`.
    pub metric: String,
    /// The parameters this value belongs to, e.g. `{"k": 20, "temperature": 0.07}`.
    pub params: Params,
    /// The value (fractions in `[0, 1]`), `None` where it is not defined, e.g. top-5 with three classes.
    pub value: Option<f64>,
    /// The ends between which values of the metric lie, as [`Unit::range`](crate::Unit::range).
    pub range: (f64, f64),
    /// Lower and upper end of the 95 % interval.
    pub ci95: Option<(f64, f64)>,
    /// Standard error of the value.
    pub std_error: Option<f64>,
    /// Number of units (images, queries, objects) averaged over.
    pub num_samples: u64,
    /// Whether a larger value is a better one.
    pub higher_is_better: bool,
    /// The outcome of every unit, where the value is an average of them.
    pub outcomes: Option<Outcomes>,
}

impl Measurement {
    /// A value that is the mean of the outcomes of its units. Undefined without units.
    #[must_use]
    pub fn mean(metric: &MetricInfo, params: Params, outcomes: Outcomes) -> Self {
        let num_samples = outcomes.values.len() as u64;
        let value = outcomes.mean();
        Self { outcomes: Some(outcomes), ..Self::value(metric, params, value, num_samples) }
    }

    /// A value that says nothing of its units, or is not defined (`None`).
    #[must_use]
    pub fn value(metric: &MetricInfo, params: Params, value: Option<f64>, num_samples: u64) -> Self {
        Self {
            metric: metric.name.to_owned(),
            params,
            value,
            range: metric.unit.range(),
            ci95: None,
            std_error: None,
            num_samples,
            higher_is_better: metric.higher_is_better,
            outcomes: None,
        }
    }

    /// Whether its value is better than that of another one of the metric; any value is better than none.
    #[must_use]
    pub fn is_better_than(&self, other: &Self) -> bool {
        is_better(self.higher_is_better, self.value, other.value)
    }

    /// The same without the outcomes of its units, so that it gets no interval.
    #[must_use]
    pub fn without_outcomes(self) -> Self {
        Self { outcomes: None, ..self }
    }
}

/// Whether a value is better than another one; any is better than none, and of equal ones neither is.
pub(crate) fn is_better(higher_is_better: bool, value: Option<f64>, than: Option<f64>) -> bool {
    match (value, than) {
        (Some(value), Some(than)) if higher_is_better => value > than,
        (Some(value), Some(than)) => value < than,
        (value, _) => value.is_some(),
    }
}

/// The outcome of every unit that a value averages over.
///
/// Two encoders measured on the same units can be compared unit by unit, and one bootstrap serves all protocols.
#[derive(Clone, Debug)]
pub struct Outcomes {
    /// Names of the units (ids of test images, queries, objects), shared by the measurements of one run.
    pub unit_ids: Arc<[String]>,
    /// Outcome of each unit, e.g. 1 for a correct image and 0 for a wrong one.
    pub values: Vec<f64>,
    /// Group of each unit where the value is the mean of group means (macro average); `None` for a plain mean.
    pub groups: Option<Arc<[u32]>>,
    /// Cluster of each unit where units belong together, such as the objects of a video: what is resampled are whole clusters then.
    /// `None` where every unit stands for itself.
    pub clusters: Option<Arc<[u32]>>,
    /// What each unit is and what it was taken for, where the value is an accuracy: a unit's outcome is 1 where both are the same.
    pub classified: Option<Classified>,
}

impl Outcomes {
    /// Outcomes whose value is their mean, each unit standing for itself.
    #[must_use]
    pub fn new(unit_ids: Arc<[String]>, values: Vec<f64>) -> Self {
        Self { unit_ids, values, groups: None, clusters: None, classified: None }
    }

    /// The same with the cluster of each unit. Clusters of one unit each are none.
    #[must_use]
    pub fn in_clusters(self, clusters: Arc<[u32]>) -> Self {
        let different: HashSet<u32> = clusters.iter().copied().collect();
        Self { clusters: (different.len() < clusters.len()).then_some(clusters), ..self }
    }

    /// The same with the classes of the units, or without any.
    #[must_use]
    pub fn with_classes(self, classified: Option<Classified>) -> Self {
        Self { classified, ..self }
    }

    /// Whether every unit is right (1) or wrong (0).
    #[must_use]
    pub fn are_right_or_wrong(&self) -> bool {
        self.values.iter().all(|&value| value == 0.0 || value == 1.0)
    }

    /// The value that the outcomes average to when unit `i` is counted `counts[i]` times, a whole number; `None` when nothing is counted.
    #[must_use]
    pub fn average(&self, counts: &[f64]) -> Option<f64> {
        match &self.groups {
            None => {
                let total: f64 = counts.iter().sum();
                (total > 0.0).then(|| weighted_sum(&self.values, counts) / total)
            }
            Some(groups) => {
                let num_groups = groups.iter().max().map_or(0, |&last| last as usize + 1);
                let mut sums = vec![(0.0_f64, 0.0_f64); num_groups];
                for ((value, &count), &group) in self.values.iter().zip(counts).zip(groups.iter()) {
                    sums[group as usize].0 += value * count;
                    sums[group as usize].1 += count;
                }
                let means: Vec<f64> =
                    sums.iter().filter(|(_, count)| *count > 0.0).map(|(sum, count)| sum / count).collect();
                (!means.is_empty()).then(|| means.iter().sum::<f64>() / means.len() as f64)
            }
        }
    }

    /// The value that the outcomes average to; `None` when there are no units.
    #[must_use]
    pub fn mean(&self) -> Option<f64> {
        self.average(&vec![1.0; self.values.len()])
    }
}

/// The sum of the values, each counted as often as its count says.
fn weighted_sum(values: &[f64], counts: &[f64]) -> f64 {
    // Partial sums, since each addition to a single one would wait for the one before: a bootstrap adds very often.
    let mut sums = [0.0; 8];
    for (values, counts) in values.chunks(sums.len()).zip(counts.chunks(sums.len())) {
        for ((sum, value), &count) in sums.iter_mut().zip(values).zip(counts) {
            *sum += value * count;
        }
    }
    sums.iter().sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcomes(groups: Option<Vec<u32>>) -> Outcomes {
        let ids: Vec<String> = ["a", "b", "c"].map(str::to_owned).to_vec();
        Outcomes { groups: groups.map(Into::into), ..Outcomes::new(ids.into(), vec![1.0, 0.0, 1.0]) }
    }

    #[test]
    fn plain_mean_counts_units() {
        assert_eq!(outcomes(None).mean(), Some(2.0 / 3.0));
        assert_eq!(outcomes(None).average(&[0.0, 3.0, 1.0]), Some(0.25));
        assert_eq!(outcomes(None).average(&[0.0; 3]), None);
    }

    #[test]
    fn macro_mean_weighs_groups_alike_and_skips_absent_ones() {
        assert_eq!(outcomes(Some(vec![0, 0, 2])).mean(), Some(0.75));
        assert_eq!(outcomes(Some(vec![0, 0, 2])).average(&[1.0, 1.0, 0.0]), Some(0.5));
    }
}
