//! Intervals and standard errors by resampling the units that a value averages over.
//!
//! The percentile bootstrap of Efron and Tibshirani, "An Introduction to the Bootstrap" (1993), chapter 13.

use std::collections::HashMap;

use rand::{RngCore, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;
use sop_core::Measurement;

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
    for group in groups_by_units(measurements) {
        let values = resampled_values(measurements, &group, resamples, seed);
        for (place, &index) in group.members.iter().enumerate() {
            let mut sorted: Vec<f64> = values.iter().filter_map(|of_resample| of_resample[place]).collect();
            sorted.sort_unstable_by(f64::total_cmp);
            let ends = (quantile(&sorted, PERCENTILES_95.0), quantile(&sorted, PERCENTILES_95.1));
            measurements[index].ci95 = ends.0.zip(ends.1);
            measurements[index].std_error = standard_deviation(&sorted);
        }
    }
}

/// Measurements over the same units.
struct Group {
    num_units: usize,
    members: Vec<usize>,
}

fn groups_by_units(measurements: &[Measurement]) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    let mut places: HashMap<&[String], usize> = HashMap::new();
    for (index, measurement) in measurements.iter().enumerate() {
        let Some(outcomes) = &measurement.outcomes else { continue };
        if outcomes.values.is_empty() {
            continue;
        }
        let place = *places.entry(&outcomes.unit_ids).or_insert(groups.len());
        match groups.get_mut(place) {
            Some(group) => group.members.push(index),
            None => groups.push(Group { num_units: outcomes.unit_ids.len(), members: vec![index] }),
        }
    }
    groups
}

/// The value of each member in each resample.
fn resampled_values(measurements: &[Measurement], group: &Group, resamples: u32, seed: u64) -> Vec<Vec<Option<f64>>> {
    let members: Vec<_> = group.members.iter().map(|&index| measurements[index].outcomes.as_ref()).collect();
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
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    random.set_stream(u64::from(resample));
    counts.fill(0);
    let num_units = counts.len() as u64;
    for _ in 0..num_units {
        // The high bits of a product: a bias below num_units / 2^32, and the same numbers with every version of `rand`.
        let unit = (u64::from(random.next_u32()) * num_units) >> 32;
        if let Some(count) = counts.get_mut(unit as usize) {
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
