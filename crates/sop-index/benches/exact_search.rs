//! Times exact search on normal data: `cargo bench --bench exact_search -- [ROWS QUERIES DIM K]`.

#![allow(clippy::print_stdout, clippy::unwrap_used, reason = "a benchmark prints, and may panic")]

use std::time::Instant;

use ndarray::Array2;
use sop_index::{Gallery, SearchOptions, l2_normalize};

/// Approximately normal numbers, of a seeded generator.
fn normal(rows: usize, dim: usize, seed: u64) -> Array2<f32> {
    let mut state = seed;
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 40) as f32 / (1_u64 << 24) as f32 - 0.5
    };
    Array2::from_shape_simple_fn((rows, dim), || (0..12).map(|_| next()).sum())
}

fn main() {
    let sizes: Vec<usize> = std::env::args().skip(1).filter_map(|argument| argument.parse().ok()).collect();
    let [rows, queries, dim, k] = *sizes else {
        return main_with(100_000, 10_000, 384, 200);
    };
    main_with(rows, queries, dim, k);
}

fn main_with(rows: usize, queries: usize, dim: usize, k: usize) {
    let (mut gallery, mut queries) = (normal(rows, dim, 1), normal(queries, dim, 2));
    // With an argument `tight`: ten classes of rows that are nearly alike, sorted by class.
    if std::env::args().any(|argument| argument == "tight") {
        let classes = normal(10, dim, 3);
        for side in [&mut gallery, &mut queries] {
            let count = side.nrows();
            for (row, mut values) in side.rows_mut().into_iter().enumerate() {
                values.zip_mut_with(&classes.row(row * 10 / count), |value, &class| *value = class + 0.1 * *value);
            }
        }
    }
    let (gallery, queries) = (l2_normalize(gallery.view()), l2_normalize(queries.view()));
    println!(
        "{rows} rows, {} queries, {dim} components, k = {k}, {} threads",
        queries.nrows(),
        rayon::current_num_threads()
    );
    for _ in 0..3 {
        let start = Instant::now();
        let prepared = Gallery::new(gallery.view());
        let quantized = start.elapsed();
        let (neighbors, profile) = prepared.profile(queries.view(), k, &SearchOptions::default()).unwrap();
        println!(
            "{:.3} s: quantizing {:.3} s; over threads: scanning {:.3} s, {} similarities in {:.3} s, {} queries again; checksum {}",
            start.elapsed().as_secs_f64(),
            quantized.as_secs_f64(),
            profile.scanning.as_secs_f64(),
            profile.similarities,
            profile.settling.as_secs_f64(),
            profile.repeated,
            neighbors.indices.iter().map(|&index| u64::from(index)).sum::<u64>(),
        );
    }
}
