//! Times t-SNE and scores maps by their exact divergence; prints one JSON object a map.
//!
//! `cargo bench --bench tsne -- points FILE [POINTS DIM]` writes seeded clusters as safetensors, for `tsne_peer.py`.
//! `cargo bench --bench tsne -- FILE [PEER_MAP]` maps the points of such a file with and without principal components
//! as start, and scores its maps and the one that the peer has made.
//! With `only-time` as last argument nothing is scored, which takes long for many points.

#![allow(clippy::print_stdout, clippy::unwrap_used, reason = "a benchmark prints, and may panic")]

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Instant;

use ndarray::Array2;
use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensors};
use sop_eval::tsne::{ExactAffinities, Init, TsneParams, embed};

const CLUSTERS: usize = 10;

/// Points around as many centres as there are clusters, one cluster after the other: centres of standard deviation 2,
/// points of 1 around them.
fn clusters(num_points: usize, dim: usize) -> Array2<f32> {
    let mut state = 1_u64;
    let mut uniform = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 40) as f32 / (1_u64 << 24) as f32 - 0.5
    };
    // Twelve uniform numbers add up to an approximately normal one.
    let mut normal = || (0..12).map(|_| uniform()).sum::<f32>();
    let centres = Array2::from_shape_simple_fn((CLUSTERS, dim), || 2.0 * normal());
    Array2::from_shape_fn((num_points, dim), |(row, axis)| centres[[row * CLUSTERS / num_points, axis]] + normal())
}

/// A matrix of f32 or f64.
fn read(path: &Path, name: &str) -> Array2<f64> {
    let bytes = std::fs::read(path).unwrap();
    let file = SafeTensors::deserialize(&bytes).unwrap();
    let tensor = file.tensor(name).unwrap();
    let values = match tensor.dtype() {
        Dtype::F32 => tensor.data().as_chunks().0.iter().map(|&value| f64::from(f32::from_le_bytes(value))).collect(),
        Dtype::F64 => tensor.data().as_chunks().0.iter().map(|&value| f64::from_le_bytes(value)).collect(),
        other => panic!("{name} is {other:?}"),
    };
    Array2::from_shape_vec((tensor.shape()[0], tensor.shape()[1]), values).unwrap()
}

fn write(path: &Path, points: &Array2<f32>) {
    let bytes: Vec<u8> = points.iter().flat_map(|value| value.to_le_bytes()).collect();
    let view = TensorView::new(Dtype::F32, points.shape().to_vec(), &bytes).unwrap();
    safetensors::serialize_to_file(BTreeMap::from([("points", view)]), None, path).unwrap();
}

fn main() {
    let mut arguments: Vec<String> = std::env::args().skip(1).filter(|argument| !argument.starts_with("--")).collect();
    if arguments.first().is_some_and(|first| first == "points") {
        let number = |place: usize, default| arguments.get(place).map_or(default, |text| text.parse().unwrap());
        return write(Path::new(&arguments[1]), &clusters(number(2, 10_000), number(3, 384)));
    }
    let is_scored = arguments.pop_if(|last| last == "only-time").is_none();
    let points = match arguments.first() {
        Some(path) => read(Path::new(path), "points").mapv(|value| value as f32),
        None => clusters(10_000, 384),
    };
    let exact = is_scored.then(|| ExactAffinities::new(points.view(), TsneParams::default().perplexity).unwrap());
    let report = |name: &str, map: Array2<f64>, seconds: f64, rest: &str| {
        let kl_divergence = exact.as_ref().map(|exact| exact.divergence(map.view()).unwrap().kl_divergence);
        let kl_divergence = kl_divergence.map_or("null".to_owned(), |divergence| format!("{divergence:.4}"));
        println!(
            "{{\"map\": \"{name}\", \"seconds\": {seconds:.2}, \"exact_kl_divergence\": {kl_divergence}, \
             \"points\": {}, \"dim\": {}{rest}}}",
            points.nrows(),
            points.ncols()
        );
    };
    for init in [Init::Random, Init::Pca] {
        for dimensions in [2, 3] {
            let params = TsneParams { init, dimensions, ..TsneParams::default() };
            let start = Instant::now();
            let map = embed(points.view(), &params, &|_| ()).unwrap();
            let seconds = start.elapsed().as_secs_f64();
            let rest =
                format!(", \"kl_divergence\": {:.4}, \"threads\": {}", map.kl_divergence, rayon::current_num_threads());
            report(&format!("{init:?} {dimensions}-D"), map.positions.mapv(f64::from), seconds, &rest);
        }
    }
    if let Some(path) = arguments.get(1) {
        let path = Path::new(path);
        report("peer", read(path, "map"), read(path, "seconds")[[0, 0]], "");
    }
}
