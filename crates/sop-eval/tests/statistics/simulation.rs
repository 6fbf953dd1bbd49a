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
}

impl Kind {
    /// What the values average to.
    pub fn truth(self) -> f64 {
        match self {
            Self::Normal => 0.0,
            Self::Precision => 0.8,
            Self::Accuracy => 0.9,
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
            };
            let centre = match self {
                Self::Normal => stream.normal(),
                // The fourth root of an even value has density 4x³ and mean 4/5.
                Self::Precision => even(&mut stream).powf(0.25),
                Self::Accuracy => 0.9,
            };
            for _ in 0..size {
                values.push(match self {
                    Self::Normal => centre + stream.normal(),
                    // Even around the centre, as far as there is room: the mean stays.
                    Self::Precision => centre + (1.0 - centre).min(centre) * (2.0 * even(&mut stream) - 1.0),
                    Self::Accuracy => f64::from(u8::from(even(&mut stream) < centre)),
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

/// The share of repetitions in which the interval covers the truth.
pub fn coverage(kind: Kind, clusters: usize, repetitions: u64, resamples: u32) -> f64 {
    let covers = |repetition: u64| {
        let outcomes = kind.draw(clusters, repetition);
        let info = sop_core::MetricInfo::fraction("value", "Value");
        let mut measured = [sop_core::Measurement::mean(&info, sop_core::Params::new(), outcomes)];
        sop_eval::statistics::add_intervals(&mut measured, resamples, repetition);
        measured[0].ci95.is_some_and(|(low, high)| low <= kind.truth() && kind.truth() <= high)
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

/// The share of repetitions in which at least one of the comparisons of all pairs is called significant, before and after Holm.
pub fn false_calls(encoders: usize, clusters: usize, repetitions: u64, draws: u32) -> [f64; 2] {
    use sop_eval::statistics::{Compared, ComparisonOptions, compare_all};
    let mut calls = [0_u32; 2];
    for repetition in 0..repetitions {
        let outcomes = equal_encoders(encoders, clusters, repetition);
        let names: Vec<String> = (0..encoders).map(|encoder| format!("e{encoder}")).collect();
        let compared: Vec<Compared<'_>> = outcomes
            .iter()
            .zip(&names)
            .map(|(outcomes, name)| Compared { name, outcomes, higher_is_better: true })
            .collect();
        let options = ComparisonOptions { resamples: 0, draws, seed: repetition, ..ComparisonOptions::default() };
        let pairs = compare_all(&compared, &options).unwrap().pairs;
        calls[0] += u32::from(pairs.iter().any(|pair| pair.p < 0.05));
        calls[1] += u32::from(pairs.iter().any(|pair| pair.p_holm < 0.05));
    }
    calls.map(|calls| f64::from(calls) / repetitions as f64)
}
