//! Values with a known mean, in clusters.

use std::sync::Arc;

use sop_core::Outcomes;
use sop_numeric::random::Stream;

/// How values are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Normal values around the normal mean of their cluster; from 1 to 9 units a cluster.
    Normal,
    /// Precisions between 0 and 1, most of them near 1, that resemble each other within a cluster; 5 units a cluster.
    Precision,
    /// Right with nine in ten, each unit for itself.
    Accuracy,
    /// Right or wrong in clusters of 1 to 9 units.
    Right {
        /// How often a unit is right, in ten.
        tenths: u8,
        /// The correlation of units of a cluster, in tenths.
        correlation: u8,
    },
    /// The share of five places that are right, in clusters of 1 to 4 queries that have nearly all or nearly none.
    FirstFive {
        /// The mean, in tenths.
        tenths: u8,
    },
}

impl Kind {
    /// What the values average to.
    pub fn truth(self) -> f64 {
        match self {
            Self::Normal => 0.0,
            Self::Precision => 0.8,
            Self::Accuracy => 0.9,
            Self::Right { tenths, .. } | Self::FirstFive { tenths } => f64::from(tenths) / 10.0,
        }
    }

    /// Outcomes of so many clusters, drawn for one repetition.
    pub fn draw(self, clusters: usize, repetition: u64) -> Outcomes {
        let mut stream = Stream::from_seed(17 + clusters as u64, repetition);
        let (mut values, mut of_units) = (Vec::new(), Vec::new());
        for cluster in 0..clusters {
            let size = match self {
                Self::Normal => 1 + stream.below(9),
                Self::Precision => 5,
                Self::Accuracy => 1,
                Self::Right { .. } => 1 + stream.below(9),
                Self::FirstFive { .. } => 1 + stream.below(4),
            };
            let centre = match self {
                Self::Normal => stream.normal(),
                // The fourth root of an even value has density 4x³ and mean 4/5.
                Self::Precision => even(&mut stream).powf(0.25),
                Self::Accuracy => 0.9,
                Self::Right { .. } | Self::FirstFive { .. } => f64::from(u8::from(even(&mut stream) < self.truth())),
            };
            for _ in 0..size {
                values.push(match self {
                    Self::Normal => centre + stream.normal(),
                    // Even around the centre, as far as there is room: the mean stays.
                    Self::Precision => centre + (1.0 - centre).min(centre) * (2.0 * even(&mut stream) - 1.0),
                    Self::Accuracy => f64::from(u8::from(even(&mut stream) < centre)),
                    Self::Right { correlation, .. } => {
                        // The root of the correlation: two units take after their cluster with that chance each.
                        as_cluster(&mut stream, self.truth(), (f64::from(correlation) / 10.0).sqrt(), centre)
                    }
                    Self::FirstFive { .. } => {
                        (0..5).map(|_| as_cluster(&mut stream, self.truth(), 0.9, centre)).sum::<f64>() / 5.0
                    }
                });
                of_units.push(cluster as u32);
            }
        }
        let unit_ids: Arc<[String]> = (0..values.len()).map(|unit| format!("unit{unit:05}")).collect();
        Outcomes::new(unit_ids, values).in_clusters(of_units.into())
    }
}

fn even(stream: &mut Stream) -> f64 {
    (stream.bits() >> 11) as f64 / (1_u64 << 53) as f64
}

/// Right as all of the cluster with some chance, else for itself (Lunn and Davies, Biometrika, 1998).
fn as_cluster(stream: &mut Stream, share: f64, chance: f64, of_cluster: f64) -> f64 {
    let own = f64::from(u8::from(even(stream) < share));
    if even(stream) < chance { of_cluster } else { own }
}

/// The share of repetitions in which the interval covers the truth.
pub fn coverage(kind: Kind, clusters: usize, repetitions: u64, resamples: u32) -> f64 {
    let covers = |repetition: u64| {
        let outcomes = kind.draw(clusters, repetition);
        let info = match kind {
            Kind::Normal => sop_core::MetricInfo::loss("value", "Value"),
            _ => sop_core::MetricInfo::fraction("value", "Value"),
        };
        let mut measured = [sop_core::Measurement::mean(&info, sop_core::Params::new(), outcomes)];
        sop_eval::statistics::add_intervals(&mut measured, resamples, repetition);
        measured[0].ci95.is_some_and(|(low, high)| low <= kind.truth() && kind.truth() <= high)
    };
    (0..repetitions).filter(|&repetition| covers(repetition)).count() as f64 / repetitions as f64
}

