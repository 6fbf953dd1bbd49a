//! How often intervals cover the truth, how often tests call something significant that is not, and how long a bootstrap takes: one JSON
//! object a line. `cargo run --release -p sop-eval --example statistics -- 1000`

#![allow(clippy::print_stdout, clippy::unwrap_used, reason = "a measurement prints, and may panic")]

#[path = "../tests/statistics/simulation.rs"]
mod simulation;

use std::time::Instant;

use serde_json::json;
use simulation::{Kind, coverage, coverage_of_differences, equal_accuracies, equal_encoders, false_calls};
use sop_core::{Measurement, MetricInfo, Outcomes, Params};
use sop_eval::statistics::add_intervals;
use sop_numeric::random::Stream;

fn main() {
    let repetitions: u64 = std::env::args().nth(1).map_or(1000, |text| text.parse().unwrap());
    for (kind, clusters) in [
        (Kind::Normal, 11),
        (Kind::Normal, 30),
        (Kind::Normal, 100),
        (Kind::Precision, 11),
        (Kind::Precision, 30),
        (Kind::Precision, 100),
        (Kind::Accuracy, 30),
        (Kind::Accuracy, 100),
        (Kind::Accuracy, 1000),
    ] {
        let share = coverage(kind, clusters, repetitions, 1000);
        println!(
            "{}",
            json!({"what": "coverage", "values": format!("{kind:?}"), "clusters": clusters, "share": share})
        );
    }
    for (tenths, correlation) in [(1, 0), (1, 3), (1, 9), (5, 0), (5, 3), (5, 9), (9, 0), (9, 3), (9, 9)] {
        for clusters in [11, 30, 100] {
            let kind = Kind::Right { tenths, correlation };
            let (right, correlation_of_units) = (f64::from(tenths) / 10.0, f64::from(correlation) / 10.0);
            println!(
                "{}",
                json!({
                    "what": "coverage", "values": "Right", "right": right,
                    "correlation": correlation_of_units, "clusters": clusters,
                    "share": coverage(kind, clusters, repetitions, 1000),
                    "of_differences": coverage_of_differences(right, correlation_of_units, clusters, repetitions),
                })
            );
        }
    }
    for tenths in [1, 5, 9] {
        for clusters in [11, 30, 100] {
            let share = coverage(Kind::FirstFive { tenths }, clusters, repetitions, 1000);
            let right = f64::from(tenths) / 10.0;
            println!(
                "{}",
                json!({"what": "coverage", "values": "FirstFive", "right": right, "clusters": clusters, "share": share})
            );
        }
    }
    for (encoders, clusters) in [(2, 11), (2, 30), (2, 100), (5, 30)] {
        let found = false_calls(|repetition| equal_encoders(encoders, clusters, repetition), repetitions, 1000);
        println!(
            "{}",
            json!({
                "what": "false calls", "values": "Normal", "encoders": encoders, "clusters": clusters,
                "share": found.plain, "after_holm": found.holm,
            })
        );
    }
    for (encoders, images) in [(2, 100), (2, 1000), (5, 1000)] {
        let found = false_calls(|repetition| equal_accuracies(encoders, images, repetition), repetitions, 1000);
        println!(
            "{}",
            json!({
                "what": "false calls", "values": "Accuracy", "encoders": encoders, "clusters": images,
                "share": found.plain, "after_holm": found.holm, "mid_p": found.mid_p,
            })
        );
    }
    println!("{}", json!({"what": "bootstrap", "seconds": bootstrap_seconds()}));
}

/// 50,000 outcomes that are more than right or wrong, of 8 metrics, in 10,000 resamples.
fn bootstrap_seconds() -> f64 {
    let mut stream = Stream::from_seed(5, 0);
    let unit_ids: std::sync::Arc<[String]> = (0..50_000).map(|unit| format!("unit{unit}")).collect();
    let info = MetricInfo::loss("value", "Value");
    let mut measured: Vec<Measurement> = (0..8)
        .map(|_| {
            let outcomes = Outcomes::new(unit_ids.clone(), unit_ids.iter().map(|_| stream.normal()).collect());
            Measurement::mean(&info, Params::new(), outcomes)
        })
        .collect();
    let start = Instant::now();
    add_intervals(&mut measured, 10_000, 0);
    start.elapsed().as_secs_f64()
}
