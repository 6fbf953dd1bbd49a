//! Routes of Qdrant that are not served, and points that are called like routes.

use serde_json::{Value, json};
use sop_server::ServerConfig;

use crate::server::TestServer;

#[test]
fn routes_that_are_not_served_say_what_to_do_instead() {
    let server = TestServer::start(ServerConfig::default()).with_points("a", 1);
    for (method, path, word) in [
        ("POST", "points/query/groups", "group the hits"),
        ("POST", "points/search", "points/query"),
        ("POST", "points/search/batch", "points/query/batch"),
        ("POST", "points/recommend", "points/query"),
        ("PUT", "points/vectors", "PUT points"),
        ("POST", "points/vectors/delete", "PUT points"),
        ("PATCH", "", "alias"),
    ] {
        let path = format!("/collections/a/{path}");
        let message = server.send(method, path.trim_end_matches('/'), &json!({})).error(422);
        assert!(message.contains("not supported") && message.contains(word), "{method} {path}: {message}");
    }
    server.send("POST", "/collections/a/points/nothing", &json!({})).error(405);
}

#[test]
fn points_may_be_called_like_routes() {
    let server = TestServer::start(ServerConfig::default()).with_points("a", 0);
    let ids = [
        "batch",
        "count",
        "delete",
        "discover",
        "image",
        "payload",
        "query",
        "recommend",
        "scroll",
        "search",
        "vectors",
    ];
    for id in ids {
        let path = format!("/collections/a/points/{id}");
        assert!(server.get(&path).error(404).contains(id));
        assert!(server.get(&format!("{path}/image")).error(404).contains("is not in the collection"), "{id}");
    }
    let points: Vec<Value> = ids.iter().map(|id| json!({"id": id, "vector": [1, 1], "payload": {"own": id}})).collect();
    server.put("/collections/a/points", &json!({"points": points})).result();
    for id in ids {
        let path = format!("/collections/a/points/{id}");
        assert_eq!(server.get(&path).result()["payload"]["own"], id);
        assert!(server.get(&format!("{path}/image")).error(404).contains("has no image here"), "{id}");
    }
}
