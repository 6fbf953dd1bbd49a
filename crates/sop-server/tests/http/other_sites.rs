//! Pages of other sites, which reach a server on this machine through a browser.

use serde_json::json;
use sop_server::{Keys, ServerConfig};

use crate::client::request;
use crate::server::TestServer;

#[test]
fn a_page_of_another_site_changes_nothing() {
    let server = TestServer::start(ServerConfig::default()).with_points("a", 3);
    // What a browser sends anywhere without asking first: `POST` without a content type.
    let delete = |origin: &str| {
        let headers = [("host", "127.0.0.1:6333"), ("origin", origin)];
        request(server.addr, "POST", "/collections/a/points/delete", &headers, br#"{"filter": {}}"#)
    };
    for origin in ["https://evil.example", "http://127.0.0.1:8000", "null"] {
        let message = delete(origin).error(403);
        assert!(message.contains(origin) && message.contains("--allow-host"), "{message}");
    }
    assert_eq!(server.post("/collections/a/points/count", &json!({})).result(), json!({"count": 3}));
    delete("http://127.0.0.1:6333").result();
    assert_eq!(server.post("/collections/a/points/count", &json!({})).result(), json!({"count": 0}));
}

#[test]
fn a_key_or_an_allowed_name_says_who_may() {
    let create = |server: &TestServer, key: &str| {
        let headers = [("origin", "https://search.lab"), ("api-key", key)];
        server.send_with("PUT", "/collections/b", &headers, &json!({"vectors": {"size": 2, "distance": "Dot"}})).status
    };
    let keys = Keys::new(Some("secret".into()), None).unwrap();
    let keyed = TestServer::start(ServerConfig { keys, ..ServerConfig::default() });
    assert_eq!((create(&keyed, "wrong"), create(&keyed, "secret")), (401, 200));
    let named = TestServer::start(ServerConfig { allowed_hosts: vec!["search.lab".into()], ..ServerConfig::default() });
    assert_eq!(create(&named, ""), 200);
}
