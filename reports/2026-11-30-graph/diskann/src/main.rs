//! Builds and searches an in-memory graph of the crate `diskann`; prints one line of JSON a measurement.
//!
//! `diskann-bench VARIANT TRAIN.f32 TEST.f32 TRUTH DIM K FIRST COUNT DEGREE L_BUILD ALPHA THREADS`
//!
//! VARIANT is what the graph is built and searched over:
//! - `f32` and `f16`: the rows themselves;
//! - `i8`: rows multiplied by 127 over their largest value, the found candidates scored again in f32 by this program;
//! - `sq8` and `sq4`: the crate's scalar quantizer, the found candidates scored again in f16 by the crate.
//!
//! TRAIN and TEST are raw f32 rows of DIM values and unit length (`raw.py` writes them); TRUTH is the K nearest rows of each query as u32.
//! The crate cannot write its graph, so the program builds first, and then answers each line of search widths on standard input with one
//! measurement a width: COUNT queries from FIRST on, one by one, on one thread.

use std::io::{BufRead, Write};
use std::num::NonZero;
use std::pin::pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Poll, Waker};
use std::time::Instant;

use diskann::graph::config::{Builder, MaxDegree as Slack};
use diskann::graph::glue::PruneStrategy;
use diskann::graph::search::Knn;
use diskann::graph::search_output_buffer::IdDistance;
use diskann::graph::{DiskANNIndex, SearchOutputBuffer};
use diskann_inmem::num::{Capacity, MaxDegree};
use diskann_inmem::repr::quantized::{self, Quantized, Rerank, scalar::Scalar};
use diskann_inmem::repr::{Full, Insert, RepresentationConfig, Search};
use diskann_inmem::{Context, Provider, Strategy};
use diskann_quantization::{num::Positive, scalar::train::ScalarQuantizationParameters};
use diskann_utils::sampling::medoid::ComputeMedoid;
use diskann_utils::views::rowmajor::{self, Matrix};
use diskann_vector::distance::Metric;
use half::f16;

/// How many rows a thread takes at a time.
const BLOCK: usize = 64;

struct Task {
    variant: String,
    dim: usize,
    k: usize,
    degree: usize,
    l_build: usize,
    alpha: f32,
    threads: usize,
    train: Vec<f32>,
    queries: Vec<f32>,
    truth: Vec<u32>,
    vectors_mib: f64,
}

/// The provider's futures are ready at the first poll: nothing of it waits.
fn wait<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    let mut context = std::task::Context::from_waker(Waker::noop());
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut context) {
            return output;
        }
    }
}

/// Peak memory of the process so far, MiB.
fn peak_mib() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmHWM")).unwrap_or_default();
    line.split_whitespace().nth(1).and_then(|text| text.parse::<f64>().ok()).unwrap_or(f64::NAN) / 1024.0
}

fn read<const N: usize, T>(path: &str, from: impl Fn([u8; N]) -> T) -> Vec<T> {
    std::fs::read(path).unwrap().as_chunks::<N>().0.iter().map(|&bytes| from(bytes)).collect()
}

fn dot(a: &[f32], b: &[f32]) -> f32 {
    let mut sums = [0.0; 16];
    for (a, b) in a.as_chunks::<16>().0.iter().zip(b.as_chunks::<16>().0) {
        sums.iter_mut().zip(a.iter().zip(b)).for_each(|(sum, (a, b))| *sum += a * b);
    }
    let done = a.len() / 16 * 16;
    sums.iter().sum::<f32>() + a[done..].iter().zip(&b[done..]).map(|(a, b)| a * b).sum::<f32>()
}

