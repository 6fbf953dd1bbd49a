//! Times the graph index; prints one JSON object a measurement.
//!
//! - `truth TRAIN TEST K OUT`: writes the `K` nearest rows of each query, by exact search, as u32 of 4 bytes.
//! - `build TRAIN OUT [KEY=VALUE…]`: builds a graph and writes it; keys are those of `GraphParams`.
//! - `curve TRAIN TEST GRAPH TRUTH K FIRST COUNT BEAM…`: recall and queries a second of `COUNT` queries from `FIRST` on, for each beam, in
//!   one call and one by one; `exact` in place of a beam is exact search.
//! - `singles TRAIN TEST GRAPH K FIRST COUNT BEAM…`: recall of a call a query.
//! - `filters TRAIN TEST GRAPH K FIRST COUNT BEAM…`: a call a query, under filters and without in turn; queries a second of the time that
//!   the thread ran.
//!
//! Files are embedding files of `sop`; rows are brought to unit length. `RAYON_NUM_THREADS` sets the threads.

#![allow(clippy::print_stdout, clippy::unwrap_used, reason = "a benchmark prints, and may panic")]

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Instant;

use ndarray::{Array2, ArrayView2, Axis, s};
use sop_core::EmbeddingSet;
use sop_index::{Gallery, Graph, GraphIndex, GraphParams, Neighbors, RowSet, SearchOptions, VectorIndex};
use sop_numeric::l2_normalize;

/// The bench is its own source: the graph file is read by the same command that wrote it.
const SOURCE: [u8; 32] = [0; 32];
/// Seconds that each turn takes at least.
const AT_LEAST: f64 = 0.15;
/// How often searches with and without filters take turns.
const TURNS: usize = 5;

fn read(path: &str) -> (Array2<f32>, Vec<i64>) {
    let set = EmbeddingSet::read(path).unwrap();
    let labels = set.labels().iter().map(|label| label.map_or(-1, i64::from)).collect();
    (l2_normalize(set.vectors().to_owned().view()), labels)
}

fn load(path: &str) -> Graph {
    Graph::from_bytes(&std::fs::read(path).unwrap(), &SOURCE).unwrap()
}

fn options(beam: &str) -> SearchOptions {
    SearchOptions { beam: beam.parse().ok(), ..SearchOptions::default() }
}

/// Peak memory of the process so far, MiB.
fn peak_mib() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmHWM")).unwrap_or_default();
    line.split_whitespace().nth(1).and_then(|text| text.parse::<f64>().ok()).unwrap_or(f64::NAN) / 1024.0
}

/// Neighbours and queries a second, of all queries in one call, and of one call a query.
fn timed(queries: ArrayView2<'_, f32>, search: impl Fn(ArrayView2<'_, f32>) -> Neighbors) -> (Neighbors, f64, f64) {
    let start = Instant::now();
    let found = search(queries);
    let together = queries.nrows() as f64 / start.elapsed().as_secs_f64();
    let start = Instant::now();
    for query in queries.axis_chunks_iter(Axis(0), 1) {
        search(query);
    }
    (found, together, queries.nrows() as f64 / start.elapsed().as_secs_f64())
}

fn build(arguments: &[String]) {
    let mut params = GraphParams::default();
    for argument in &arguments[2..] {
        let (key, value) = argument.split_once('=').unwrap();
        match key {
            "degree" => params.degree = value.parse().unwrap(),
            "beam" => params.beam = value.parse().unwrap(),
            "alpha" => params.alpha = value.parse().unwrap(),
            "builder" => params.builder = serde_json::from_value(value.into()).unwrap(),
            _ => panic!("unknown parameter {key}"),
        }
    }
    let (rows, _) = read(&arguments[0]);
    let before = peak_mib();
    let start = Instant::now();
    let graph = Graph::build(rows.view(), &params).unwrap();
    let seconds = start.elapsed().as_secs_f64();
    let peak = peak_mib();
    let unreachable = graph.unreachable().len();
    let edges: usize = (0..graph.len()).map(|row| graph.neighbors_of(row).len()).sum();
    println!(
        "{{\"what\": \"build\", \"seconds\": {seconds:.3}, \"threads\": {}, \"degree\": {}, \"beam\": {}, \"alpha\": {}, \
         \"unreachable\": {unreachable}, \"mean_degree\": {:.2}, \"graph_mib\": {:.1}, \"vectors_mib\": {before:.1}, \
         \"peak_mib\": {peak:.1}}}",
        rayon::current_num_threads(),
        params.degree,
        params.beam,
        params.alpha,
        edges as f64 / graph.len() as f64,
        graph.memory_bytes() as f64 / f64::from(1 << 20),
    );
    std::fs::write(&arguments[1], graph.to_bytes(&SOURCE)).unwrap();
}

