//! Intervals and standard errors by resampling the units that a value averages over.
//!
//! The percentile bootstrap of Efron and Tibshirani, "An Introduction to the Bootstrap" (1993), chapter 13.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use rayon::prelude::*;
use sop_core::{Measurement, Outcomes};
use sop_numeric::random::Stream;

/// Resamples behind an interval where nothing else is asked for.
pub const DEFAULT_RESAMPLES: u32 = 2000;

/// Ends of the interval, as fractions of the sorted resampled values.
const PERCENTILES_95: (f64, f64) = (0.025, 0.975);

/// Adds the 95 % percentile interval and the standard error to every measurement that has outcomes.
///
/// As many units as there are, drawn with replacement, make one resample; the interval ends are the 2.5 % and 97.5 %
/// quantiles (linear between neighbours) of the values of `resamples` resamples, and the standard error is their
/// standard deviation (divisor `resamples - 1`). The draws depend on the seed and the number of units only: all values
/// over the same units see the same resamples, so their differences are paired, in one run and across runs. The result
/// does not depend on the number of threads.
///
/// With no resamples nothing is added, with one there is no standard error.
pub fn add_intervals(measurements: &mut [Measurement], resamples: u32, seed: u64) {
    if resamples == 0 {
        return;
    }
    let outcomes: Vec<_> = measurements.iter().map(|measurement| measurement.outcomes.as_ref()).collect();
    let mut spreads = vec![Spread::default(); measurements.len()];
    for group in groups_by_units(&outcomes) {
        let values = resampled_values(&outcomes, &group, resamples, seed);
        for (place, &index) in group.members.iter().enumerate() {
            spreads[index] = Spread::of(values.iter().filter_map(|of_resample| of_resample[place]).collect());
        }
    }
    for (measurement, spread) in measurements.iter_mut().zip(spreads) {
        if spread.ci95.is_some() {
            (measurement.ci95, measurement.std_error) = (spread.ci95, spread.std_error);
        }
    }
}

/// The difference of two values over the units that both average over.
#[derive(Clone, Debug, PartialEq)]
pub struct PairedDifference {
    /// The second value less the first one, both over the common units.
    pub difference: f64,
    /// Lower and upper end of its 95 % interval; `None` without resamples.
    pub ci95: Option<(f64, f64)>,
    /// Its standard error; `None` with fewer than two resamples.
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
/// Units are matched by name, a name counts once; `None` where there is no common unit. Each resample of
/// [`add_intervals`] gives both values and so one difference: what makes a unit hard for both sides cancels. Common
/// units are taken in the order of their names, so that the result does not depend on the order of either side, and
/// pairs over the same units see the same resamples.
#[must_use]
pub fn paired_differences(
    pairs: &[(&Outcomes, &Outcomes)],
    resamples: u32,
    seed: u64,
) -> Vec<Option<PairedDifference>> {
    let common: Vec<[Outcomes; 2]> = pairs.iter().map(|(first, second)| on_common_units(first, second)).collect();
    let sides: Vec<_> = common.iter().flatten().map(Some).collect();
    let mut found: Vec<Option<PairedDifference>> = common
        .iter()
        .map(|[first, second]| {
            Some(PairedDifference {
                difference: second.mean()? - first.mean()?,
                ci95: None,
                std_error: None,
                num_units: first.values.len(),
            })
        })
        .collect();
    for group in groups_by_units(&sides) {
        let values = resampled_values(&sides, &group, resamples, seed);
        // Both sides of a pair are over the same units: they are members of one group, side by side.
        for (place, members) in group.members.chunks(2).enumerate() {
            let difference =
                |of_resample: &Vec<Option<f64>>| Some(of_resample[2 * place + 1]? - of_resample[2 * place]?);
            let spread = Spread::of(values.iter().filter_map(difference).collect());
            if let Some(found) = found[members[0] / 2].as_mut() {
                (found.ci95, found.std_error) = (spread.ci95, spread.std_error);
            }
        }
    }
    found
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
    let side = |outcomes: &Outcomes, side: usize| Outcomes {
        unit_ids: unit_ids.clone(),
        values: common.values().map(|places| outcomes.values[places[side]]).collect(),
        groups: outcomes.groups.as_ref().map(|groups| common.values().map(|places| groups[places[side]]).collect()),
    };
    [side(first, 0), side(second, 1)]
}

/// How far a value varies over resamples.
#[derive(Clone, Debug, Default)]
struct Spread {
    ci95: Option<(f64, f64)>,
    std_error: Option<f64>,
}

impl Spread {
    fn of(mut values: Vec<f64>) -> Self {
        values.sort_unstable_by(f64::total_cmp);
        let ends = (quantile(&values, PERCENTILES_95.0), quantile(&values, PERCENTILES_95.1));
        Self { ci95: ends.0.zip(ends.1), std_error: standard_deviation(&values) }
    }
}

/// Outcomes over the same units, by their places in a list.
struct Group {
    num_units: usize,
    members: Vec<usize>,
}

fn groups_by_units(all: &[Option<&Outcomes>]) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    let mut places: HashMap<&[String], usize> = HashMap::new();
    for (index, outcomes) in all.iter().enumerate() {
        let Some(outcomes) = outcomes.filter(|outcomes| !outcomes.values.is_empty()) else { continue };
        let place = *places.entry(&outcomes.unit_ids).or_insert(groups.len());
        match groups.get_mut(place) {
            Some(group) => group.members.push(index),
            None => groups.push(Group { num_units: outcomes.unit_ids.len(), members: vec![index] }),
        }
    }
    groups
}