/// Builds over `rows` and answers standard input; `prepare` makes the representation, `rescore` scores the candidates again in f32.
fn measure<T, R, C>(task: &Task, rows: &[T], queries: &[T], rescore: bool, prepare: impl FnOnce(usize) -> C)
where
    T: Copy + Send + Sync + 'static,
    C: RepresentationConfig<Representation = R>,
    R: Insert + for<'a> Search<Query<'a> = &'a [T]>,
{
    let (dim, k, count) = (task.dim, task.k, rows.len() / task.dim);
    let start = Instant::now();
    let config = Builder::new_with(
        task.degree,
        Slack::default_slack(),
        task.l_build,
        Metric::CosineNormalized.into(),
        |builder| {
            builder.alpha(task.alpha);
        },
    )
    .build()
    .unwrap();
    let provider: Provider<R, u32> = Provider::new(prepare(config.max_degree().get())).unwrap();
    let index = DiskANNIndex::new(config, provider, NonZero::new(task.threads));
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..task.threads {
            scope.spawn(|| {
                loop {
                    let first = next.fetch_add(BLOCK, Ordering::Relaxed);
                    if first >= count {
                        break;
                    }
                    for row in first..count.min(first + BLOCK) {
                        let vector = &rows[row * dim..][..dim];
                        wait(index.insert(&Strategy, &Context, &(row as u32), vector)).unwrap();
                    }
                }
            });
        }
    });
    let seconds = start.elapsed().as_secs_f64();
    let mut graph = PruneStrategy::prune_accessor(&Strategy, index.provider(), &Context, 0).unwrap();
    // The start point is a copy of the medoid behind the rows.
    let reached = wait(index.count_reachable_nodes(&[count as u32], &mut graph)).unwrap();
    let degrees = wait(index.get_degree_stats(&mut graph, 0..count as u32)).unwrap();
    let name = format!("diskann-{}", task.variant);
    println!(
        "{{\"what\": \"build\", \"peer\": \"{name}\", \"threads\": {}, \"seconds\": {seconds:.3}, \"vectors_mib\": {:.1}, \
         \"peak_mib\": {:.1}, \"degree\": {}, \"beam\": {}, \"alpha\": {}, \"unreachable\": {}, \"mean_degree\": {:.2}}}",
        task.threads,
        task.vectors_mib,
        peak_mib(),
        task.degree,
        task.l_build,
        task.alpha,
        count + 1 - reached,
        degrees.avg_degree,
    );
    drop(graph);
    for line in std::io::stdin().lock().lines() {
        for l in line.unwrap().split_whitespace() {
            curve(task, &name, &index, queries, rescore, l.parse::<usize>().unwrap().max(k));
        }
        println!("{{\"what\": \"answered\"}}");
        std::io::stdout().flush().unwrap();
    }
}

fn curve<T, R>(task: &Task, name: &str, index: &DiskANNIndex<Provider<R, u32>>, queries: &[T], rescore: bool, l: usize)
where
    T: Copy + Send + Sync + 'static,
    R: Insert + for<'a> Search<Query<'a> = &'a [T]>,
{
    let (dim, k, asked) = (task.dim, task.k, queries.len() / task.dim);
    let kept = if rescore { l } else { k };
    let (mut ids, mut distances) = (vec![0u32; kept], vec![0.0f32; kept]);
    let mut found = vec![u32::MAX; asked * k];
    let mut scored = 0;
    let start = Instant::now();
    for (query, (vector, found)) in queries.chunks_exact(dim).zip(found.chunks_exact_mut(k)).enumerate() {
        let mut output = IdDistance::new(&mut ids, &mut distances);
        let stats = wait(index.search(Knn::new_default(l).unwrap(), &Strategy, &Context, vector, &mut output)).unwrap();
        scored += stats.cmps as usize;
        // `result_count` of the statistics is one short where the output is full.
        let results = output.current_len();
        if rescore {
            let query = &task.queries[query * dim..][..dim];
            let mut again: Vec<(f32, u32)> =
                ids[..results].iter().map(|&id| (-dot(query, &task.train[id as usize * dim..][..dim]), id)).collect();
            again.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
            ids.iter_mut().zip(again).for_each(|(id, (_, new))| *id = new);
        }
        let results = results.min(k);
        found[..results].copy_from_slice(&ids[..results]);
    }
    let seconds = start.elapsed().as_secs_f64();
    let hits = found
        .chunks_exact(k)
        .zip(task.truth.chunks_exact(k))
        .map(|(found, truth)| truth.iter().filter(|row| found.contains(row)).count())
        .sum::<usize>();
    println!(
        "{{\"what\": \"curve\", \"peer\": \"{name}\", \"threads\": 1, \"beam\": {l}, \"recall\": {:.5}, \"scored\": {:.0}, \"qps\": {:.1}}}",
        hits as f64 / (asked * k) as f64,
        scored as f64 / asked as f64,
        asked as f64 / seconds,
    );
}

