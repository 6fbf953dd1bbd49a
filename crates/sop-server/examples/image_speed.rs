//! Images a second through an encoder: the bare engine against a served encoder with many callers, and over HTTP.
//!
//! `image_speed ENCODER.onnx IMAGES [CLIENTS [SECONDS [ROUNDS [BATCH]]]]`, where IMAGES is the spec of a data set. Ways, in turn in every round:
//!
//! - `bare`: batches of prepared images, one after the other: what the engine can do.
//! - `prepared`: the same with decoding and transform on all cores before each batch.
//! - `served`: so many callers, each with one image at a time, through [`ServedEncoder`].
//! - `search`: so many connections, each with one `POST /collections/c/points/query/image` at a time, among 100,000 points; the
//!   clients run on the same machine.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a measurement that stops at whatever is wrong")]

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use bytes::Bytes;
use ndarray::{Array3, Array4, ArrayView3, Axis, stack};
use rayon::prelude::*;
use sop_collection::{CollectionConfig, Distance, GraphChoice, Origin, Point, PointId, Store, StoreOptions};
use sop_core::{Encoder, Feature};
use sop_datasets::dataset::{OnMissing, open};
use sop_embed::encode_features;
use sop_encoder::{OnnxEncoder, Runtime, RuntimeChoice};
use sop_image::DecodeLimits;
use sop_server::encoder::{EncoderSet, Preparation, QueueOptions, Recipe, ServedEncoder};
use sop_server::{Server, ServerConfig};

/// Points of the collection that is searched.
const POINTS: u64 = 100_000;

/// What all ways share.
struct Bench {
    encoder: Arc<dyn Encoder>,
    recipe: Arc<Recipe>,
    files: Vec<Bytes>,
    tensors: Vec<Array3<f32>>,
    clients: usize,
    batch: usize,
    seconds: f64,
}

impl Bench {
    fn encode(&self, tensors: &[Array3<f32>]) {
        let views: Vec<ArrayView3<'_, f32>> = tensors.iter().map(|tensor| tensor.view()).collect();
        let images: Array4<f32> = stack(Axis(0), &views).unwrap();
        let features = [self.recipe.feature()];
        let scales = self.recipe.transform().scales();
        let vectors = encode_features(self.encoder.as_ref(), images.view(), scales, &features).unwrap();
        assert_eq!(vectors[0].nrows(), tensors.len());
    }

    fn tensor(&self, file: &Bytes) -> Array3<f32> {
        self.recipe.transform().apply_to_file(file, &DecodeLimits::default()).unwrap()
    }

    /// Runs `step` with growing numbers until the time is over; images a second.
    fn timed(&self, mut step: impl FnMut(usize) -> usize) -> f64 {
        let (start, mut images, mut count) = (Instant::now(), 0, 0);
        while start.elapsed().as_secs_f64() < self.seconds {
            images += step(count);
            count += 1;
        }
        images as f64 / start.elapsed().as_secs_f64()
    }

    /// The files of batch `count`, around and around.
    fn places(&self, count: usize) -> Vec<usize> {
        (0..self.batch).map(|place| (count * self.batch + place) % self.files.len()).collect()
    }

    fn bare(&self) -> f64 {
        self.timed(|count| {
            let tensors: Vec<_> = self.places(count).iter().map(|&place| self.tensors[place].clone()).collect();
            self.encode(&tensors);
            tensors.len()
        })
    }

    fn prepared(&self) -> f64 {
        self.timed(|count| {
            let tensors: Vec<_> = self.places(count).par_iter().map(|&place| self.tensor(&self.files[place])).collect();
            self.encode(&tensors);
            tensors.len()
        })
    }

