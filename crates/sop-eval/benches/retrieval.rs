//! Times ranking and measuring the revisited benchmarks; prints one JSON object a run.
//!
//! `cargo bench --bench retrieval -- QUERIES IMAGES DIM`; by default 70 queries over the 6,322 images of RParis6k, with
//! about as many answers as they have there, in 384 components. Feature extraction is not part of it.
//! `... -- whitening IMAGES DIM` fits a whitening and applies it to its set.

#![allow(clippy::print_stdout, clippy::unwrap_used, reason = "a benchmark prints, and may panic")]

use std::time::Instant;

use ndarray::Array2;
use sop_eval::retrieval::{
    QuerySet, Relevance, RetrievalParams, Whitening, WhiteningParams, evaluate, evaluate_ranking, rank,
};

/// Approximately normal numbers, of a seeded generator.
fn normal(rows: usize, dim: usize, seed: u64) -> Array2<f32> {
    let mut state = seed;
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 40) as f32 / (1_u64 << 24) as f32 - 0.5
    };
    Array2::from_shape_simple_fn((rows, dim), || (0..12).map(|_| next()).sum())
}

fn whitening(images: usize, dim: usize) {
    let set = normal(images, dim, 1);
    let start = Instant::now();
    let (whitening, _) = Whitening::fit(set.view(), &WhiteningParams::default()).unwrap();
    let fitting = start.elapsed().as_secs_f64();
    let start = Instant::now();
    whitening.apply(set.view()).unwrap();
    println!("{{\"fitting\": {fitting:.2}, \"applying\": {:.2}}}", start.elapsed().as_secs_f64());
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| !argument.starts_with("--")).collect();
    if arguments.first().is_some_and(|first| first == "whitening") {
        return whitening(arguments[1].parse().unwrap(), arguments[2].parse().unwrap());
    }
    let number = |place: usize, default| arguments.get(place).map_or(default, |text| text.parse().unwrap());
    let (num_queries, images, dim) = (number(0, 70), number(1, 6322), number(2, 384));
    let (queries, database) = (normal(num_queries, dim, 1), normal(images, dim, 2));
    let ids: Vec<String> = (0..num_queries).map(|query| query.to_string()).collect();
    // 98 easy, 148 hard and 102 junk images for a query, spread over the database.
    let lists = |query: usize| {
        let image = |place: usize| ((query * 89 + place * 17) % images) as u32;
        let mut found: Vec<u32> = (0..348).map(image).collect();
        found.sort_unstable();
        found.dedup();
        let third = found.len() / 3;
        Relevance {
            easy: found[..third].to_vec(),
            hard: found[third..2 * third].to_vec(),
            junk: found[2 * third..].to_vec(),
        }
    };
    let relevance: Vec<Relevance> = (0..num_queries).map(lists).collect();
    let set = QuerySet { ids: &ids, relevance: &relevance };
    let params = RetrievalParams::default();
    for _ in 0..3 {
        let start = Instant::now();
        let ranking = rank(queries.view(), database.view()).unwrap();
        let ranking_seconds = start.elapsed().as_secs_f64();
        let start = Instant::now();
        evaluate_ranking(ranking.view(), images, set, &params).unwrap();
        let measuring_seconds = start.elapsed().as_secs_f64();
        let start = Instant::now();
        let found = evaluate(queries.view(), database.view(), None, set, &params).unwrap();
        println!(
            "{{\"all\": {:.4}, \"ranking\": {ranking_seconds:.4}, \"measuring\": {measuring_seconds:.4}, \
             \"map_easy\": {:.6}, \"threads\": {}}}",
            start.elapsed().as_secs_f64(),
            found[0].value.unwrap(),
            rayon::current_num_threads(),
        );
    }
}
