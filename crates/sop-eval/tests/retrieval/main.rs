//! Retrieval on cases that can be worked out by hand, and its properties.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod bad_input;
mod copies;
mod descriptors;
mod metrics;
mod searched;
mod settings;

use sop_core::Measurement;
use sop_eval::retrieval::{Difficulty, Relevance, RetrievalParams};

/// Ids `q0`, `q1`, ….
fn ids(count: usize) -> Vec<String> {
    (0..count).map(|query| format!("q{query}")).collect()
}

fn relevance(easy: &[u32], hard: &[u32], junk: &[u32]) -> Relevance {
    Relevance { easy: easy.to_vec(), hard: hard.to_vec(), junk: junk.to_vec() }
}

/// The defaults without intervals.
fn plain() -> RetrievalParams {
    RetrievalParams { bootstrap_resamples: 0, ..RetrievalParams::default() }
}

fn of<'a>(found: &'a [Measurement], metric: &str, difficulty: Difficulty) -> &'a Measurement {
    let is = |found: &&Measurement| found.metric == metric && found.params["difficulty"] == difficulty.name();
    found.iter().find(is).unwrap()
}

fn value(found: &[Measurement], metric: &str, difficulty: Difficulty) -> Option<f64> {
    of(found, metric, difficulty).value
}
