//! Differences over the same units.

use std::collections::BTreeMap;
use std::sync::Arc;

use sop_core::Outcomes;

use super::distributions::{normal_quantile, t_quantile};
use super::effective_units::effective_units;
use super::interval::is_share;
use super::proportion::paired_shares;
use super::resampling::{groups, num_clusters, numbered};

/// The difference of two values over the units that both average over.
#[derive(Clone, Debug, PartialEq)]
pub struct PairedDifference {
    /// The second value less the first one, both over the common units.
    pub difference: f64,
    /// Lower and upper end of its 95 % interval; `None` without resamples, or where the units do not say how much they vary.
    pub ci95: Option<(f64, f64)>,
    /// Its standard error; `None` without resamples, or where the differences do not vary.
    pub std_error: Option<f64>,
    /// Number of common units.
    pub num_units: usize,
}

impl PairedDifference {
    /// Whether the interval lies on one side of zero; `None` without an interval.
    #[must_use]
    pub fn excludes_zero(&self) -> Option<bool> {
        self.ci95.map(|(low, high)| low > 0.0 || high < 0.0)
    }
}

/// For each pair the difference `second - first` over the common units, with interval and standard error.
///
/// Units are matched by name, a name counts once; `None` where there is no common unit, or the units are in different groups. The
/// interval is that of the mean of the differences unit by unit: what makes a unit hard for both sides cancels. Where units are right
/// or wrong, it is that of Bonett and Price, in clusters with the effective number of units and Student's t, else that of the bootstrap-t
/// of [`add_intervals`](super::add_intervals). Common units are taken in the order of
/// their names, so that the result does not depend on the order of either side, and pairs over the same units see the same resamples.
/// Clusters are those of the first side that has them.
#[must_use]
pub fn paired_differences(
    pairs: &[(&Outcomes, &Outcomes)],
    resamples: u32,
    seed: u64,
) -> Vec<Option<PairedDifference>> {
    let common: Vec<[Outcomes; 2]> = pairs.iter().map(|(first, second)| on_common_units(first, second)).collect();
    let differences: Vec<Option<Outcomes>> = common.iter().map(|[first, second]| difference(first, second)).collect();
    let mut found: Vec<Option<PairedDifference>> = differences
        .iter()
        .map(|outcomes| {
            let outcomes = outcomes.as_ref()?;
            let num_units = outcomes.values.len();
            Some(PairedDifference { difference: outcomes.mean()?, ci95: None, std_error: None, num_units })
        })
        .collect();
    if resamples == 0 {
        return found;
    }
    let all: Vec<Option<&Outcomes>> = differences.iter().map(Option::as_ref).collect();
    for group in groups(&all) {
        let intervals = group.intervals(resamples, seed);
        for ((&index, interval), error) in group.members.iter().zip(intervals).zip(group.std_errors()) {
            if let Some(found) = found[index].as_mut() {
                (found.ci95, found.std_error) = (interval.map(|drawn| drawn.ends), error);
            }
        }
    }
    for ((found, [first, second]), difference) in found.iter_mut().zip(&common).zip(&differences) {
        if let Some((found, difference)) = found.as_mut().zip(difference.as_ref())
            && is_share(first)
            && is_share(second)
        {
            found.ci95 = of_shares(difference, found.std_error);
        }
    }
    found
}

/// The interval of a difference of two shares, from what the second has more of each unit. `None` for units of a single cluster.
fn of_shares(difference: &Outcomes, std_error: Option<f64>) -> Option<(f64, f64)> {
    let count = difference.values.len() as f64;
    let share = |sign: f64| difference.values.iter().filter(|&&value| value == sign).count() as f64 / count;
    let (only_first, only_second) = (share(-1.0), share(1.0));
    if difference.clusters.is_none() {
        return Some(paired_shares(only_first, only_second, count, normal_quantile(0.975)));
    }
    let quantile = t_quantile(0.975, num_clusters(difference) as f64 - 1.0)?;
    let variance = only_first + only_second - (only_second - only_first).powi(2);
    Some(paired_shares(only_first, only_second, effective_units(difference, variance, std_error), quantile))
}

/// The differences unit by unit; `None` without units, or where the units are in different groups.
fn difference(first: &Outcomes, second: &Outcomes) -> Option<Outcomes> {
    let of_groups = |outcomes: &Outcomes| outcomes.groups.as_deref().map(numbered);
    if first.values.is_empty() || of_groups(first) != of_groups(second) {
        return None;
    }
    let values = second.values.iter().zip(&first.values).map(|(second, first)| second - first).collect();
    Some(Outcomes { values, classified: None, ..first.clone() })
}

/// Both sides cut down to the units that both have, in the order of their names.
fn on_common_units(first: &Outcomes, second: &Outcomes) -> [Outcomes; 2] {
    let mut places: BTreeMap<&str, usize> = BTreeMap::new();
    for (place, unit) in first.unit_ids.iter().enumerate().take(first.values.len()) {
        places.entry(unit).or_insert(place);
    }
    let mut common: BTreeMap<&str, [usize; 2]> = BTreeMap::new();
    for (place, unit) in second.unit_ids.iter().enumerate().take(second.values.len()) {
        if let Some(&of_first) = places.get(unit.as_str()) {
            common.entry(unit).or_insert([of_first, place]);
        }
    }
    let unit_ids: Arc<[String]> = common.keys().map(|&unit| unit.to_owned()).collect();
    let chosen = |numbers: &[u32], side: usize| common.values().map(|places| numbers[places[side]]).collect();
    let of_first = first.clusters.as_ref().map(|clusters| chosen(clusters, 0));
    let clusters: Option<Arc<[u32]>> =
        of_first.or_else(|| second.clusters.as_ref().map(|clusters| chosen(clusters, 1)));
    let side = |outcomes: &Outcomes, side: usize| Outcomes {
        unit_ids: unit_ids.clone(),
        values: common.values().map(|places| outcomes.values[places[side]]).collect(),
        groups: outcomes.groups.as_ref().map(|groups| chosen(groups, side)),
        clusters: clusters.clone(),
        classified: None,
    };
    [side(first, 0), side(second, 1)]
}
