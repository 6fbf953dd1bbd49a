//! What else may be in or at an index folder: another writer, a cache of another version.

use serde_json::json;
use sop_collection::{CollectionConfig, Distance, GraphChoice, Name, Point, Store, StoreError, StoreOptions};
use sop_server::ServerConfig;

use crate::server::TestServer;

#[test]
fn a_second_writer_is_turned_away_and_the_first_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let mut server = TestServer::over(folder.path(), ServerConfig::default()).with_points("a", 3);
    let second = Store::open(folder.path(), StoreOptions::default()).map(drop).unwrap_err();
    assert!(matches!(second, StoreError::Locked { .. }), "{second}");
    server.put("/collections/a/points", &json!({"points": [{"id": 9, "vector": [1, 1]}]})).result();
    // Whoever only reads sees what was acknowledged.
    let reader = Store::open(folder.path(), StoreOptions { read_only: true, ..StoreOptions::default() }).unwrap();
    assert_eq!(reader.collection("a").unwrap().len(), 4);
    server.end();
    assert_eq!(Store::open(folder.path(), StoreOptions::default()).unwrap().collection("a").unwrap().len(), 4);
}

#[test]
fn a_graph_of_another_version_is_not_used_and_the_answers_are_right() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path(), StoreOptions { create: true, ..StoreOptions::default() }).unwrap();
    let config =
        CollectionConfig { dim: 2, distance: Distance::Dot, graph: GraphChoice::Own, origin: None, whitening: None };
    let collection = store.create(&Name::new("a").unwrap(), config).unwrap();
    let point = |id: u64| Point { id: id.into(), vector: vec![id as f32, 1.0], payload: Default::default() };
    collection.upsert((0..500).map(point).collect()).unwrap();
    collection.checkpoint().unwrap();
    drop((collection, store));
    let path = folder.path().join("collections/a/graph-1.bin");
    let mut bytes = std::fs::read(&path).unwrap();
    // The version comes after eight letters.
    bytes[8] += 1;
    std::fs::write(&path, &bytes).unwrap();
    let server = TestServer::over(folder.path(), ServerConfig::default());
    let found = server.post("/collections/a/points/query", &json!({"query": [1, 0], "limit": 2}));
    assert_eq!(found.header("sop-exact"), Some("true"));
    let found = found.result();
    assert_eq!((&found["points"][0]["id"], &found["points"][1]["id"]), (&json!(499), &json!(498)));
    let report = server.post("/collections/a/verify", &json!({})).result();
    assert_eq!((&report["num_problems"], &report["graph_rows"]), (&json!(0), &json!(0)), "{report}");
}
