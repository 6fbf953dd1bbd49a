//! Many encoders compared over the same units.

use std::collections::BTreeMap;

use sop_core::Outcomes;

use super::distributions::t_quantile;
use super::resampling::numbered;
use super::weights::weights;
use super::{
    PairedDifference, SignFlips, benjamini_hochberg, holm, letters, mcnemar, paired_differences, sign_flip_test,
};

/// Significance that is asked for: the chance of calling a difference where there is none.
pub const ALPHA: f64 = 0.05;
/// Chance with which a difference of the size that could have been shown is shown.
const POWER: f64 = 0.8;

/// One of the values that are compared.
#[derive(Clone, Copy, Debug)]
pub struct Compared<'a> {
    /// What it is called.
    pub name: &'a str,
    /// The outcomes that it averages over.
    pub outcomes: &'a Outcomes,
    /// Whether a larger value is a better one.
    pub higher_is_better: bool,
}

/// Which pairs are compared: the family that is corrected over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    /// Each with each.
    AllPairs,
    /// Each with the one at this place.
    Against(usize),
}

/// How it is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ComparisonOptions {
    /// Which pairs.
    pub family: Family,
    /// Resamples behind an interval; 0 leaves intervals out.
    pub resamples: u32,
    /// Draws of signs behind a probability.
    pub draws: u32,
    /// Seed of both.
    pub seed: u64,
}

impl Default for ComparisonOptions {
    fn default() -> Self {
        Self { family: Family::AllPairs, resamples: super::DEFAULT_RESAMPLES, draws: 10_000, seed: 0 }
    }
}

/// What the units say of two values.
#[derive(Clone, Debug, PartialEq)]
pub struct PairTest {
    /// Places of the two.
    pub pair: [usize; 2],
    /// The second value less the first, with its interval.
    pub difference: PairedDifference,
    /// Two-sided probability of the randomisation test.
    pub p: f64,
    /// The same of McNemar's test, where outcomes are right or wrong and each unit stands for itself.
    pub mcnemar: Option<f64>,
    /// `p` corrected by Holm over the family.
    pub p_holm: f64,
    /// `p` corrected by Benjamini and Hochberg over the family.
    pub p_bh: f64,
    /// The smallest difference that these units would have shown in four of five repetitions at 5 %, uncorrected; `None` without a
    /// standard error.
    pub smallest_difference: Option<f64>,
}

impl PairTest {
    /// Whether the two can be told apart at 5 %, corrected by Holm.
    #[must_use]
    pub fn is_significant(&self) -> bool {
        self.p_holm < ALPHA
    }
}

/// Many values compared.
#[derive(Clone, Debug, PartialEq)]
pub struct Comparison {
    /// The value of each over the common units.
    pub values: Vec<f64>,
    /// Places of the values, best first.
    pub order: Vec<usize>,
    /// The tests of the family.
    pub pairs: Vec<PairTest>,
    /// Letters of each value where all pairs were compared: values that share one cannot be told apart.
    pub letters: Option<Vec<String>>,
    /// Units that all have.
    pub num_units: usize,
    /// Clusters that the units are in; as many as units where each stands for itself.
    pub num_clusters: usize,
    /// Units that not all have, and that were left out.
    pub num_left_out: usize,
}

/// Why values cannot be compared.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ComparisonError {
    /// One value alone.
    #[error("there is nothing to compare: give at least two values")]
    TooFew,
    /// The reference is none of them.
    #[error("the reference {place} is none of {count} values")]
    Reference {
        /// The place given.
        place: usize,
        /// Values.
        count: usize,
    },
    /// Values of different kinds.
    #[error("{first} and {second} are not measured alike: {what}")]
    Unlike {
        /// One of them.
        first: String,
        /// The other one.
        second: String,
        /// In what they differ.
        what: &'static str,
    },
    /// No unit that all have.
    #[error("{first} and {second} have no unit in common: they were measured on different images")]
    NoCommonUnit {
        /// One of them.
        first: String,
        /// The other one.
        second: String,
    },
}