    /// Images a second of `clients` threads that run `ask` over and over; counted from start to the last answer.
    fn clients(&self, ask: impl Fn(usize) + Sync) -> f64 {
        let (done, over) = (AtomicUsize::new(0), AtomicBool::new(false));
        let start = Instant::now();
        std::thread::scope(|scope| {
            for client in 0..self.clients {
                let (done, over, ask) = (&done, &over, &ask);
                scope.spawn(move || {
                    for place in (client..).step_by(self.clients) {
                        if over.load(Ordering::Relaxed) {
                            break;
                        }
                        ask(place % self.files.len());
                        done.fetch_add(1, Ordering::Relaxed);
                    }
                });
            }
            std::thread::sleep(Duration::from_secs_f64(self.seconds));
            over.store(true, Ordering::Relaxed);
        });
        done.load(Ordering::Relaxed) as f64 / start.elapsed().as_secs_f64()
    }

    fn served(&self, served: &ServedEncoder, runtime: &tokio::runtime::Runtime) -> f64 {
        let handle = runtime.handle();
        self.clients(|place| {
            let vector = handle.block_on(served.embed_one(self.files[place].clone(), &self.recipe)).unwrap();
            assert_eq!(vector.len(), served.dim());
        })
    }

    fn search(&self, addr: SocketAddr, requests: &[Vec<u8>]) -> f64 {
        std::thread_local! {
            static CONNECTION: std::cell::RefCell<Option<TcpStream>> = const { std::cell::RefCell::new(None) };
        }
        self.clients(|place| {
            CONNECTION.with_borrow_mut(|connection| {
                let stream = connection.get_or_insert_with(|| {
                    let stream = TcpStream::connect(addr).unwrap();
                    stream.set_nodelay(true).unwrap();
                    stream
                });
                stream.write_all(&requests[place]).unwrap();
                read_answer(stream);
            });
        })
    }
}

/// Reads one answer and checks that it is 200.
fn read_answer(stream: &mut TcpStream) {
    let mut bytes = Vec::new();
    let mut buffer = [0; 65_536];
    loop {
        let count = stream.read(&mut buffer).unwrap();
        assert!(count > 0, "the server closed the connection");
        bytes.extend_from_slice(&buffer[..count]);
        if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            let head = std::str::from_utf8(&bytes[..end]).unwrap().to_ascii_lowercase();
            assert!(head.starts_with("http/1.1 200"), "{}", String::from_utf8_lossy(&bytes));
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap();
            if bytes.len() >= end + 4 + length.parse::<usize>().unwrap() {
                return;
            }
        }
    }
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let number = |place: usize, usual: usize| arguments.get(place).map_or(usual, |text| text.parse().unwrap());
    let runtime = Runtime::start(&RuntimeChoice::Auto).unwrap();
    let encoder: Arc<dyn Encoder> = Arc::new(OnnxEncoder::open(Path::new(&arguments[0]), None, runtime).unwrap());
    let recipe = Arc::new(Recipe::new(encoder.as_ref(), None, Feature::Cls).unwrap());
    let dataset = open(&arguments[1], OnMissing::Skip).unwrap();
    let (clients, seconds, rounds, batch) = (number(2, 32), number(3, 10), number(4, 5), number(5, 32));
    let files: Vec<Bytes> = (0..dataset.len()).map(|row| Bytes::from(dataset.read(row).unwrap())).collect();
    let mut bench = Bench { encoder, recipe, files, tensors: Vec::new(), clients, batch, seconds: seconds as f64 };
    bench.tensors = bench.files.iter().map(|file| bench.tensor(file)).collect();

    let options = QueueOptions { max_batch: batch, ..QueueOptions::default() };
    let serve = || {
        let recipe = Recipe::clone(&bench.recipe);
        let preparation = Arc::new(Preparation::start(0).unwrap());
        ServedEncoder::start("e", Arc::clone(&bench.encoder), recipe, &options, &preparation).unwrap()
    };
    let served = serve();
    let mut encoders = EncoderSet::default();
    encoders.add(serve()).unwrap();
    let index = tempfile::tempdir().unwrap();
    let store = Store::open(index.path(), StoreOptions { create: true, ..StoreOptions::default() }).unwrap();
    fill(&store, &served);
    let server = Server::bind(ServerConfig::default(), store).unwrap().with_encoders(encoders);
    let (addr, stop) = (server.addr(), server.stopper());
    let running = std::thread::spawn(move || server.run().unwrap());
    let requests: Vec<Vec<u8>> = bench.files.iter().map(|file| search_request(addr, file)).collect();
    let tokio = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();

    let mean_bytes = bench.files.iter().map(Bytes::len).sum::<usize>() / bench.files.len();
    println!(
        "{}, {} images of {mean_bytes} bytes on average, {clients} clients, batches of at most {batch}, {} cores",
        runtime.name(),
        bench.files.len(),
        std::thread::available_parallelism().unwrap(),
    );
    println!("round  bare  prepared  served  search  served/bare  search/bare  (images a second)");
    let mut ratios = [Vec::new(), Vec::new(), Vec::new()];
    for round in 0..rounds {
        let bare = bench.bare();
        let served = bench.served(&served, &tokio);
        let prepared = bench.prepared();
        let search = bench.search(addr, &requests);
        // The machine's speed drifts: the bare engine is measured on both sides of the others.
        let bare = (bare + bench.bare()) / 2.0;
        println!(
            "{round:5} {bare:5.1} {prepared:9.1} {served:7.1} {search:7.1} {:12.3} {:12.3}",
            served / bare,
            search / bare
        );
        for (ratios, way) in ratios.iter_mut().zip([served, search, prepared]) {
            ratios.push(way / bare);
        }
    }
    let [served, search, prepared] = ratios.map(|mut ratios| {
        ratios.sort_by(f64::total_cmp);
        ratios[ratios.len() / 2]
    });
    println!(
        "median share of the bare engine: served {served:.3}, search {search:.3}; batches with preparation {prepared:.3}"
    );
    let metrics = get(addr, "/metrics");
    for line in metrics.lines().filter(|line| line.starts_with("sop_encoder_batch") && !line.contains("bucket")) {
        println!("{line}");
    }
    stop.stop();
    running.join().unwrap();
}

