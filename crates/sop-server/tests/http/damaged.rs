//! A collection whose files cannot be read, beside others.

use serde_json::json;
use sop_server::ServerConfig;

use crate::server::TestServer;

#[test]
fn a_damaged_collection_says_so_and_the_others_are_served() {
    let folder = tempfile::tempdir().unwrap();
    let mut server = TestServer::over(folder.path(), ServerConfig::default()).with_points("a", 3).with_points("b", 2);
    let snapshot = server.post("/collections/b/snapshots", &json!({})).result()["name"].clone();
    server.end();
    std::fs::write(folder.path().join("collections/b/collection.json"), "{}").unwrap();
    let server = TestServer::over(folder.path(), ServerConfig::default());
    assert_eq!(server.post("/collections/a/points/count", &json!({})).result(), json!({"count": 3}));
    let listed = server.get("/collections").result();
    assert_eq!(listed, json!({"collections": [{"name": "a"}, {"name": "b"}]}));
    assert_eq!(server.get("/collections/b/exists").result(), json!({"exists": true}));
    assert!(server.get("/metrics").text().contains("\nsop_unreadable_collections 1\n"));
    let message = server.get("/collections/b").error(503);
    assert!(message.contains("collection.json") && message.contains("restore a snapshot"), "{message}");
    server.post("/collections/b/points/query", &json!({"query": [1, 1]})).error(503);
    server.put("/collections/b", &json!({"vectors": {"size": 2, "distance": "Dot"}})).error(409);
    assert_eq!(server.put("/collections/b/snapshots/recover", &json!({"location": snapshot})).result(), true);
    assert_eq!(server.post("/collections/b/points/count", &json!({})).result(), json!({"count": 2}));
    assert!(server.get("/metrics").text().contains("\nsop_unreadable_collections 0\n"));
}