/// Compares values over the units that all of them have.
///
/// # Errors
/// When there are fewer than two, they have no unit in common, or their units are grouped differently.
pub fn compare_all(compared: &[Compared<'_>], options: &ComparisonOptions) -> Result<Comparison, ComparisonError> {
    let [first, others @ ..] = compared else { return Err(ComparisonError::TooFew) };
    if others.is_empty() {
        return Err(ComparisonError::TooFew);
    }
    if let Family::Against(place) = options.family
        && place >= compared.len()
    {
        return Err(ComparisonError::Reference { place, count: compared.len() });
    }
    for other in others {
        check_alike(first, other)?;
    }
    let common = Common::of(compared)?;
    let sides: Vec<Outcomes> = common.sides(compared);
    let values: Vec<f64> = sides.iter().filter_map(Outcomes::mean).collect();
    let pairs = pairs(compared.len(), options.family);
    let outcomes: Vec<(&Outcomes, &Outcomes)> = pairs.iter().map(|&[a, b]| (&sides[a], &sides[b])).collect();
    let differences = paired_differences(&outcomes, options.resamples, options.seed);
    let flips = SignFlips { draws: options.draws, seed: options.seed };
    let probabilities: Vec<f64> = outcomes
        .iter()
        .map(|(a, b)| sign_flip_test(&parts(a, b, &common.clusters, common.num_clusters), flips))
        .collect();
    let (p_holm, p_bh) = (holm(&probabilities), benjamini_hochberg(&probabilities));
    let tests: Vec<PairTest> = pairs
        .iter()
        .zip(differences)
        .enumerate()
        .filter_map(|(place, (&pair, difference))| {
            let difference = difference?;
            Some(PairTest {
                pair,
                p: probabilities[place],
                mcnemar: common
                    .each_for_itself
                    .then(|| discordant(outcomes[place]))
                    .flatten()
                    .map(|(a, b)| mcnemar(a, b)),
                p_holm: p_holm[place],
                p_bh: p_bh[place],
                smallest_difference: smallest_difference(difference.std_error, common.num_clusters),
                difference,
            })
        })
        .collect();
    let mut order: Vec<usize> = (0..values.len()).collect();
    let sign = if first.higher_is_better { -1.0 } else { 1.0 };
    order.sort_by(|&a, &b| (sign * values[a]).total_cmp(&(sign * values[b])).then(a.cmp(&b)));
    let differ = |a: usize, b: usize| {
        tests.iter().any(|test| (test.pair == [a, b] || test.pair == [b, a]) && test.is_significant())
    };
    let letters = (options.family == Family::AllPairs).then(|| letters(&order, differ));
    let num_units = common.places.len();
    let most = compared.iter().map(|one| one.outcomes.values.len()).max().unwrap_or_default();
    Ok(Comparison {
        values,
        order,
        pairs: tests,
        letters,
        num_units,
        num_clusters: common.num_clusters,
        num_left_out: most - num_units,
    })
}

fn check_alike(first: &Compared<'_>, second: &Compared<'_>) -> Result<(), ComparisonError> {
    let unlike =
        |what| Err(ComparisonError::Unlike { first: first.name.to_owned(), second: second.name.to_owned(), what });
    if first.higher_is_better != second.higher_is_better {
        return unlike("a larger value is better for one of them only");
    }
    if first.outcomes.groups.is_some() != second.outcomes.groups.is_some() {
        return unlike("one is a mean over groups, and the other one is not");
    }
    if first.outcomes.clusters.is_some() != second.outcomes.clusters.is_some() {
        return unlike("only one says which units belong together; evaluate both by the same version");
    }
    Ok(())
}

fn pairs(count: usize, family: Family) -> Vec<[usize; 2]> {
    match family {
        Family::AllPairs => {
            (0..count).flat_map(|first| (first + 1..count).map(move |second| [first, second])).collect()
        }
        Family::Against(reference) => {
            (0..count).filter(|&place| place != reference).map(|place| [reference, place]).collect()
        }
    }
}

/// The units that all have.
struct Common<'a> {
    /// The names in order, with their places in each.
    places: BTreeMap<&'a str, Vec<usize>>,
    /// The cluster of each.
    clusters: Vec<usize>,
    num_clusters: usize,
    each_for_itself: bool,
}

