//! Intervals and standard errors of values.

use sop_core::{Measurement, Outcomes};

use super::distributions::t_quantile;
use super::effective_units::effective_units;
use super::estimate::Estimate;
use super::proportion::{score, wilson};
use super::resampling::{groups, num_clusters};

/// Adds the 95 % interval and the standard error to every measurement that has outcomes.
///
/// Where the value is a fraction and each unit is right or wrong, the interval is Wilson's. Where such units are in clusters, it is Wilson's
/// with the effective number of units and Student's t, whose degrees of freedom are the clusters less one. Else it is that of the
/// bootstrap-t of `resamples` resamples: as many units as there are, drawn with replacement, or as many clusters where units are in
/// clusters. The draws depend on the seed and the number of units only. The result does not depend on the number of threads.
///
/// Where few units differ from the rest, the bootstrap-t has ends that no resample comes near to, or none. The interval of a fraction is
/// Wilson's then, as for units in clusters, if that is shorter; and where there are no ends, if there are four clusters or more. Other
/// units that do not vary enough, and those of a single cluster, have no interval.
///
/// No interval leaves the range of the metric. With no resamples nothing is added.
pub fn add_intervals(measurements: &mut [Measurement], resamples: u32, seed: u64) {
    if resamples == 0 {
        return;
    }
    let outcomes: Vec<_> = measurements.iter().map(|measurement| measurement.outcomes.as_ref()).collect();
    let is_fraction: Vec<bool> = measurements.iter().map(|measurement| measurement.range == (0.0, 1.0)).collect();
    let shares = outcomes.iter().zip(&is_fraction);
    let shares: Vec<_> =
        shares.map(|(outcomes, is_fraction)| outcomes.filter(|one| *is_fraction && is_share(one))).collect();
    let mut found = vec![(None, None); measurements.len()];
    let drawn = outcomes.iter().zip(&shares);
    let drawn: Vec<_> = drawn.map(|(outcomes, share)| outcomes.filter(|_| share.is_none())).collect();
    for group in groups(&drawn) {
        let intervals = group.intervals(resamples, seed);
        for ((&index, drawn), error) in group.members.iter().zip(intervals).zip(group.std_errors()) {
            let instead = outcomes[index].filter(|_| is_fraction[index]);
            let interval = match (drawn, instead) {
                (Some(drawn), Some(outcomes)) if !drawn.is_supported => {
                    Some(shorter(of_fractions(outcomes, error), drawn.ends))
                }
                (None, Some(outcomes)) if num_clusters(outcomes) >= FEWEST => {
                    of_fractions(outcomes, error).filter(|_| error.is_some() || outcomes.are_right_or_wrong())
                }
                (drawn, _) => drawn.map(|drawn| drawn.ends),
            };
            found[index] = (interval, error);
        }
    }
    for (found, outcomes) in found.iter_mut().zip(&shares) {
        if let Some(outcomes) = outcomes {
            let error = Estimate::new(outcomes).std_error();
            let interval = if outcomes.clusters.is_none() {
                Some(wilson(outcomes.values.iter().sum(), outcomes.values.len() as f64))
            } else {
                of_fractions(outcomes, error)
            };
            *found = (interval, error);
        }
    }
    for (measurement, (interval, error)) in measurements.iter_mut().zip(found) {
        let (lowest, highest) = measurement.range;
        measurement.ci95 =
            interval.map(|(low, high): (f64, f64)| (low.max(lowest), high.min(highest))).or(measurement.ci95);
        measurement.std_error = error.or(measurement.std_error);
    }
}

/// Clusters from which on units that are more than right or wrong have an interval without a bootstrap-t: fewer leave nearly all open.
const FEWEST: usize = 4;

/// The shorter of two intervals.
fn shorter(one: Option<(f64, f64)>, other: (f64, f64)) -> (f64, f64) {
    one.filter(|one| one.1 - one.0 < other.1 - other.0).unwrap_or(other)
}

/// Wilson's interval with the effective number of units, of a mean of fractions. None with their mean vary more than units that are right
/// or wrong, so that too small a number of units makes the interval longer only. `None` for a single cluster.
fn of_fractions(outcomes: &Outcomes, std_error: Option<f64>) -> Option<(f64, f64)> {
    let quantile = t_quantile(0.975, num_clusters(outcomes) as f64 - 1.0)?;
    let share = outcomes.mean()?.clamp(0.0, 1.0);
    Some(score(share, effective_units(outcomes, share * (1.0 - share), std_error), quantile))
}

/// Whether the value is the share of units that are right.
pub(super) fn is_share(outcomes: &Outcomes) -> bool {
    outcomes.groups.is_none() && !outcomes.values.is_empty() && outcomes.are_right_or_wrong()
}
