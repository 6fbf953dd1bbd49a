//! Maps, exports and points drawn at random.

use std::collections::BTreeSet;

use ndarray::{Array2, array};
use serde_json::{Value, json};
use sop_core::{EmbeddingSet, Provenance};
use sop_server::{Keys, ServerConfig};

use crate::client::request;
use crate::server::TestServer;

fn write_map(path: &std::path::Path, ids: &[&str], places: Array2<f32>) {
    let ids: Vec<String> = ids.iter().map(|&id| id.to_owned()).collect();
    let labels = vec![None; ids.len()];
    EmbeddingSet::try_new(ids, labels, places, Provenance::default()).unwrap().write(path).unwrap();
}

#[test]
fn a_map_has_the_points_as_the_collection_has_them_now() {
    let folder = tempfile::tempdir().unwrap();
    let (flat, deep) = (folder.path().join("flat.parquet"), folder.path().join("deep.parquet"));
    write_map(&flat, &["3", "removed", "0"], array![[1.5, -2.0], [0.0, 0.0], [3.0, 4.0]]);
    write_map(&deep, &["0"], array![[1.0, 2.0, 3.0]]);
    let mut config = ServerConfig::default();
    config.maps.insert("flat".into(), flat);
    config.maps.insert("deep".into(), deep);
    config.maps.insert("lost".into(), folder.path().join("none.parquet"));
    let server = TestServer::start(config);
    let server = ["flat", "deep", "lost", "bare"].into_iter().fold(server, |server, name| server.with_points(name, 4));
    server.post("/collections/flat/points/payload", &json!({"payload": {"label": "zero"}, "points": [0]})).result();
    let points = json!([{"id": 3, "x": 1.5, "y": -2.0, "label": 0}, {"id": 0, "x": 3.0, "y": 4.0, "label": "zero"}]);
    let map = server.get("/collections/flat/map").result();
    assert_eq!(map, json!({"points": points, "gone": 1, "unmapped": 2}));
    let alias = json!({"actions": [{"create_alias": {"collection_name": "flat", "alias_name": "now"}}]});
    server.post("/collections/aliases", &alias).result();
    assert_eq!(server.get("/collections/now/map").result(), map);
    assert!(server.get("/collections/deep/map").error(503).contains("3 dimensions"));
    let lost = server.get("/collections/lost/map").error(503);
    assert!(lost.contains("cannot be read") && !lost.contains("none.parquet"), "{lost}");
    assert!(server.get("/collections/bare/map").error(404).contains("--map"));
    server.get("/collections/none/map").error(404);
}

#[test]
fn an_export_is_a_file_of_embeddings() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("key");
    std::fs::write(&file, "writer").unwrap();
    let reader = folder.path().join("reader");
    std::fs::write(&reader, "reader").unwrap();
    let server = TestServer::start(ServerConfig::default()).with_points("c", 2000);
    let ids: Vec<u64> = (0..2000).rev().collect();
    let reply = server.post("/collections/c/export", &json!({"ids": ids}));
    assert_eq!((reply.status, reply.header("content-type")), (200, Some("application/vnd.apache.parquet")));
    assert_eq!(reply.header("content-disposition"), Some("attachment; filename=\"c-2000-points.parquet\""));
    assert_eq!(reply.header("content-length"), Some(reply.body.len().to_string().as_str()));
    let path = folder.path().join("points.parquet");
    std::fs::write(&path, &reply.body).unwrap();
    let set = EmbeddingSet::read(path.to_str().unwrap()).unwrap();
    assert_eq!((set.len(), set.ids()[0].as_str(), set.labels()[0]), (2000, "1999", Some(1)));
    assert_eq!(set.vectors().row(0).to_vec(), [1999.0, 1.0]);
    let export = |body: Value| server.post("/collections/c/export", &body);
    assert!(export(json!({"ids": [1, "none"]})).error(404).contains("`none`"));
    export(json!({"ids": []})).error(422);
    export(json!({"ids": [1], "more": 1})).error(422);
    // It changes nothing, so the key that only reads will do.
    let keys = Keys::from_files(Some(&file), Some(&reader)).unwrap();
    let keyed = TestServer::start(ServerConfig { keys, ..ServerConfig::default() });
    let headers = [("api-key", "reader"), ("content-type", "application/json")];
    let reply = request(keyed.addr, "POST", "/collections/c/export", &headers, b"{\"ids\": [1]}");
    reply.error(404);
}

#[test]
fn random_points_pass_the_filter_and_differ() {
    let server = TestServer::start(ServerConfig::default()).with_points("c", 300);
    let draw = |body: Value| -> Vec<u64> {
        let points = server.post("/collections/c/points/query", &body).result()["points"].clone();
        points.as_array().unwrap().iter().map(|point| point["id"].as_u64().unwrap()).collect()
    };
    let body = json!({"query": {"sample": "random"}, "limit": 40});
    let (first, second) = (draw(body.clone()), draw(body));
    assert_eq!(first.iter().collect::<BTreeSet<_>>().len(), 40);
    // 40 of 300 twice alike has a chance of 1e-50.
    assert_ne!(first, second);
    let filter = json!({"must": [{"key": "label", "match": {"value": 2}}]});
    let some = draw(json!({"query": {"sample": "random"}, "limit": 500, "filter": filter}));
    assert_eq!(some.into_iter().collect::<BTreeSet<_>>(), (0..300).filter(|id| id % 3 == 2).collect());
    let refused = |body: Value| server.post("/collections/c/points/query", &body).error(422);
    assert!(refused(json!({"query": {"sample": "random"}, "offset": 1})).contains("no order"));
    refused(json!({"query": {"sample": "random"}, "score_threshold": 0.5}));
    let batch = json!({"searches": [{"query": {"sample": "random"}, "limit": 3}, {"query": 1, "limit": 2}]});
    let answers = server.post("/collections/c/points/query/batch", &batch).result();
    assert_eq!(
        (answers[0]["points"].as_array().unwrap().len(), answers[1]["points"].as_array().unwrap().len()),
        (3, 2)
    );
}