impl<'a> Common<'a> {
    fn of(compared: &[Compared<'a>]) -> Result<Self, ComparisonError> {
        let mut places: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for (side, one) in compared.iter().enumerate() {
            for (place, unit) in one.outcomes.unit_ids.iter().enumerate().take(one.outcomes.values.len()) {
                if side == 0 {
                    places.entry(unit).or_insert_with(|| vec![place]);
                } else if let Some(of_unit) = places.get_mut(unit.as_str())
                    && of_unit.len() == side
                {
                    of_unit.push(place);
                }
            }
            places.retain(|_, of_unit| of_unit.len() == side + 1);
            if places.is_empty() {
                let first = compared.first().map_or("", |first| first.name).to_owned();
                return Err(ComparisonError::NoCommonUnit { first, second: one.name.to_owned() });
            }
        }
        // How the common units are parted, whatever the parts are numbered by.
        let parted = |numbers: Option<&[u32]>, side: usize| {
            let numbers = numbers?;
            Some(numbered(&places.values().map(|of_unit| numbers[of_unit[side]]).collect::<Vec<_>>()))
        };
        let clusters_of = |side: usize| parted(compared[side].outcomes.clusters.as_deref(), side);
        let groups_of = |side: usize| parted(compared[side].outcomes.groups.as_deref(), side);
        let (clusters, groups) = (clusters_of(0), groups_of(0));
        for (side, one) in compared.iter().enumerate() {
            let what = if clusters_of(side) != clusters {
                "their units belong together in different ways"
            } else if groups_of(side) != groups {
                "their units are in different groups"
            } else {
                continue;
            };
            let first = compared.first().map_or("", |first| first.name).to_owned();
            return Err(ComparisonError::Unlike { first, second: one.name.to_owned(), what });
        }
        let each_for_itself = clusters.is_none();
        let clusters = clusters.unwrap_or_else(|| (0..places.len()).collect());
        let num_clusters = clusters.iter().max().map_or(0, |last| last + 1);
        Ok(Self { places, clusters, num_clusters, each_for_itself })
    }

    /// The outcomes of all over the common units, in the order of their names.
    fn sides(&self, compared: &[Compared<'_>]) -> Vec<Outcomes> {
        let unit_ids: std::sync::Arc<[String]> = self.places.keys().map(|&unit| unit.to_owned()).collect();
        let clusters: Option<std::sync::Arc<[u32]>> =
            (!self.each_for_itself).then(|| self.clusters.iter().map(|&cluster| cluster as u32).collect());
        let of = |(side, one): (usize, &Compared<'_>)| Outcomes {
            unit_ids: unit_ids.clone(),
            values: self.places.values().map(|of_unit| one.outcomes.values[of_unit[side]]).collect(),
            groups: one
                .outcomes
                .groups
                .as_ref()
                .map(|groups| self.places.values().map(|of_unit| groups[of_unit[side]]).collect()),
            clusters: clusters.clone(),
            classified: None,
        };
        compared.iter().enumerate().map(of).collect()
    }
}

/// What each cluster adds to the difference of the means.
fn parts(first: &Outcomes, second: &Outcomes, clusters: &[usize], num_clusters: usize) -> Vec<f64> {
    let weights = weights(first);
    let mut parts = vec![0.0; num_clusters];
    for (unit, &cluster) in clusters.iter().enumerate() {
        parts[cluster] += weights[unit] * (second.values[unit] - first.values[unit]);
    }
    parts
}

/// Units that only the first has right, and only the second; `None` where outcomes are more than right or wrong, or weigh differently.
fn discordant((first, second): (&Outcomes, &Outcomes)) -> Option<(u64, u64)> {
    if first.groups.is_some() || !first.are_right_or_wrong() || !second.are_right_or_wrong() {
        return None;
    }
    let only = |one: &Outcomes, other: &Outcomes| {
        one.values.iter().zip(&other.values).filter(|(one, other)| **one == 1.0 && **other == 0.0).count() as u64
    };
    Some((only(first, second), only(second, first)))
}

/// The difference that would have been shown in [`POWER`] of all repetitions.
fn smallest_difference(std_error: Option<f64>, num_clusters: usize) -> Option<f64> {
    let degrees = num_clusters as f64 - 1.0;
    let reach = t_quantile(1.0 - ALPHA / 2.0, degrees)? + t_quantile(POWER, degrees)?;
    std_error.map(|error| reach * error)
}