fn search_request(addr: SocketAddr, file: &[u8]) -> Vec<u8> {
    let path = "/collections/c/points/query/image?limit=10";
    let length = file.len();
    let head =
        format!("POST {path} HTTP/1.1\r\nhost: {addr}\r\ncontent-type: image/jpeg\r\ncontent-length: {length}\r\n\r\n");
    [head.as_bytes(), file].concat()
}

/// Makes the collection `c` of [`POINTS`] drawn vectors that the encoder might have made.
fn fill(store: &Store, served: &ServedEncoder) {
    let origin = Origin {
        encoder: served.name().to_owned(),
        encoder_sha256: served.sha256().to_owned(),
        feature: served.recipe().feature().to_string(),
        transform: served.recipe().stored_transform().to_owned(),
        ..Origin::default()
    };
    let (dim, distance) = (served.dim(), Distance::Cosine);
    let config = CollectionConfig { dim, distance, graph: GraphChoice::Auto, origin: Some(origin), whitening: None };
    let collection = store.create(&"c".parse().unwrap(), config).unwrap();
    let mut state = 1_u64;
    let mut draw = || {
        // An LCG with the multiplier of Knuth's MMIX: the upper bits are even enough for points to search among.
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 40) as f32 / (1_u64 << 23) as f32 - 1.0
    };
    for chunk in 0..POINTS / 10_000 {
        let point = |row: u64| Point {
            id: PointId::Number(chunk * 10_000 + row),
            vector: (0..dim).map(|_| draw()).collect(),
            payload: serde_json::Map::new(),
        };
        collection.upsert((0..10_000).map(point).collect()).unwrap();
    }
    collection.maintain().unwrap();
}

fn get(addr: SocketAddr, path: &str) -> String {
    let mut stream = TcpStream::connect(addr).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nhost: {addr}\r\nconnection: close\r\n\r\n").unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    text
}
