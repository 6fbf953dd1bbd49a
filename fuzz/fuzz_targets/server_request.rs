#![no_main]

use std::path::PathBuf;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::{Request, StatusCode, Uri};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use sop_collection::{CollectionConfig, Distance, GraphChoice, Name, Origin, Point, Store};
use sop_core::Feature;
use sop_fuzz::encoder::{DIM, MeanAndCorner};
use sop_image::DecodeLimits;
use sop_server::encoder::{EncoderSet, Preparation, QueueOptions, Recipe, ServedEncoder};
use sop_server::{Limits, Server, ServerConfig};
use tokio::runtime::Runtime;
use tower::ServiceExt;

/// Method, path with a place for what the fuzzer says, and content type.
static ROUTES: LazyLock<Vec<[&str; 3]>> = LazyLock::new(|| {
    let parts = |line: &'static str| {
        let (method, rest) = line.split_once(' ').expect("a method");
        let (path, content_type) = rest.split_once(' ').expect("a path");
        [method, path, content_type]
    };
    include_str!("../routes.txt").lines().map(parts).collect()
});

/// Stands between two requests of one input; no JSON holds it.
const BETWEEN: &[u8] = b"\n\xff\xfe\n";

// Requests, each a byte that names the route, a line that becomes part of the path, and a body. They go through all layers of the server,
// past the network alone. None may end in a panic or be answered by 5xx, and the collection stays usable.
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let mut has_changed = false;
    for request in split(bytes).into_iter().take(6) {
        let Some((route, rest)) = request.split_first() else { continue };
        let [method, path, content_type] = ROUTES[usize::from(*route) % ROUTES.len()];
        let end = rest.iter().position(|byte| *byte == b'\n').unwrap_or(rest.len());
        let body = rest.get(end + 1..).unwrap_or_default();
        has_changed |= SERVER.send(method, &path.replace("{}", &in_path(&rest[..end])), content_type, body).changes;
    }
    if has_changed {
        SERVER.check();
        SERVER.reset();
    }
});

libfuzzer_sys::fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    let mut draw = sop_fuzz::json::Draw::new(seed);
    let mut requests: Vec<Vec<u8>> = split(&data[..size]).into_iter().map(<[u8]>::to_vec).collect();
    let place = draw.below(requests.len());
    let request = requests[place].clone();
    let start = request.iter().position(|byte| *byte == b'\n').map_or(request.len(), |end| end + 1);
    let new = match draw.below(8) {
        // Bytes.
        0 | 1 => None,
        // Another route for the same body.
        2 if !request.is_empty() => {
            requests[place][0] = draw.below(ROUTES.len()) as u8;
            Some(requests)
        }
        // Once more.
        3 => {
            requests.insert(place, request);
            Some(requests)
        }
        _ => sop_fuzz::json::changed(&request[start..], &mut draw).map(|json| {
            requests[place] = [&request[..start], &json].concat();
            requests
        }),
    };
    sop_fuzz::json::put(new.map(|requests| requests.join(BETWEEN)), data, size, max_size)
});

fn split(bytes: &[u8]) -> Vec<&[u8]> {
    let (mut requests, mut rest) = (Vec::new(), bytes);
    while let Some(end) = rest.windows(BETWEEN.len()).position(|window| window == BETWEEN) {
        requests.push(&rest[..end]);
        rest = &rest[end + BETWEEN.len()..];
    }
    requests.push(rest);
    requests
}

/// What no address may hold, percent-encoded; `%` stays, so that the fuzzer can encode what it likes.
fn in_path(bytes: &[u8]) -> String {
    let odd = |byte: &u8| !byte.is_ascii_graphic() || b"\"<>\\^`{|}#".contains(byte);
    bytes.iter().map(|byte| if odd(byte) { format!("%{byte:02X}") } else { char::from(*byte).to_string() }).collect()
}

static SERVER: LazyLock<FuzzedServer> = LazyLock::new(FuzzedServer::start);

struct FuzzedServer {
    runtime: Runtime,
    routes: Router,
    store: Arc<Store>,
    root: PathBuf,
    transform: String,
    _server: Server,
}

struct Answered {
    /// Whether something may be another thing than before.
    changes: bool,
    status: StatusCode,
    body: Bytes,
}

impl FuzzedServer {
    fn start() -> Self {
        let root = sop_fuzz::scratch("server");
        let _ = std::fs::remove_dir_all(&root);
        std::fs::create_dir_all(&root).expect("the scratch folder can be made");
        let store = sop_fuzz::collections::open(&root).expect("the index can be made");
        let encoder = Arc::new(MeanAndCorner::default());
        let recipe = Recipe::new(encoder.as_ref(), None, Feature::Cls).expect("the encoder has `cls`");
        let transform = recipe.stored_transform().to_owned();
        let decode = DecodeLimits { max_pixels: 1 << 16 };
        let options = QueueOptions { decode, max_input_pixels: 1 << 16, ..QueueOptions::default() };
        let preparation = Arc::new(Preparation::start(1).expect("there is a thread"));
        let served = ServedEncoder::start("means", encoder, recipe, &options, &preparation).expect("an encoder");
        let mut encoders = EncoderSet::default();
        encoders.add(served).expect("there is no other encoder");
        let mut limits = Limits::default();
        // What is wide is slow under instrumentation, and finds nothing more.
        (limits.limit, limits.offset, limits.reads, limits.dimension) = (1_000, 1_000, 2, 4_096);
        let config = ServerConfig { limits, sample_every: 0, ..ServerConfig::default() };
        let server = Server::bind(config, store).expect("a free port").with_encoders(encoders);
        let (routes, store) = server.routes_for_fuzzing();
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
        let runtime = runtime.expect("there are threads");
        let this = Self { runtime, routes, store, root, transform, _server: server };
        this.reset();
        this
    }

