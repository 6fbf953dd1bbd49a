//! What each unit weighs in a mean.

use sop_core::Outcomes;

use super::resampling::numbered;

/// The weight of each unit in the mean; together they are one.
pub(super) fn weights(outcomes: &Outcomes) -> Vec<f64> {
    let Some(groups) = &outcomes.groups else {
        return vec![1.0 / outcomes.values.len() as f64; outcomes.values.len()];
    };
    let groups = numbered(groups);
    let mut sizes = vec![0.0; groups.iter().max().map_or(0, |last| last + 1)];
    groups.iter().for_each(|&group| sizes[group] += 1.0);
    groups.iter().map(|&group| 1.0 / (sizes[group] * sizes.len() as f64)).collect()
}
