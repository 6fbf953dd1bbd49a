//! The files of the page.

use std::collections::BTreeSet;

use serde_json::json;
use sop_server::{Keys, ServerConfig};

use crate::client::request;
use crate::server::TestServer;

/// What stands between two marks, wherever it does.
fn between<'a>(text: &'a str, before: &'a str, after: char) -> impl Iterator<Item = &'a str> {
    text.split(before).skip(1).filter_map(move |rest| rest.split(after).next())
}

#[test]
fn everything_the_page_names_is_served() {
    let server = TestServer::start(ServerConfig::default());
    let mut open = vec!["/ui".to_owned(), "/docs".to_owned()];
    let mut seen = BTreeSet::new();
    while let Some(path) = open.pop() {
        if !seen.insert(path.clone()) {
            continue;
        }
        let reply = server.get(&path);
        assert_eq!(reply.status, 200, "{path}");
        assert_eq!(reply.header("x-content-type-options"), Some("nosniff"), "{path}");
        let policy = reply.header("content-security-policy").unwrap();
        assert!(policy.starts_with("default-src 'self';") && !policy.contains("unsafe"), "{policy}");
        let kind = reply.header("content-type").unwrap();
        let expected = match path.rsplit_once('.').map(|(_, ending)| ending) {
            None => "text/html; charset=utf-8",
            Some("css") => "text/css; charset=utf-8",
            Some("js") => "text/javascript; charset=utf-8",
            Some("svg") => "image/svg+xml",
            Some(other) => panic!("{other}"),
        };
        assert_eq!(kind, expected, "{path}");
        let text = reply.text();
        // Nothing from elsewhere, and nothing that the policy would refuse.
        let outside = between(text, "://", '"').filter(|rest| !rest.starts_with("www.w3.org/"));
        assert_eq!(outside.collect::<Vec<_>>(), [""; 0], "{path}");
        for refused in [" style=\"", " onclick=", "<style", "innerHTML", "eval("] {
            assert!(!text.contains(refused), "{path} has {refused}");
        }
        open.extend(between(text, "=\"ui/", '"').map(|name| format!("/ui/{name}")));
        open.extend(between(text, "from './", '\'').map(|name| format!("/ui/{name}")));
    }
    assert!(seen.len() > 30, "{seen:?}");
    let sizes: usize = seen.iter().map(|path| server.get(path).body.len()).sum();
    assert!(sizes < 200_000, "the page has {sizes} bytes");
    assert!(server.get("/ui/none.js").error(404).contains("none.js"));
    server.get("/ui/../Cargo.toml").error(404);
    server.get("/ui/%2e%2e%2fmod.rs").error(404);
    assert_eq!((server.get("/ui/").status, server.get("/ui/").header("location")), (308, Some("../ui")));
}

#[test]
fn a_browser_gets_the_page_and_a_program_gets_json() {
    let server = TestServer::start(ServerConfig::default());
    let ask = |accept| request(server.addr, "GET", "/", &[("accept", accept)], &[]);
    let page = ask("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8");
    assert!(page.text().contains("<title>sop search</title>"));
    for program in ["*/*", "application/json"] {
        assert!(ask(program).json()["version"].is_string(), "{program}");
    }
    assert!(server.get("/").json()["version"].is_string());
    assert_eq!((page.header("vary"), ask("*/*").header("vary")), (Some("accept"), Some("accept")));
}

#[test]
fn a_file_that_the_browser_has_is_not_sent_again() {
    let server = TestServer::start(ServerConfig::default());
    let first = server.get("/ui/main.js");
    let tag = first.header("etag").unwrap();
    assert_ne!(Some(tag), server.get("/ui/dom.js").header("etag"));
    for known in [tag.to_owned(), format!("\"other\", W/{tag}")] {
        let again = request(server.addr, "GET", "/ui/main.js", &[("if-none-match", &known)], &[]);
        assert_eq!((again.status, again.body.len(), again.header("etag")), (304, 0, Some(tag)));
    }
    let other = request(server.addr, "GET", "/ui/main.js", &[("if-none-match", "\"other\"")], &[]);
    assert_eq!((other.status, &other.body), (200, &first.body));
}

#[test]
fn the_page_is_open_and_what_it_shows_is_not() {
    let config = ServerConfig::default();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("key");
    std::fs::write(&file, "sesame").unwrap();
    let mut config = config;
    config.keys = Keys::from_files(Some(&file), None).unwrap();
    let server = TestServer::start(config);
    for path in ["/ui", "/docs", "/ui/main.js", "/openapi.json"] {
        assert_eq!(server.get(path).status, 200, "{path}");
    }
    for path in ["/collections", "/collections/c/map", "/info"] {
        server.get(path).error(401);
    }
    server.post("/collections/c/export", &json!({"ids": [1]})).error(401);
}
