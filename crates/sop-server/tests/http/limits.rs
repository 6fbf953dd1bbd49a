//! Limits on what a request may ask for, and on how much is done at a time.

use serde_json::json;
use sop_server::{Limits, ServerConfig};

use crate::client::request;
use crate::server::TestServer;

fn limited(change: impl FnOnce(&mut Limits)) -> ServerConfig {
    let mut config = ServerConfig::default();
    change(&mut config.limits);
    config
}

#[test]
fn each_limit_is_named_when_it_is_exceeded() {
    let config = limited(|limits| {
        (limits.body_bytes, limits.dimension, limits.limit, limits.offset) = (10_000, 8, 5, 3);
        (limits.batch, limits.points) = (2, 4);
    });
    let server = TestServer::start(config).with_points("a", 4);
    let refused = |status: u16, method: &str, path: &str, body: serde_json::Value, name: &str| {
        let error = server.send(method, path, &body).error(status);
        assert!(error.contains(&format!("`{name}`")), "{error}");
    };
    let query = |more: &str, value: usize| {
        let mut body = json!({"query": [1, 2]});
        body[more] = json!(value);
        body
    };
    refused(422, "PUT", "/collections/b", json!({"vectors": {"size": 9, "distance": "Dot"}}), "dimension");
    refused(422, "POST", "/collections/a/points/query", query("limit", 6), "limit");
    refused(422, "POST", "/collections/a/points/query", query("offset", 4), "offset");
    refused(422, "POST", "/collections/a/points/scroll", json!({"limit": 6}), "limit");
    refused(422, "POST", "/collections/a/facet", json!({"key": "label", "limit": 6}), "limit");
    refused(422, "POST", "/collections/a/points", json!({"ids": [1, 2, 3, 4, 5]}), "points");
    refused(422, "POST", "/collections/a/points/delete", json!({"points": [1, 2, 3, 4, 5]}), "points");
    let search = query("limit", 1);
    refused(422, "POST", "/collections/a/points/query/batch", json!({"searches": [search, search, search]}), "batch");
    let search = query("limit", 3);
    refused(422, "POST", "/collections/a/points/query/batch", json!({"searches": [search, search]}), "points");
    let operation = json!({"delete": {"points": [1]}});
    refused(
        422,
        "POST",
        "/collections/a/points/batch",
        json!({"operations": [operation, operation, operation]}),
        "batch",
    );
    let points: Vec<_> = (0..5).map(|id| json!({"id": id, "vector": [1, 2]})).collect();
    refused(422, "PUT", "/collections/a/points", json!({"points": points}), "points");
    let action = json!({"delete_alias": {"alias_name": "x"}});
    refused(422, "POST", "/collections/aliases", json!({"actions": [action, action, action]}), "batch");
    refused(413, "PUT", "/collections/a/points", json!({"points": [{"id": "x".repeat(20_000)}]}), "body_bytes");
    assert_eq!(server.post("/collections/a/points/count", &json!({})).result(), json!({"count": 4}));
}

#[test]
fn bodies_that_are_no_requests_are_refused() {
    let server = TestServer::start(ServerConfig::default()).with_points("a", 3);
    let path = "/collections/a/points/query";
    let send = |kind: &str, body: &[u8]| request(server.addr, "POST", path, &[("content-type", kind)], body);
    for broken in ["{", r#"{"query": [NaN, 1]}"#, r#"{"query": [1, Infinity]}"#, "\"", "nul", "{} {}", "\u{0}"] {
        assert!(send("application/json", broken.as_bytes()).error(400).contains("JSON"), "{broken}");
    }
    send("application/json", b"\xff\xfe").error(400);
    send("application/json", &[b'['].repeat(100_000)).error(422);
    send("application/json", b" [[1, 2]]").error(422);
    let deep = format!(r#"{{"filter": {}1{}}}"#, r#"{"must": ["#.repeat(200), "]}".repeat(200));
    let reply = send("application/json", deep.as_bytes());
    assert!([400, 422].contains(&reply.status), "{reply:?}");
    for kind in ["text/plain", "multipart/form-data", "application/x-www-form-urlencoded", "image/png"] {
        send(kind, b"{}").error(415);
    }
    // Clients without a content type, and with another charset than none.
    request(server.addr, "POST", path, &[], br#"{"query": [1, 2]}"#).result();
    send("application/json; charset=utf-8", br#"{"query": [1, 2]}"#).result();
}

#[test]
fn a_request_with_a_head_beyond_all_bounds_is_refused() {
    let server = TestServer::start(ServerConfig::default());
    let long = "x".repeat(100_000);
    let path = format!("/collections/{long}");
    let status = request(server.addr, "GET", &path, &[], &[]).status;
    assert!([404, 414, 422, 431].contains(&status), "{status}");
    let many = "y".repeat(2 << 20);
    let mut stream = crate::client::connect(server.addr);
    let head = crate::client::head("GET", "/", &[("x-long", &many)], 0);
    let _ = std::io::Write::write_all(&mut stream, head.as_bytes());
    let reply = crate::client::read_reply(&stream);
    assert!(reply.as_ref().is_none_or(|reply| reply.status == 431), "{reply:?}");
    assert_eq!(server.get("/livez").status, 200);
}