fn full<T: ComputeMedoid + Clone>(task: &Task, rows: &[T], max_degree: usize) -> diskann_inmem::repr::full::Config<T>
where
    T: diskann_inmem::repr::FullPrecision,
{
    let view = rowmajor::Ref::try_from_data(rows, rows.len() / task.dim, task.dim).unwrap();
    let start = rowmajor::Owned::row_vector(T::compute_medoid(view).into());
    let capacity = Capacity::new(view.nrows());
    Full::config(capacity, MaxDegree::new(max_degree), Metric::CosineNormalized, start).unwrap()
}

fn scalar<const BITS: usize>(task: &Task, max_degree: usize) -> quantized::Config
where
    Scalar<BITS>: quantized::Quantizer,
{
    let view = rowmajor::Ref::try_from_data(&*task.train, task.train.len() / task.dim, task.dim).unwrap();
    let start = rowmajor::Owned::row_vector(f32::compute_medoid(view).into());
    let spread = if BITS == 8 { 4.0 } else { 2.0 };
    let quantizer = ScalarQuantizationParameters::new(Positive::new(spread).unwrap()).train(view);
    let quantizer = Scalar::<BITS>::new(quantizer, quantized::scalar::Metric::CosineNormalized);
    let rerank = Rerank::F16 { metric: quantized::Metric::InnerProduct };
    Quantized::config(quantizer, Capacity::new(view.nrows()), MaxDegree::new(max_degree), start, rerank).unwrap()
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [variant, train, test, truth, numbers @ ..] = arguments.as_slice() else { panic!("too few arguments") };
    let number = |at: usize| numbers[at].parse::<usize>().unwrap();
    let (dim, k, first, count) = (number(0), number(1), number(2), number(3));
    let train = read(train, f32::from_le_bytes);
    let queries = read(test, f32::from_le_bytes)[first * dim..][..count * dim].to_vec();
    let truth = read(truth, u32::from_le_bytes)[first * k..][..count * k].to_vec();
    let task = Task {
        variant: variant.clone(),
        dim,
        k,
        degree: number(4),
        l_build: number(5),
        alpha: numbers[6].parse().unwrap(),
        threads: number(7),
        train,
        queries,
        truth,
        vectors_mib: peak_mib(),
    };
    match variant.as_str() {
        "f32" => measure(&task, &task.train, &task.queries, false, |degree| full(&task, &task.train, degree)),
        "f16" => {
            let half = |values: &[f32]| values.iter().map(|&value| f16::from_f32(value)).collect::<Vec<_>>();
            let (train, queries) = (half(&task.train), half(&task.queries));
            measure(&task, &train, &queries, false, |degree| full(&task, &train, degree));
        }
        "i8" => {
            let small = |values: &[f32]| {
                let rows = values.chunks_exact(dim).flat_map(|row| {
                    let largest = row.iter().fold(f32::MIN_POSITIVE, |largest, value| largest.max(value.abs()));
                    row.iter().map(move |value| (value / largest * 127.0).round() as i8)
                });
                rows.collect::<Vec<_>>()
            };
            let (train, queries) = (small(&task.train), small(&task.queries));
            measure(&task, &train, &queries, true, |degree| full(&task, &train, degree));
        }
        "sq8" => measure(&task, &task.train, &task.queries, false, |degree| scalar::<8>(&task, degree)),
        "sq4" => measure(&task, &task.train, &task.queries, false, |degree| scalar::<4>(&task, degree)),
        _ => panic!("unknown variant {variant}"),
    }
}
