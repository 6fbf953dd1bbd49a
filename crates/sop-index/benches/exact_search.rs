//! Times exact search; prints one JSON object a run.
//!
//! `cargo bench --bench exact_search -- ROWS QUERIES DIM K` searches normal data,
//! `... -- TRAIN.parquet TEST.parquet K NEIGHBOURS` searches embeddings and writes the rows found, as u32 of 4 bytes.

#![allow(clippy::print_stdout, clippy::unwrap_used, reason = "a benchmark prints, and may panic")]

use std::time::Instant;

use ndarray::Array2;
use sop_core::EmbeddingSet;
use sop_index::{Gallery, SearchOptions};
use sop_numeric::l2_normalize;

/// Approximately normal numbers, of a seeded generator.
fn normal(rows: usize, dim: usize, seed: u64) -> Array2<f32> {
    let mut state = seed;
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 40) as f32 / (1_u64 << 24) as f32 - 0.5
    };
    Array2::from_shape_simple_fn((rows, dim), || (0..12).map(|_| next()).sum())
}

fn read(path: &str) -> Array2<f32> {
    EmbeddingSet::read(path).unwrap().vectors().to_owned()
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| !argument.starts_with("--")).collect();
    let number = |place: usize, default| arguments.get(place).map_or(default, |text| text.parse().unwrap());
    let from_files = arguments.first().is_some_and(|first| first.ends_with(".parquet"));
    let (gallery, queries, k) = if from_files {
        (read(&arguments[0]), read(&arguments[1]), number(2, 200))
    } else {
        let dim = number(2, 384);
        (normal(number(0, 100_000), dim, 1), normal(number(1, 10_000), dim, 2), number(3, 200))
    };
    let (gallery, queries) = (l2_normalize(gallery.view()), l2_normalize(queries.view()));
    for _ in 0..if from_files { 1 } else { 3 } {
        let start = Instant::now();
        let prepared = Gallery::new(gallery.view());
        let quantizing = start.elapsed().as_secs_f64();
        let (neighbors, profile) = prepared.profile(queries.view(), k, &SearchOptions::default()).unwrap();
        println!(
            "{{\"searching\": {:.4}, \"quantizing\": {quantizing:.4}, \"scanning_threads\": {:.4}, \
             \"settling_threads\": {:.4}, \"similarities\": {}, \"repeated\": {}, \"threads\": {}}}",
            start.elapsed().as_secs_f64(),
            profile.scanning.as_secs_f64(),
            profile.settling.as_secs_f64(),
            profile.similarities,
            profile.repeated,
            rayon::current_num_threads(),
        );
        if let Some(path) = arguments.get(3).filter(|_| from_files) {
            let bytes: Vec<u8> = neighbors.indices.iter().flat_map(|index| index.to_le_bytes()).collect();
            std::fs::write(path, bytes).unwrap();
        }
    }
}
