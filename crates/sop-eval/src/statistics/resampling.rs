//! Resamples of the units that values average over.

use std::collections::HashMap;

use rayon::prelude::*;
use sop_core::Outcomes;
use sop_numeric::random::Stream;

use super::estimate::{Above, Estimate};

/// Resamples that are gone through side by side: values are read once for all of them.
const RESAMPLES_AT_ONCE: usize = 8;

/// Outcomes over the same units in the same clusters, by their places in a list.
pub(super) struct Group {
    pub members: Vec<usize>,
    estimates: Vec<Estimate>,
    num_clusters: usize,
}

/// An interval by bootstrap-t.
#[derive(Clone, Copy, Debug)]
pub(super) struct BootstrapT {
    pub ends: (f64, f64),
    /// Whether both ends are among the values that resamples have. Beyond them lie ends where few units differ from the rest, so that
    /// resamples without some of them hardly vary.
    pub is_supported: bool,
}

/// Outcomes that are resampled together: what is drawn for one is drawn for all.
pub(super) fn groups(all: &[Option<&Outcomes>]) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    let mut places: HashMap<(&[String], Option<&[u32]>), usize> = HashMap::new();
    for (index, outcomes) in all.iter().enumerate() {
        let Some(outcomes) = outcomes.filter(|outcomes| !outcomes.values.is_empty()) else { continue };
        let estimate = Estimate::new(outcomes);
        let key = (outcomes.unit_ids.as_ref(), outcomes.clusters.as_deref());
        let place = *places.entry(key).or_insert(groups.len());
        match groups.get_mut(place) {
            Some(group) => {
                group.members.push(index);
                group.estimates.push(estimate);
            }
            None => {
                let num_clusters = estimate.num_clusters();
                groups.push(Group { members: vec![index], estimates: vec![estimate], num_clusters });
            }
        }
    }
    groups
}

impl Group {
    /// The 95 % interval of each member by bootstrap-t (Efron and Tibshirani, "An Introduction to the Bootstrap", 1993, chapter 12): the
    /// quantiles of how many standard errors a resample's value is from the value, each by the standard error of that resample. It knows
    /// that few clusters say little of their own spread, and how skewed values are. `None` where an end would be infinite, since too many
    /// resamples do not vary.
    ///
    /// The draws depend on the seed and the number of clusters only.
    pub fn intervals(&self, resamples: u32, seed: u64) -> Vec<Option<BootstrapT>> {
        let blocks: Vec<u32> = (0..resamples).step_by(RESAMPLES_AT_ONCE).collect();
        let drawn: Vec<Vec<Above>> = blocks
            .into_par_iter()
            .flat_map_iter(|first| {
                let last = resamples.min(first + RESAMPLES_AT_ONCE as u32);
                let counts: Vec<Vec<f64>> = (first..last).map(|resample| self.draw(seed, resample)).collect();
                let of_members: Vec<Vec<Above>> =
                    self.estimates.iter().map(|estimate| estimate.above(&counts)).collect();
                let of_resample = |place: usize| of_members.iter().map(|of_member| of_member[place]).collect();
                (0..counts.len()).map(of_resample).collect::<Vec<Vec<Above>>>()
            })
            .collect();
        let of_member = |(place, estimate): (usize, &Estimate)| {
            let error = estimate.std_error()?;
            let of_member = || drawn.iter().map(|of_resample| of_resample[place]);
            let mut errors: Vec<f64> = of_member().map(|above| above.errors).collect();
            errors.sort_unstable_by(f64::total_cmp);
            let (low, high) = (quantile(&errors, 0.025)?, quantile(&errors, 0.975)?);
            let least = of_member().map(|above| above.value).fold(f64::INFINITY, f64::min);
            let most = of_member().map(|above| above.value).fold(f64::NEG_INFINITY, f64::max);
            let ends = (estimate.value() - high * error, estimate.value() - low * error);
            let is_supported = least <= -high * error && -low * error <= most;
            (ends.0.is_finite() && ends.1.is_finite()).then_some(BootstrapT { ends, is_supported })
        };
        self.estimates.iter().enumerate().map(of_member).collect()
    }

    /// How often each cluster is drawn in a resample.
    fn draw(&self, seed: u64, resample: u32) -> Vec<f64> {
        let mut counts = vec![0.0; self.num_clusters];
        draw_counts(&mut counts, seed, resample);
        counts
    }

    /// The standard error of each member.
    pub fn std_errors(&self) -> Vec<Option<f64>> {
        self.estimates.iter().map(Estimate::std_error).collect()
    }
}

/// The number of clusters, or of units where each stands for itself.
pub(super) fn num_clusters(outcomes: &Outcomes) -> usize {
    let of_clusters = |clusters: &[u32]| numbered(clusters).into_iter().max().map_or(0, |last| last + 1);
    outcomes.clusters.as_deref().map_or(outcomes.values.len(), of_clusters)
}

/// Numbers without gaps in the order in which they first come.
pub(super) fn numbered(numbers: &[u32]) -> Vec<usize> {
    let mut known: HashMap<u32, usize> = HashMap::new();
    numbers
        .iter()
        .map(|&number| {
            let next = known.len();
            *known.entry(number).or_insert(next)
        })
        .collect()
}

/// Sets how often each is drawn in a resample, which has its own stream of random numbers.
fn draw_counts(counts: &mut [f64], seed: u64, resample: u32) {
    let mut stream = Stream::from_seed(seed, u64::from(resample));
    counts.fill(0.0);
    for _ in 0..counts.len() {
        let drawn = stream.below_by_32_bits(counts.len());
        if let Some(count) = counts.get_mut(drawn) {
            *count += 1.0;
        }
    }
}

/// A quantile of sorted values, linear between neighbours; `None` without values.
fn quantile(sorted: &[f64], fraction: f64) -> Option<f64> {
    let position = fraction * sorted.len().checked_sub(1)? as f64;
    let below = sorted.get(position.floor() as usize)?;
    let above = sorted.get(position.ceil() as usize)?;
    Some(if below == above { *below } else { below + (above - below) * position.fract() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_linear_between_neighbours() {
        assert_eq!(quantile(&[1.0, 2.0, 4.0], 0.5), Some(2.0));
        assert_eq!(quantile(&[1.0, 2.0, 4.0], 0.75), Some(3.0));
        assert_eq!(quantile(&[7.0], 0.975), Some(7.0));
        assert_eq!(quantile(&[1.0, f64::INFINITY, f64::INFINITY], 0.75), Some(f64::INFINITY));
        assert_eq!(quantile(&[], 0.5), None);
    }

    #[test]
    fn a_resample_is_the_same_in_every_version() {
        let mut counts = [0.0; 12];
        draw_counts(&mut counts, 3, 4);
        assert_eq!(counts.map(|count| count as u32), [0, 0, 1, 2, 1, 2, 1, 0, 1, 1, 2, 1]);
    }

    #[test]
    fn every_resample_draws_as_many_units_as_there_are_and_no_two_are_alike() {
        let draw = |seed, resample| {
            let mut counts = vec![9.0; 100];
            draw_counts(&mut counts, seed, resample);
            counts
        };
        assert_eq!(draw(1, 0).iter().sum::<f64>(), 100.0);
        assert_eq!(draw(1, 0), draw(1, 0));
        assert_ne!(draw(1, 0), draw(1, 1));
        assert_ne!(draw(1, 0), draw(2, 0));
    }
}
