//! Times the linear probe and logistic regression on seeded features; prints one JSON object.
//!
//! `cargo bench --bench classifiers -- FOLDER linear [EPOCHS]` and `... -- FOLDER logreg [PENALTY]`; the features, 50,000 of 384
//! components and 100 classes, are written to FOLDER as well, where `classifiers_peer.py FOLDER …` reads them.

#![allow(clippy::print_stdout, clippy::unwrap_used, reason = "a benchmark prints, and may panic")]

use std::path::Path;
use std::time::Instant;

use ndarray::Array2;
use sop_core::{EmbeddingSet, Provenance};
use sop_eval::linear::{self, FeatureSets, LinearParams};
use sop_eval::logreg::{self, LogregParams};

const IMAGES: usize = 50_000;
const TEST_IMAGES: usize = 1000;
const DIM: usize = 384;
const CLASSES: usize = 100;

/// Overlapping clusters whose components are correlated, as those of encoders are.
fn features(images: usize, seed: u64) -> Array2<f32> {
    let mut state = seed;
    let mut normal = || {
        let mut sum = 0.0;
        for _ in 0..4 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            sum += (state >> 40) as f32 / (1_u64 << 24) as f32 - 0.5;
        }
        sum * 1.732
    };
    let mut vectors = Array2::from_shape_simple_fn((images, DIM), &mut normal);
    let centre = |class: usize, component: usize| ((class * 7919 + component * 104_729) % 1009) as f32 / 504.5 - 1.0;
    for (image, mut row) in vectors.rows_mut().into_iter().enumerate() {
        let shared = row[0];
        for (component, value) in row.iter_mut().enumerate() {
            let scale = 2.0 / (1.0 + component as f32 / 20.0);
            *value = scale * (*value + 0.25 * centre(image % CLASSES, component) + 0.5 * shared);
        }
    }
    vectors
}

fn set(images: usize, seed: u64) -> EmbeddingSet {
    let ids = (0..images).map(|image| image.to_string()).collect();
    let labels = (0..images).map(|image| Some((image % CLASSES) as i32)).collect();
    EmbeddingSet::try_new(ids, labels, features(images, seed), Provenance::default()).unwrap()
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| !argument.starts_with("--")).collect();
    let [folder, what, rest @ ..] = arguments.as_slice() else { panic!("FOLDER linear|logreg [EPOCHS|PENALTY]") };
    let (train, test) = (set(IMAGES, 1), set(TEST_IMAGES, 2));
    let bytes: Vec<u8> = train.vectors().iter().flat_map(|value| value.to_le_bytes()).collect();
    std::fs::write(Path::new(folder).join("features.f32"), bytes).unwrap();
    let start = Instant::now();
    match what.as_str() {
        "linear" => {
            let epochs = rest.first().map_or(5, |text| text.parse().unwrap());
            // As the references: nothing is held out.
            let params = LinearParams { epochs, held_out: 0.0, bootstrap_resamples: 0, ..LinearParams::default() };
            let features = [FeatureSets { name: "cls", train: &train, test: &test }];
            let outcome = linear::evaluate(&features, &params, &mut |_| {}).unwrap();
            let seconds = start.elapsed().as_secs_f64() / epochs as f64;
            let best = outcome.measurements.iter().find(|found| found.metric == "top1").unwrap().value.unwrap();
            println!("{{\"linear_seconds_per_epoch\": {seconds:.3}, \"top1\": {best:.4}}}");
        }
        "logreg" => {
            let penalty = rest.first().map_or(1e-3, |text| text.parse().unwrap());
            let params = LogregParams { penalties: vec![penalty], bootstrap_resamples: 0, ..LogregParams::default() };
            let found = logreg::evaluate(&train, &test, &params, &mut |_| {}).unwrap();
            let objective = found.iter().find(|found| found.metric == "objective").unwrap();
            println!(
                "{{\"logreg_seconds\": {:.2}, \"objective\": {:.8}, \"params\": {:?}}}",
                start.elapsed().as_secs_f64(),
                objective.value.unwrap(),
                serde_json::to_string(&objective.params).unwrap()
            );
        }
        other => panic!("unknown: {other}"),
    }
}
