//! Collections and aliases.

use serde_json::{Value, json};
use sop_server::ServerConfig;

use crate::server::TestServer;

fn create(server: &TestServer, name: &str, body: Value) -> crate::client::Reply {
    server.put(&format!("/collections/{name}"), &body)
}

#[test]
fn a_collection_is_made_described_and_removed() {
    let server = TestServer::start(ServerConfig::default());
    assert_eq!(server.get("/collections").result(), json!({"collections": []}));
    assert_eq!(server.get("/collections/a/exists").result(), json!({"exists": false}));
    let body = json!({"vectors": {"size": 4, "distance": "Cosine"}});
    assert_eq!(create(&server, "a", body.clone()).result(), true);
    assert!(create(&server, "a", body).error(409).contains("already exists"));
    assert_eq!(server.get("/collections/a/exists").result(), json!({"exists": true}));
    assert_eq!(server.get("/collections").result(), json!({"collections": [{"name": "a"}]}));
    let info = server.get("/collections/a").result();
    assert_eq!(info["status"], "green");
    assert_eq!(info["config"]["params"]["vectors"], json!({"size": 4, "distance": "Cosine"}));
    assert_eq!((&info["points_count"], &info["sop"]["origin"]), (&json!(0), &Value::Null));
    assert_eq!(server.delete("/collections/a").result(), true);
    assert_eq!(server.delete("/collections/a").result(), false);
    assert!(server.get("/collections/a").error(404).contains("`a` doesn't exist"));
}

#[test]
fn what_would_change_results_is_refused_and_what_tunes_is_named() {
    let server = TestServer::start(ServerConfig::default());
    let vectors = json!({"size": 4, "distance": "Dot"});
    let with = |field: &str, value: Value| {
        let mut body = json!({"vectors": vectors});
        body[field] = value;
        create(&server, "c", body)
    };
    let cases = [
        ("sparse_vectors", json!({"text": {}}), "sparse_vectors"),
        ("quantization_config", json!({"scalar": {"type": "int8"}}), "quantization_config"),
        ("sharding_method", json!("custom"), "sharding_method"),
        ("metadata", json!({"a": 1}), "metadata"),
        ("vectors", json!({"image": {"size": 4, "distance": "Dot"}}), "named vectors"),
        ("vectors", json!({}), "named vectors"),
        ("vectors", json!({"size": 4, "distance": "Euclid"}), "expected `Cosine` or `Dot`"),
        ("vectors", json!({"size": 4, "distance": "Dot", "datatype": "uint8"}), "float32"),
        (
            "vectors",
            json!({"size": 4, "distance": "Dot", "multivector_config": {"comparator": "max_sim"}}),
            "not supported",
        ),
        ("vectors", json!({"size": 0, "distance": "Dot"}), "dimension"),
        ("vectors", json!({"size": 65_537, "distance": "Dot"}), "dimension"),
        ("vectors", json!({"size": -1, "distance": "Dot"}), "vectors"),
        ("vectors", Value::Null, "vectors"),
        ("sop", json!({"graph": "fast"}), "sop.graph"),
        ("sop", json!({"encoder": "a"}), "sop.encoder_sha256"),
        ("sop", json!({"data": "folder:/etc"}), "sop."),
        ("surprise", json!(1), "surprise"),
    ];
    for (field, value, word) in cases {
        let shown = value.to_string();
        let error = with(field, value).error(422);
        assert!(error.contains(word), "{field} {shown}: {error}");
    }
    assert_eq!(server.get("/collections/c/exists").result(), json!({"exists": false}));
    let tuned = with("hnsw_config", json!({"m": 16}));
    assert_eq!(tuned.header("sop-ignored"), Some("hnsw_config"));
    assert_eq!(tuned.result(), true);
}