/// The value of each member in each resample.
fn resampled_values(all: &[Option<&Outcomes>], group: &Group, resamples: u32, seed: u64) -> Vec<Vec<Option<f64>>> {
    let members: Vec<_> = group.members.iter().map(|&index| all[index]).collect();
    (0..resamples)
        .into_par_iter()
        .map_init(
            || vec![0_u32; group.num_units],
            |counts, resample| {
                draw_counts(counts, seed, resample);
                members.iter().map(|outcomes| outcomes.and_then(|outcomes| outcomes.average(counts))).collect()
            },
        )
        .collect()
}

/// Sets how often each unit is drawn in a resample, which has its own stream of random numbers.
fn draw_counts(counts: &mut [u32], seed: u64, resample: u32) {
    let mut stream = Stream::from_seed(seed, u64::from(resample));
    counts.fill(0);
    for _ in 0..counts.len() {
        let unit = stream.below_by_32_bits(counts.len());
        if let Some(count) = counts.get_mut(unit) {
            *count += 1;
        }
    }
}

/// A quantile of sorted values, linear between neighbours; `None` without values.
fn quantile(sorted: &[f64], fraction: f64) -> Option<f64> {
    let position = fraction * sorted.len().checked_sub(1)? as f64;
    let below = sorted.get(position.floor() as usize)?;
    let above = sorted.get(position.ceil() as usize)?;
    Some(below + (above - below) * position.fract())
}

fn standard_deviation(values: &[f64]) -> Option<f64> {
    let count = values.len() as f64;
    let mean = values.iter().sum::<f64>() / count;
    let square_sum: f64 = values.iter().map(|value| (value - mean) * (value - mean)).sum();
    (values.len() > 1).then(|| (square_sum / (count - 1.0)).sqrt())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_linear_between_neighbours() {
        assert_eq!(quantile(&[1.0, 2.0, 4.0], 0.5), Some(2.0));
        assert_eq!(quantile(&[1.0, 2.0, 4.0], 0.75), Some(3.0));
        assert_eq!(quantile(&[7.0], 0.975), Some(7.0));
        assert_eq!(quantile(&[], 0.5), None);
    }

    #[test]
    fn a_resample_is_the_same_in_every_version() {
        let mut counts = [0; 12];
        draw_counts(&mut counts, 3, 4);
        assert_eq!(counts, [0, 0, 1, 2, 1, 2, 1, 0, 1, 1, 2, 1]);
    }

    #[test]
    fn every_resample_draws_as_many_units_as_there_are_and_no_two_are_alike() {
        let draw = |seed, resample| {
            let mut counts = vec![9; 100];
            draw_counts(&mut counts, seed, resample);
            counts
        };
        assert_eq!(draw(1, 0).iter().sum::<u32>(), 100);
        assert_eq!(draw(1, 0), draw(1, 0));
        assert_ne!(draw(1, 0), draw(1, 1));
        assert_ne!(draw(1, 0), draw(2, 0));
    }
}