/// The share of repetitions in which the interval of a difference covers zero, where two encoders have as many units right, the same ones
/// in half of the clusters.
pub fn coverage_of_differences(share: f64, correlation: f64, clusters: usize, repetitions: u64) -> f64 {
    let covers = |repetition: u64| {
        let mut stream = Stream::from_seed(31 + clusters as u64, repetition);
        let (mut sides, mut of_units) = ([Vec::new(), Vec::new()], Vec::new());
        for cluster in 0..clusters {
            let size = 1 + stream.below(9);
            let is_same = even(&mut stream) < 0.5;
            let centres = [0, 1].map(|_| f64::from(u8::from(even(&mut stream) < share)));
            for _ in 0..size {
                let values = centres.map(|centre| as_cluster(&mut stream, share, correlation.sqrt(), centre));
                sides[0].push(values[0]);
                sides[1].push(values[usize::from(!is_same)]);
                of_units.push(cluster as u32);
            }
        }
        let unit_ids: Arc<[String]> = (0..of_units.len()).map(|unit| format!("unit{unit:05}")).collect();
        let [first, second] =
            sides.map(|values| Outcomes::new(unit_ids.clone(), values).in_clusters(of_units.clone().into()));
        let found = sop_eval::statistics::paired_differences(&[(&first, &second)], 1000, repetition);
        found[0].as_ref().unwrap().ci95.is_some_and(|(low, high)| low <= 0.0 && 0.0 <= high)
    };
    (0..repetitions).filter(|&repetition| covers(repetition)).count() as f64 / repetitions as f64
}

/// Encoders without any difference: each has the values of a unit, and noise of its own that is alike for all.
pub fn equal_encoders(encoders: usize, clusters: usize, repetition: u64) -> Vec<Outcomes> {
    let base = Kind::Normal.draw(clusters, repetition);
    let mut stream = Stream::from_seed(99, repetition);
    (0..encoders)
        .map(|_| {
            let mut noise = std::collections::BTreeMap::new();
            let of_units = base.clusters.as_deref().unwrap();
            let values = base.values.iter().zip(of_units).map(|(value, cluster)| {
                value + *noise.entry(*cluster).or_insert_with(|| stream.normal()) + 0.5 * stream.normal()
            });
            Outcomes { values: values.collect(), ..base.clone() }
        })
        .collect()
}

/// Encoders that have nine in ten images right, half of the images all alike.
pub fn equal_accuracies(encoders: usize, images: usize, repetition: u64) -> Vec<Outcomes> {
    let mut stream = Stream::from_seed(7 + images as u64, repetition);
    let mut right = || f64::from(u8::from(even(&mut stream) < 0.9));
    let mut values = vec![Vec::new(); encoders];
    for image in 0..images {
        let of_all = right();
        values.iter_mut().for_each(|values| values.push(if image % 2 == 0 { of_all } else { right() }));
    }
    let unit_ids: Arc<[String]> = (0..images).map(|image| format!("image{image:05}")).collect();
    values.into_iter().map(|values| Outcomes::new(unit_ids.clone(), values)).collect()
}

/// How often encoders are told apart that do not differ: shares of repetitions in which at least one of the comparisons of all pairs is
/// called significant.
pub struct FalseCalls {
    /// By the randomisation test.
    pub plain: f64,
    /// By that, corrected by Holm.
    pub holm: f64,
    /// By McNemar's mid-p value, where units are right or wrong.
    pub mid_p: f64,
}

/// False calls among encoders that are made for each repetition.
pub fn false_calls(equal: impl Fn(u64) -> Vec<Outcomes>, repetitions: u64, draws: u32) -> FalseCalls {
    use sop_eval::statistics::{Compared, ComparisonOptions, PairTest, compare_all};
    let mut calls = [0_u32; 3];
    for repetition in 0..repetitions {
        let outcomes = equal(repetition);
        let names: Vec<String> = (0..outcomes.len()).map(|encoder| format!("e{encoder}")).collect();
        let compared: Vec<Compared<'_>> = outcomes
            .iter()
            .zip(&names)
            .map(|(outcomes, name)| Compared { name, outcomes, higher_is_better: true })
            .collect();
        let options = ComparisonOptions { resamples: 0, draws, seed: repetition, ..ComparisonOptions::default() };
        let pairs = compare_all(&compared, &options).unwrap().pairs;
        let any = |p: fn(&PairTest) -> f64| u32::from(pairs.iter().any(|pair| p(pair) < 0.05));
        calls[0] += any(|pair| pair.p);
        calls[1] += any(|pair| pair.p_holm);
        calls[2] += any(|pair| pair.mcnemar.unwrap_or(1.0));
    }
    let [plain, holm, mid_p] = calls.map(|calls| f64::from(calls) / repetitions as f64);
    FalseCalls { plain, holm, mid_p }
}