fn truth(arguments: &[String]) {
    let ((rows, _), (queries, _)) = (read(&arguments[0]), read(&arguments[1]));
    let found = Gallery::new(rows.view())
        .top_k(queries.view(), arguments[2].parse().unwrap(), &SearchOptions::default())
        .unwrap();
    let bytes: Vec<u8> = found.indices.iter().flat_map(|index| index.to_le_bytes()).collect();
    std::fs::write(&arguments[3], bytes).unwrap();
}

fn curve(arguments: &[String]) {
    let ((rows, _), (queries, _)) = (read(&arguments[0]), read(&arguments[1]));
    let start = Instant::now();
    let graph = load(&arguments[2]);
    let loading = start.elapsed().as_secs_f64();
    let k: usize = arguments[4].parse().unwrap();
    let (first, count): (usize, usize) = (arguments[5].parse().unwrap(), arguments[6].parse().unwrap());
    let bytes = std::fs::read(&arguments[3]).unwrap();
    let indices: Vec<u32> = bytes.as_chunks::<4>().0.iter().map(|bytes| u32::from_le_bytes(*bytes)).collect();
    let indices =
        Array2::from_shape_vec((queries.nrows(), k), indices).unwrap().slice(s![first..first + count, ..]).to_owned();
    let similarities = Array2::zeros(indices.dim());
    let truth = Neighbors { indices, similarities };
    let queries = queries.slice(s![first..first + count, ..]);
    let gallery = Arc::new(Gallery::new(rows.view()));
    let start = Instant::now();
    let index = GraphIndex::new(gallery.clone(), graph).unwrap();
    let preparing = start.elapsed().as_secs_f64();
    println!(
        "{{\"what\": \"load\", \"graph_seconds\": {loading:.3}, \"codes_seconds\": {preparing:.3}, \"index_mib\": {:.1}}}",
        index.memory_bytes() as f64 / f64::from(1 << 20)
    );
    for beam in &arguments[7..] {
        let exact = beam == "exact";
        let options = options(beam);
        let scored = if exact { 0 } else { index.profile(queries, k, &options).unwrap().1 };
        let (found, together, single) = timed(queries, |queries| {
            if exact { gallery.top_k(queries, k, &options) } else { index.top_k(queries, k, &options) }.unwrap()
        });
        println!(
            "{{\"what\": \"curve\", \"beam\": \"{beam}\", \"recall\": {:.5}, \"scored\": {:.0}, \"qps\": {together:.1}, \"qps_single\": {single:.1}, \
             \"scans\": {}, \"threads\": {}}}",
            found.recall(&truth),
            scored as f64 / count as f64,
            exact || index.is_exact(count, k, &options),
            rayon::current_num_threads(),
        );
    }
}

/// A filter for each query, and what is right under it.
struct Filtered {
    name: &'static str,
    percent: u64,
    /// The filter of each query among the sets.
    of_queries: Vec<usize>,
    sets: Vec<RowSet>,
}