#[test]
fn a_collection_knows_what_made_its_vectors() {
    let server = TestServer::start(ServerConfig { allowed_data: vec!["folder:a".into()], ..ServerConfig::default() });
    let sop = json!({
        "encoder": "vit", "encoder_sha256": "ab".repeat(32), "feature": "cls", "transform": "resize 256, crop 224",
        "data": "folder:a", "class_names": ["x", "y"], "graph": "exact"
    });
    let body = |sop: &Value| json!({"vectors": {"size": 2, "distance": "Cosine"}, "sop": sop});
    create(&server, "bound", body(&sop)).result();
    let origin = &server.get("/collections/bound").result()["sop"]["origin"];
    assert_eq!((&origin["feature"], &origin["class_names"]), (&json!("cls"), &json!(["x", "y"])));
    server.put("/collections/bound/points", &json!({"points": [{"id": 1, "vector": [3.0, 4.0]}]})).result();
    let found = server.post("/collections/bound/points/query", &json!({"query": [1.0, 0.0]}));
    assert_eq!(found.header("sop-encoder-sha256"), Some("ab".repeat(32).as_str()));
    assert_eq!(found.header("sop-transform"), Some("resize 256, crop 224"));
    assert_eq!(found.header("sop-exact"), Some("true"));
    // The rest of the machine's images stay out of reach.
    let mut other = sop.clone();
    other["data"] = json!("folder:b");
    assert!(create(&server, "other", body(&other)).error(422).contains("folder:b"));
    other["encoder_sha256"] = json!("AB");
    assert!(create(&server, "other", body(&other)).error(422).contains("SHA-256"));
}

#[test]
fn names_that_are_none_are_refused() {
    let server = TestServer::start(ServerConfig::default());
    let body = json!({"vectors": {"size": 2, "distance": "Dot"}});
    for name in
        ["..", ".", ".hidden", "a%2Fb", "..%2F..%2Fetc", "a%00b", "a b", "%20", "-a", "a%5Cb", &"x".repeat(201), "%E4"]
    {
        let reply = create(&server, &name.replace(' ', "%20"), body.clone());
        assert!([400, 404, 405, 422].contains(&reply.status), "{name}: {reply:?}");
        let read = server.get(&format!("/collections/{}", name.replace(' ', "%20")));
        assert!([400, 404, 405, 422].contains(&read.status) || name == ".", "{name}: {read:?}");
    }
    assert_eq!(server.get("/collections").result(), json!({"collections": []}));
}

#[test]
fn aliases_move_all_at_once() {
    let server = TestServer::start(ServerConfig::default()).with_points("old", 3).with_points("new", 5);
    let act = |actions: Value| server.post("/collections/aliases", &json!({"actions": actions}));
    let create = |collection: &str| json!({"create_alias": {"alias_name": "live", "collection_name": collection}});
    let count = || server.post("/collections/live/points/count", &json!({})).result()["count"].clone();
    act(json!([create("old")])).result();
    assert_eq!(count(), 3);
    act(json!([{"delete_alias": {"alias_name": "live"}}, create("new")])).result();
    assert_eq!(count(), 5);
    let expected = json!({"aliases": [{"alias_name": "live", "collection_name": "new"}]});
    assert_eq!(server.get("/aliases").result(), expected);
    assert_eq!(server.get("/collections/new/aliases").result(), expected);
    assert_eq!(server.get("/collections/old/aliases").result(), json!({"aliases": []}));
    // Nothing of a change that fails is made.
    act(json!([{"delete_alias": {"alias_name": "live"}}, create("none")])).error(404);
    assert_eq!(count(), 5);
    act(json!([{"rename_alias": {"old_alias_name": "live", "new_alias_name": "best"}}])).result();
    server.post("/collections/live/points/count", &json!({})).error(404);
    act(json!([{"create_alias": {"alias_name": "../x", "collection_name": "new"}}])).error(422);
    act(json!([{"move_alias": {}}])).error(422);
    server.get("/collections/none/aliases").error(404);
}

#[test]
fn indexes_over_keys_are_there_already() {
    let server = TestServer::start(ServerConfig::default()).with_points("a", 3);
    let body = json!({"field_name": "label", "field_schema": "integer"});
    assert_eq!(server.put("/collections/a/index", &body).result()["status"], "completed");
    assert_eq!(server.delete("/collections/a/index/label").result()["status"], "completed");
    server.put("/collections/none/index", &body).error(404);
    let schema = &server.get("/collections/a").result()["payload_schema"]["label"];
    assert_eq!((&schema["data_type"], &schema["points"]), (&json!("integer"), &json!(3)));
}
