//! From the scores of objects to the numbers of the challenge.

use sop_core::{Measurement, MetricInfo, Outcomes, Params};

use super::{DAVIS, ObjectScores, Statistics};
use crate::statistics::add_intervals;

/// Mean, recall and decay of J and F.
#[derive(Clone, Copy)]
struct Summary {
    j: Statistics,
    f: Statistics,
}

/// Takes a value from a summary.
type Take = fn(&Summary) -> f64;

/// In the order of the protocol's metrics.
const VALUES: [Take; 7] = [
    |summary| f64::midpoint(summary.j.mean, summary.f.mean),
    |summary| summary.j.mean,
    |summary| summary.j.recall,
    |summary| summary.j.decay,
    |summary| summary.f.mean,
    |summary| summary.f.recall,
    |summary| summary.f.decay,
];

/// The metrics over all objects, over those of each sequence (parameter `sequence`), and of each object (`sequence`, `object`).
///
/// Means are over objects, each the same whatever the length of its video; intervals are over videos, whose objects belong together. Objects of [`score_sequence`](super::score_sequence)
/// have scored frames; one that is made without any is left out.
/// Every value carries `base` among its parameters: what the masks were made with.
#[must_use]
pub fn measure(objects: &[ObjectScores], base: &Params, bootstrap_resamples: u32, seed: u64) -> Vec<Measurement> {
    let summaries: Vec<(&ObjectScores, Summary)> = objects
        .iter()
        .filter_map(|object| {
            let of = |score: fn(&super::FrameScore) -> f64| {
                Statistics::of(&object.frames.iter().map(score).collect::<Vec<_>>())
            };
            Some((object, Summary { j: of(|frame| frame.j)?, f: of(|frame| frame.f)? }))
        })
        .collect();
    let mut measurements = over(&summaries, base);
    let mut sequences: Vec<&str> = summaries.iter().map(|(object, _)| object.sequence.as_str()).collect();
    sequences.dedup();
    for sequence in sequences {
        let own: Vec<_> = summaries.iter().filter(|(object, _)| object.sequence == sequence).copied().collect();
        let mut params = base.clone();
        params.insert("sequence".to_owned(), sequence.into());
        // The objects of a single video say nothing of other videos: no interval.
        measurements.extend(over(&own, &params).into_iter().map(Measurement::without_outcomes));
        for summary in own {
            params.insert("object".to_owned(), summary.0.object.into());
            measurements.extend(over(&[summary], &params).into_iter().map(Measurement::without_outcomes));
        }
    }
    add_intervals(&mut measurements, bootstrap_resamples, seed);
    measurements
}

fn over(objects: &[(&ObjectScores, Summary)], params: &Params) -> Vec<Measurement> {
    let unit_ids: std::sync::Arc<[String]> =
        objects.iter().map(|(object, _)| format!("{}/{}", object.sequence, object.object)).collect();
    // Objects of a video share its frames.
    let mut sequences: Vec<&str> = objects.iter().map(|(object, _)| object.sequence.as_str()).collect();
    sequences.dedup();
    let place = |sequence: &str| sequences.iter().position(|other| *other == sequence).unwrap_or_default() as u32;
    let clusters: std::sync::Arc<[u32]> = objects.iter().map(|(object, _)| place(&object.sequence)).collect();
    let of = |(metric, take): (&MetricInfo, Take)| {
        let values = objects.iter().map(|(_, summary)| take(summary)).collect();
        let outcomes = Outcomes::new(unit_ids.clone(), values).in_clusters(clusters.clone());
        Measurement::mean(metric, params.clone(), outcomes)
    };
    DAVIS.metrics.iter().zip(VALUES).map(of).collect()
}
