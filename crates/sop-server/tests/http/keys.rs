//! Keys and hosts.

use serde_json::json;
use sop_collection::{Store, StoreOptions};
use sop_server::{ConfigError, Keys, Server, ServerConfig, ServerError};

use crate::client::request;
use crate::server::TestServer;

fn keys() -> Keys {
    Keys::new(Some("write-key".into()), Some("read-key".into())).unwrap()
}

#[test]
fn a_key_is_needed_and_the_other_one_only_reads() {
    let server = TestServer::start(ServerConfig { keys: keys(), ..ServerConfig::default() });
    let with = |header: (&str, &str), method: &str, path: &str, body: &str| {
        request(server.addr, method, path, &[header, ("content-type", "application/json")], body.as_bytes())
    };
    let create = r#"{"vectors": {"size": 2, "distance": "Dot"}}"#;
    for none in [
        ("x", "y"),
        ("api-key", "wrong"),
        ("api-key", "write-ke"),
        ("authorization", "Basic write-key"),
        ("api-key", ""),
    ] {
        with(none, "PUT", "/collections/a", create).error(401);
        with(none, "GET", "/collections", "").error(401);
        with(none, "GET", "/metrics", "").error(401);
        with(none, "GET", "/none", "").error(401);
        assert_eq!(with(none, "GET", "/healthz", "").status, 200);
        assert_eq!(with(none, "GET", "/", "").status, 200);
    }
    assert_eq!(with(("authorization", "Bearer write-key"), "PUT", "/collections/a", create).result(), true);
    let read = ("api-key", "read-key");
    assert!(with(read, "PUT", "/collections/b", create).error(403).contains("reading"));
    with(read, "DELETE", "/collections/a", "").error(403);
    with(read, "POST", "/collections/a/points/delete", r#"{"points": [1]}"#).error(403);
    with(read, "POST", "/collections/a/snapshots", "").error(403);
    with(read, "POST", "/collections/aliases", r#"{"actions": []}"#).error(403);
    with(read, "GET", "/collections/a", "").result();
    for (path, body) in [
        ("points/query", r#"{"query": [1, 2]}"#),
        ("points/query/batch", r#"{"searches": []}"#),
        ("points/scroll", "{}"),
        ("points/count", "{}"),
        ("points", r#"{"ids": []}"#),
        ("facet", r#"{"key": "a"}"#),
    ] {
        with(read, "POST", &format!("/collections/a/{path}"), body).result();
    }
    let openai = with(("x", "y"), "GET", "/v1/models", "");
    assert_eq!((openai.status, &openai.json()["error"]["type"]), (401, &json!("authentication_error")));
}

#[test]
fn another_address_than_loopback_needs_a_key() {
    let folder = tempfile::tempdir().unwrap();
    let open = || Store::open(folder.path(), StoreOptions { create: true, ..StoreOptions::default() }).unwrap();
    let listen = "0.0.0.0:0".parse().unwrap();
    let refused = Server::bind(ServerConfig { listen, ..ServerConfig::default() }, open()).err().unwrap();
    assert!(matches!(refused, ServerError::Config(ConfigError::OpenToWrite { .. })), "{refused}");
    assert!(refused.to_string().contains("--api-key-file"));
    Server::bind(ServerConfig { listen, keys: keys(), ..ServerConfig::default() }, open()).unwrap();
    let reading = Keys::new(None, Some("read-key".into())).unwrap();
    Server::bind(ServerConfig { listen, keys: reading, ..ServerConfig::default() }, open()).unwrap();
}

#[test]
fn a_loopback_server_answers_to_no_name_of_others() {
    let server =
        TestServer::start(ServerConfig { allowed_hosts: vec!["search.lab".into()], ..ServerConfig::default() });
    let host = |host: &str| request(server.addr, "GET", "/", &[("host", host)], &[]).status;
    assert_eq!((host("localhost:1"), host("127.0.0.1"), host("search.lab:80")), (200, 200, 200));
    assert_eq!((host("evil.example"), host("localhost.evil.example")), (421, 421));
}