/// Random shares of the rows, and of those that are not of the query's own label.
fn kinds_of_filters(labels: &[i64], own: &[i64]) -> Vec<Filtered> {
    let len = labels.len();
    let hash = |row: usize| (row as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32;
    let classes: Vec<i64> = own.iter().copied().collect::<BTreeSet<i64>>().into_iter().collect();
    let mut kinds = Vec::new();
    for percent in [1, 10, 50] {
        let without = |class: Option<i64>| {
            let rows = (0..len).filter(|&row| Some(labels[row]) != class && hash(row) % 100 < percent);
            RowSet::from_rows(len, rows.map(|row| row as u32))
        };
        kinds.push(Filtered { name: "random", percent, of_queries: vec![0; own.len()], sets: vec![without(None)] });
        let sets = classes.iter().map(|&class| without(Some(class))).collect();
        let of_queries = own.iter().map(|class| classes.binary_search(class).unwrap()).collect();
        kinds.push(Filtered { name: "not own label", percent, of_queries, sets });
    }
    kinds
}

/// Nanoseconds that this thread has run on a processor, or, where nobody says so, that have passed.
fn running(start: Instant) -> u64 {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    let first = text.split_whitespace().next().and_then(|text| text.parse().ok());
    first.unwrap_or_else(|| start.elapsed().as_nanos() as u64)
}

/// Calls a search for every query, for a while; the neighbours, and queries for each second that this thread ran.
fn one_by_one(
    queries: ArrayView2<'_, f32>,
    search: impl Fn(usize, ArrayView2<'_, f32>) -> Neighbors,
) -> (Neighbors, f64) {
    let mut found: Vec<Neighbors> = Vec::with_capacity(queries.nrows());
    let start = Instant::now();
    let before = running(start);
    let (mut rounds, mut seconds) = (0.0, 0.0);
    // The clock of a thread goes in steps of some milliseconds.
    while seconds < AT_LEAST {
        found.clear();
        for (place, query) in queries.axis_chunks_iter(Axis(0), 1).enumerate() {
            found.push(search(place, query));
        }
        seconds = (running(start) - before) as f64 * 1e-9;
        rounds += 1.0;
    }
    let indices: Vec<_> = found.iter().map(|found| found.indices.view()).collect();
    let similarities: Vec<_> = found.iter().map(|found| found.similarities.view()).collect();
    let all = Neighbors {
        indices: ndarray::concatenate(Axis(0), &indices).unwrap(),
        similarities: ndarray::concatenate(Axis(0), &similarities).unwrap(),
    };
    (all, rounds * queries.nrows() as f64 / seconds)
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// Recall of a call a query, which walks where a call with many queries would look at all rows.
fn singles(arguments: &[String]) {
    let ((rows, _), (queries, _)) = (read(&arguments[0]), read(&arguments[1]));
    let index = GraphIndex::new(Arc::new(Gallery::new(rows.view())), load(&arguments[2])).unwrap();
    let k: usize = arguments[3].parse().unwrap();
    let (first, count): (usize, usize) = (arguments[4].parse().unwrap(), arguments[5].parse().unwrap());
    let queries = queries.slice(s![first..first + count, ..]);
    let truth = index.gallery().top_k(queries, k, &SearchOptions::default()).unwrap();
    for beam in &arguments[6..] {
        let (found, _) = one_by_one(queries, |_, query| index.top_k(query, k, &options(beam)).unwrap());
        println!("{{\"what\": \"singles\", \"beam\": {beam}, \"recall\": {:.5}}}", found.recall(&truth));
    }
}

/// A call a query, under filters and without in turn.
fn filters(arguments: &[String]) {
    let ((rows, labels), (queries, own)) = (read(&arguments[0]), read(&arguments[1]));
    let index = GraphIndex::new(Arc::new(Gallery::new(rows.view())), load(&arguments[2])).unwrap();
    let k: usize = arguments[3].parse().unwrap();
    let (first, count): (usize, usize) = (arguments[4].parse().unwrap(), arguments[5].parse().unwrap());
    let (queries, own) = (queries.slice(s![first..first + count, ..]), &own[first..first + count]);
    let truth = index.gallery().top_k(queries, k, &SearchOptions::default()).unwrap();
    for filtered in kinds_of_filters(&labels, own) {
        let set = |place: usize| &filtered.sets[filtered.of_queries[place]];
        let (right, _) = one_by_one(queries, |place, query| {
            index.gallery().top_k_among(query, k, set(place), &SearchOptions::default()).unwrap()
        });
        for beam in &arguments[6..] {
            let options = options(beam);
            let (mut found, mut all) = (None, None);
            let (mut rates, mut unfiltered, mut shares) = (Vec::new(), Vec::new(), Vec::new());
            for _ in 0..TURNS {
                let (neighbors, rate_of_all) = one_by_one(queries, |_, query| index.top_k(query, k, &options).unwrap());
                all = Some(neighbors);
                let (neighbors, rate) =
                    one_by_one(queries, |place, query| index.top_k_among(query, k, set(place), &options).unwrap());
                found = Some(neighbors);
                rates.push(rate);
                unfiltered.push(rate_of_all);
                shares.push(rate / rate_of_all);
            }
            println!(
                "{{\"what\": \"{}\", \"percent\": {}, \"beam\": {beam}, \"recall\": {:.5}, \"qps_single\": {:.1}, \
                 \"recall_unfiltered\": {:.5}, \"qps_unfiltered\": {:.1}, \"share\": {:.3}}}",
                filtered.name,
                filtered.percent,
                found.map_or(f64::NAN, |found| found.recall(&right)),
                median(rates),
                all.map_or(f64::NAN, |found| found.recall(&truth)),
                median(unfiltered),
                median(shares),
            );
        }
    }
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| !argument.starts_with("--")).collect();
    match arguments.first().map(String::as_str) {
        Some("build") => build(&arguments[1..]),
        Some("truth") => truth(&arguments[1..]),
        Some("curve") => curve(&arguments[1..]),
        Some("singles") => singles(&arguments[1..]),
        Some("filters") => filters(&arguments[1..]),
        _ => println!("{{\"what\": \"nothing\"}}"),
    }
}
