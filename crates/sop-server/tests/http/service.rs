//! Title, health, metrics, limits, and what holds for every answer.

use serde_json::json;
use sop_server::ServerConfig;

use crate::client::request;
use crate::server::TestServer;

#[test]
fn the_service_says_what_it_is_and_that_it_lives() {
    let server = TestServer::start(ServerConfig::default());
    let title = server.get("/").json();
    assert_eq!(title["version"].as_str().unwrap().split('.').count(), 3);
    assert_eq!(title["server"], env!("CARGO_PKG_VERSION"));
    for path in ["/healthz", "/readyz", "/livez"] {
        let reply = server.get(path);
        assert_eq!((reply.status, reply.text().is_empty()), (200, false), "{path}");
    }
    let info = server.get("/info").result();
    assert_eq!(info["limits"]["body_bytes"], 32 << 20);
}

#[test]
fn requests_and_collections_are_counted() {
    let server = TestServer::start(ServerConfig::default()).with_points("some", 7);
    for _ in 0..3 {
        server.post("/collections/some/points/query", &json!({"query": [1.0, 0.0]})).result();
    }
    server.post("/collections/none/points/query", &json!({"query": [1.0]})).error(404);
    server.get("/no/such/route").error(404);
    request(server.addr, "BREW", "/", &[], &[]).error(405);
    let text = server.get("/metrics").text().to_owned();
    let value = |start: &str| {
        let line = text.lines().find(|line| line.starts_with(start)).unwrap_or_else(|| panic!("{start} in {text}"));
        line.rsplit(' ').next().unwrap().parse::<f64>().unwrap()
    };
    let route = r#"route="/collections/{c}/points/query""#;
    assert_eq!(value(&format!(r#"sop_request_seconds_count{{method="POST",{route},status="200"}}"#)), 3.0);
    assert_eq!(value(&format!(r#"sop_request_seconds_count{{method="POST",{route},status="404"}}"#)), 1.0);
    assert_eq!(value(r#"sop_request_seconds_count{method="GET",route="unmatched",status="404"}"#), 1.0);
    assert_eq!(value(r#"sop_request_seconds_count{method="other",route="/",status="405"}"#), 1.0);
    assert_eq!(value(r#"sop_collection_points{collection="some"}"#), 7.0);
    assert_eq!(value("sop_work{work=\"changes\"}"), 0.0);
    assert!(text.ends_with("# EOF\n"));
    server.delete("/collections/some").result();
    assert!(!server.get("/metrics").text().contains(r#"collection="some""#));
}

#[test]
fn every_answer_has_a_request_id() {
    let server = TestServer::start(ServerConfig::default());
    let own = |id: &str| request(server.addr, "GET", "/", &[("x-request-id", id)], &[]);
    assert_eq!(own("abc-1").header("x-request-id"), Some("abc-1"));
    // What could break a log is replaced.
    assert_ne!(own(&"x".repeat(500)).header("x-request-id").unwrap().len(), 500);
    assert!(!own("a b").header("x-request-id").unwrap().contains(' '));
    let [first, second] = [(); 2].map(|()| server.get("/none").header("x-request-id").unwrap().to_owned());
    assert_ne!(first, second);
}

#[test]
fn what_is_not_there_is_said_in_the_form_of_the_route() {
    let server = TestServer::start(ServerConfig::default());
    assert!(server.get("/none").error(404).contains("/none"));
    let openai = server.get("/v1/none");
    assert_eq!(openai.status, 404);
    assert!(openai.json()["error"]["message"].as_str().unwrap().contains("/v1/none"));
    assert!(request(server.addr, "PATCH", "/collections", &[], &[]).error(405).contains("PATCH"));
    // No page elsewhere may read the answers.
    let reply = request(server.addr, "GET", "/collections", &[("origin", "http://example.org")], &[]);
    assert!(!reply.headers.iter().any(|(name, _)| name.starts_with("access-control")));
}
