//! Intervals and standard errors of values.

use sop_core::{Measurement, Outcomes};

use super::proportion::wilson;
use super::resampling::groups;

/// Adds the 95 % interval and the standard error to every measurement that has outcomes.
///
/// Where each unit is right or wrong, the interval is Wilson's. Else it is that of the bootstrap-t of `resamples` resamples: as many
/// units as there are, drawn with replacement, or as many clusters where units are in clusters. The draws depend on the seed and the
/// number of units only. The interval does not leave the range of the metric. The result does not depend on the number of threads.
///
/// Where units do not vary, or are of a single cluster, only Wilson's interval is there; the same where too many resamples do not vary.
/// With no resamples nothing is added.
pub fn add_intervals(measurements: &mut [Measurement], resamples: u32, seed: u64) {
    if resamples == 0 {
        return;
    }
    let outcomes: Vec<_> = measurements.iter().map(|measurement| measurement.outcomes.as_ref()).collect();
    let mut found = vec![(None, None); measurements.len()];
    let drawn: Vec<_> = outcomes.iter().map(|outcomes| outcomes.filter(|outcomes| !is_share(outcomes))).collect();
    for group in groups(&drawn) {
        let intervals = group.intervals(resamples, seed);
        for ((&index, interval), error) in group.members.iter().zip(intervals).zip(group.std_errors()) {
            found[index] = (interval, error);
        }
    }
    for (found, outcomes) in found.iter_mut().zip(&outcomes) {
        if let Some(outcomes) = outcomes.filter(|outcomes| is_share(outcomes)) {
            let (right, count) = (outcomes.values.iter().sum::<f64>(), outcomes.values.len() as f64);
            let variance = right / count * (1.0 - right / count) / (count - 1.0);
            *found = (Some(wilson(right, count)), (variance > 0.0).then(|| variance.sqrt()));
        }
    }
    for (measurement, (interval, error)) in measurements.iter_mut().zip(found) {
        let (lowest, highest) = measurement.range;
        measurement.ci95 =
            interval.map(|(low, high): (f64, f64)| (low.max(lowest), high.min(highest))).or(measurement.ci95);
        measurement.std_error = error.or(measurement.std_error);
    }
}

/// Whether the value is the share of units that are right, each for itself.
pub(super) fn is_share(outcomes: &Outcomes) -> bool {
    let is_plain = outcomes.groups.is_none() && outcomes.clusters.is_none() && !outcomes.values.is_empty();
    is_plain && outcomes.values.iter().all(|&value| value == 0.0 || value == 1.0)
}
