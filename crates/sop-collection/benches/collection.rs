//! How fast a collection takes, keeps, opens and searches points: `cargo bench -p sop-collection -- 100000`.

#![allow(clippy::print_stdout, clippy::unwrap_used, reason = "a measurement prints, and may unwrap")]

use std::time::{Duration, Instant};

use ndarray::Array2;
use serde_json::json;
use sop_collection::{
    CollectionConfig, Distance, Filter, GraphChoice, Limits, Name, Payload, PointId, Query, SearchRequest, Store,
    StoreOptions,
};
use sop_index::{Gallery, SearchOptions, VectorIndex};
use sop_numeric::l2_normalize;
use sop_numeric::random::Stream;

const DIM: usize = 384;
const BATCH: usize = 1000;

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}

fn timed<T>(what: &str, work: impl FnOnce() -> T) -> (T, Duration) {
    let start = Instant::now();
    let result = work();
    println!("{what}: {:.3} s", start.elapsed().as_secs_f64());
    (result, start.elapsed())
}

fn main() {
    let rows: usize = std::env::args().filter_map(|argument| argument.parse().ok()).next().unwrap_or(20_000);
    let mut stream = Stream::from_seed(1, 0);
    let vectors = Array2::from_shape_simple_fn((rows, DIM), || stream.unit() as f32 - 0.5);
    let points: Vec<(PointId, Payload)> = (0..rows)
        .map(|row| {
            let payload = json!({"label": row % 100, "file": format!("images/{row:08}.jpg"), "width": 200 + row % 300});
            (PointId::Text(format!("image-{row:08}")), payload.as_object().unwrap().clone())
        })
        .collect();
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let name = Name::new("measured").unwrap();
    let config = CollectionConfig {
        dim: DIM,
        distance: Distance::Cosine,
        graph: GraphChoice::Exact,
        origin: None,
        whitening: None,
    };
    let store = Store::open(folder.path(), StoreOptions { create: true, ..StoreOptions::default() }).unwrap();
    let collection = store.create(&name, config).unwrap();
    let (_, time) = timed("add", || {
        for (points, vectors) in points.chunks(BATCH).zip(vectors.axis_chunks_iter(ndarray::Axis(0), BATCH)) {
            collection.upsert_array(points, vectors).unwrap();
        }
    });
    println!("points a second: {:.0}", rows as f64 / time.as_secs_f64());
    timed("add eight threads, 200 single points each", || {
        std::thread::scope(|scope| {
            for thread in 0..8 {
                let (collection, points, vectors) = (&collection, &points, &vectors);
                scope.spawn(move || {
                    for row in 0..200 {
                        let place = (thread * 200 + row) % points.len();
                        let vector = vectors.slice(ndarray::s![place..place + 1, ..]);
                        collection.upsert_array(&points[place..place + 1], vector).unwrap();
                    }
                });
            }
        });
    });
    timed("maintain", || collection.maintain().unwrap());
    timed("checkpoint", || collection.checkpoint().unwrap());
    drop((store, collection));
    let points_file =
        std::fs::read_dir(folder.path().join("collections/measured")).unwrap().map(|entry| entry.unwrap().path());
    let points_file = { points_file }.find(|path| path.extension().is_some_and(|ending| ending == "parquet")).unwrap();
    let (table, _) = timed("  the file of points alone", || sop_core::EmbeddingTable::read(&points_file).unwrap());
    timed("  the gallery alone", || Gallery::new(table.vectors));
    let (store, _) = timed("open", || Store::open(folder.path(), StoreOptions::default()).unwrap());
    let collection = store.collection("measured").unwrap();
    let unit = l2_normalize(vectors.view());
    let gallery = Gallery::new(unit.view());
    let query_of = |row: usize| vectors.row(row * 7 % rows);
    let options = SearchOptions::default();
    let filter = json!({"must": [{"key": "label", "match": {"any": [3, 4, 5, 6, 7, 8, 9, 10, 11, 12]}}]});
    let filter = Filter::from_json(&filter, &Limits::default()).unwrap();
    let (mut bare, mut whole, mut filtered, mut cold) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for round in 0..200 {
        let query = query_of(round);
        let unit = l2_normalize(query.insert_axis(ndarray::Axis(0)));
        let start = Instant::now();
        let found = gallery.top_k(unit.view(), 10, &options).unwrap();
        bare.push(start.elapsed());
        let request = SearchRequest::new(Query::Vector(query.to_vec()), 10);
        let start = Instant::now();
        let answer = collection.search(&request).unwrap();
        whole.push(start.elapsed());
        assert_eq!(answer.hits[0].score, found.similarities[[0, 0]]);
        let request = SearchRequest { filter: Some(filter.clone()), ..request };
        let start = Instant::now();
        collection.search(&request).unwrap();
        filtered.push(start.elapsed());
        let narrow = json!({"must": [{"key": "label", "match": {"value": round % 100}}, {"key": "width", "range": {"lt": 250 + round}}]});
        let request =
            SearchRequest { filter: Some(Filter::from_json(&narrow, &Limits::default()).unwrap()), ..request };
        let start = Instant::now();
        collection.search(&request).unwrap();
        cold.push(start.elapsed());
    }
    println!("bare index: {:?}, collection: {:?}", median(bare), median(whole));
    println!("filter of one in ten, remembered: {:?}, a new narrow one: {:?}", median(filtered), median(cold));
    println!("memory: {} MB, disk: {} MB", collection.info().memory_bytes >> 20, collection.info().disk_bytes >> 20);
}