    /// The same collections as at the start.
    fn reset(&self) {
        for name in self.store.names() {
            self.store.delete(name.as_str()).expect("a collection can be removed");
        }
        let _ = std::fs::remove_dir_all(self.root.join("snapshots"));
        let config =
            |origin| CollectionConfig { dim: DIM, distance: Distance::Cosine, graph: GraphChoice::Own, origin, whitening: None };
        let origin = Origin {
            encoder: "means".to_owned(),
            encoder_sha256: "e".repeat(64),
            feature: "cls".to_owned(),
            transform: self.transform.clone(),
            ..Origin::default()
        };
        let name = |text| Name::new(text).expect("it is a name");
        self.store.create(&name("images"), config(Some(origin))).expect("a collection can be made");
        let collection = self.store.create(&name("a"), config(None)).expect("a collection can be made");
        let point = |id: u64| Point {
            id: if id % 2 == 0 { id.into() } else { format!("p/{id}").into() },
            vector: vec![1.0, id as f32],
            payload: json!({"label": id % 3, "n": {"deep": [id, "x"]}}).as_object().cloned().unwrap_or_default(),
        };
        collection.upsert((0..8).map(point).collect()).expect("points can be added");
    }

    fn send(&self, method: &str, path: &str, content_type: &str, body: &[u8]) -> Answered {
        let nothing = Answered { changes: false, status: StatusCode::BAD_REQUEST, body: Bytes::new() };
        let Ok(uri) = Uri::try_from(path) else { return nothing };
        let mut request = Request::builder().method(method).uri(uri).header("host", "localhost");
        if content_type != "-" {
            request = request.header("content-type", content_type);
        }
        let request = request.body(Body::from(body.to_vec())).expect("a request");
        let answering = async {
            let answer = self.routes.clone().oneshot(request).await.unwrap_or_else(|never| match never {});
            let (parts, body) = answer.into_parts();
            (parts, body.collect().await.expect("an answer ends").to_bytes())
        };
        let within = async { tokio::time::timeout(Duration::from_secs(20), answering).await };
        let (parts, body) = self.runtime.block_on(within).expect("every request is answered");
        let status = parts.status;
        let text = String::from_utf8_lossy(&body);
        assert!(!status.is_server_error(), "{method} {path}: {status} {text}");
        if parts.headers.get("content-type").is_some_and(|value| value == "application/json") {
            let value: Value = serde_json::from_slice(&body).expect("an answer is JSON");
            if status.is_client_error() {
                let says =
                    |pointer: &str| value.pointer(pointer).and_then(Value::as_str).is_some_and(|text| !text.is_empty());
                assert!(says("/status/error") || says("/error/message"), "{method} {path}: {status} {text}");
            }
        }
        Answered { changes: status.is_success() && method != "GET" && !reads(path), status, body }
    }

    /// Asks for the points after changes.
    fn check(&self) {
        let ask = |path: &str, body: Value| self.send("POST", path, "application/json", body.to_string().as_bytes());
        let all = ask("/collections/a/points/scroll", json!({"limit": 1000, "with_vector": true}));
        if all.status == StatusCode::NOT_FOUND {
            return;
        }
        assert_eq!(all.status, StatusCode::OK);
        let all: Value = serde_json::from_slice(&all.body).expect("an answer is JSON");
        let records = all["result"]["points"].as_array().expect("a list of points");
        let count = ask("/collections/a/points/count", json!({}));
        let count: Value = serde_json::from_slice(&count.body).expect("an answer is JSON");
        assert!(records.len() == 1_000 || count["result"]["count"] == json!(records.len()), "{count}");
        if let Some(first) = records.first() {
            let found = ask("/collections/a/points/query", json!({"query": first["vector"], "limit": 1000}));
            assert_eq!(found.status, StatusCode::OK, "{first}: {}", String::from_utf8_lossy(&found.body));
            let found: Value = serde_json::from_slice(&found.body).expect("an answer is JSON");
            assert_eq!(found["result"]["points"].as_array().map(Vec::len), Some(records.len()));
        }
    }
}

/// Whether a route changes nothing although it is no GET.
fn reads(path: &str) -> bool {
    let path = path.split('?').next().unwrap_or_default();
    ["/query", "/query/batch", "/scroll", "/count", "/facet", "/export", "/embeddings", "/query/image"]
        .iter()
        .any(|end| path.ends_with(end))
}
