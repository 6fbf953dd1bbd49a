//! Times label propagation and scoring; prints one JSON object each.
//!
//! `cargo bench --bench davis -- propagation [FOLDER]` carries four labels through twelve seeded frames of 30 x 52 tokens of 384
//! components; the features are written to FOLDER, where `davis_peer.py propagation FOLDER` reads them.
//! `cargo bench --bench davis -- scores TRUTH PREDICTED` scores two folders of PNG label maps, as `davis_peer.py scores …` does.

#![allow(clippy::print_stdout, clippy::unwrap_used, reason = "a benchmark prints, and may panic")]

use std::path::Path;
use std::time::Instant;

use ndarray::{Array2, ArrayView2};
use sop_datasets::video::davis::read_labels;
use sop_eval::davis::{PropagationParams, Propagator, VOID, num_objects, score_sequence};

const GRID: [usize; 2] = [30, 52];
const DIM: usize = 384;
const FRAMES: usize = 12;
const LABELS: usize = 4;

/// Frames that change slowly, as those of a video: each is mostly the one before.
fn frames() -> Vec<Array2<f32>> {
    let mut state = 7_u64;
    let mut normal = || {
        let mut sum = 0.0;
        for _ in 0..4 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            sum += (state >> 40) as f32 / (1_u64 << 24) as f32 - 0.5;
        }
        sum
    };
    let mut frames = vec![Array2::from_shape_simple_fn((GRID[0] * GRID[1], DIM), &mut normal)];
    while frames.len() < FRAMES {
        let next = frames[frames.len() - 1].mapv(|value| 0.9 * value + 0.4 * normal());
        frames.push(next);
    }
    frames
}

fn propagation(folder: Option<&String>) {
    let frames = frames();
    if let Some(folder) = folder {
        let bytes: Vec<u8> = frames.iter().flatten().flat_map(|value| value.to_le_bytes()).collect();
        std::fs::write(Path::new(folder).join("frames.f32"), bytes).unwrap();
    }
    let masks = Array2::from_shape_fn((LABELS, GRID[0] * GRID[1]), |(label, token)| {
        f32::from(u8::from(token % GRID[1] * LABELS / GRID[1] == label))
    });
    let mut propagator = Propagator::new(&PropagationParams::default(), GRID, frames[0].view(), masks.view()).unwrap();
    let mut seconds = Vec::new();
    let mut last = masks;
    for frame in &frames[1..] {
        let start = Instant::now();
        last = propagator.next_frame(frame.view()).unwrap();
        seconds.push(start.elapsed().as_secs_f64());
    }
    let sum: f32 = last.row(1).iter().sum();
    // With eight context frames, as it is for most of a video.
    let full = &seconds[8..];
    let mean = full.iter().sum::<f64>() / full.len() as f64;
    println!("{{\"propagation_seconds_per_frame\": {mean:.4}, \"mask_1_sum\": {sum:.4}}}");
}

fn scores(truth: &str, predicted: &str) {
    let read = |folder: &str| -> Vec<Array2<u8>> {
        let mut paths: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        paths.sort();
        paths
            .iter()
            .map(|path| read_labels(path).unwrap().mapv(|label| if label == VOID { 0 } else { label }))
            .collect()
    };
    let (truth, predicted) = (read(truth), read(predicted));
    let truth: Vec<ArrayView2<'_, u8>> = truth.iter().map(|mask| mask.view()).collect();
    let predicted: Vec<ArrayView2<'_, u8>> = predicted.iter().map(|mask| mask.view()).collect();
    let start = Instant::now();
    let rounds = 20;
    let mut objects = Vec::new();
    for _ in 0..rounds {
        objects = score_sequence("bench", &truth, &predicted).unwrap();
    }
    let scored = (truth.len() - 2) * usize::from(num_objects(truth[0]));
    let milliseconds = 1e3 * start.elapsed().as_secs_f64() / (rounds * scored) as f64;
    let mean = |score: fn(&sop_eval::davis::FrameScore) -> f64| {
        let all: Vec<f64> = objects.iter().flat_map(|object| object.frames.iter().map(score)).collect();
        all.iter().sum::<f64>() / all.len() as f64
    };
    let (j, f) = (mean(|frame| frame.j), mean(|frame| frame.f));
    println!("{{\"scores_milliseconds_per_object_and_frame\": {milliseconds:.4}, \"j\": {j:.6}, \"f\": {f:.6}}}");
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| !argument.starts_with("--")).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["propagation", ..] => propagation(arguments.get(1)),
        ["scores", truth, predicted] => scores(truth, predicted),
        _ => panic!("propagation [FOLDER] | scores TRUTH PREDICTED"),
    }
}
