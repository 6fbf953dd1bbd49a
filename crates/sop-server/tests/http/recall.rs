//! What the service says of searches that a graph answered.

use ndarray::Array2;
use serde_json::json;
use sop_collection::{CollectionConfig, Distance, GraphChoice, Payload, PointId, Store, StoreOptions};
use sop_numeric::random::Stream;
use sop_server::ServerConfig;

use crate::server::TestServer;

const POINTS: usize = 20_000;
const DIM: usize = 16;

/// A collection with a graph over drawn vectors.
fn with_graph(folder: &std::path::Path) {
    let store = Store::open(folder, StoreOptions { create: true, ..StoreOptions::default() }).unwrap();
    let config = CollectionConfig {
        dim: DIM,
        distance: Distance::Cosine,
        graph: GraphChoice::Own,
        origin: None,
        whitening: None,
    };
    let collection = store.create(&"g".parse().unwrap(), config).unwrap();
    let mut stream = Stream::from_seed(1, 0);
    let vectors = Array2::from_shape_simple_fn((POINTS, DIM), || stream.normal() as f32);
    let points: Vec<(PointId, Payload)> = (0..POINTS as u64).map(|id| (id.into(), Payload::new())).collect();
    collection.upsert_array(&points, vectors.view()).unwrap();
    collection.checkpoint().unwrap();
}

#[test]
fn sampled_searches_are_answered_again_exactly() {
    let folder = tempfile::tempdir().unwrap();
    with_graph(folder.path());
    let server = TestServer::over(folder.path(), ServerConfig { sample_every: 1, ..ServerConfig::default() });
    assert_eq!(server.get("/collections/g").result()["sop"]["graph_state"], "ready");
    let search = |exact: bool| {
        let body = json!({"query": 7, "limit": 10, "params": {"exact": exact, "hnsw_ef": 32}});
        server.post("/collections/g/points/query", &body)
    };
    let by_graph = search(false);
    assert_eq!(by_graph.header("sop-exact"), Some("false"));
    assert_eq!(search(true).header("sop-exact"), Some("true"));
    by_graph.result();
    let counted = || {
        let text = server.get("/metrics").text().to_owned();
        let start = r#"sop_sampled_recall_count{collection="g"} "#;
        text.lines().find_map(|line| line.strip_prefix(start)?.parse::<u64>().ok())
    };
    // Samples are answered when nobody waits for them.
    while counted().is_none() {
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    // The exact search is no sample.
    assert_eq!(counted(), Some(1));
}
