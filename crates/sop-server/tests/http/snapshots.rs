//! Snapshots and verification.

use serde_json::{Value, json};
use sop_server::ServerConfig;

use crate::client::{Reply, request};
use crate::server::TestServer;

fn count(server: &TestServer, name: &str) -> Value {
    server.post(&format!("/collections/{name}/points/count"), &json!({})).result()["count"].clone()
}

fn upload(server: &TestServer, name: &str, part: &str, content: &[u8]) -> Reply {
    let mut body =
        format!("--edge\r\ncontent-disposition: form-data; name=\"{part}\"; filename=\"x\"\r\n\r\n").into_bytes();
    body.extend_from_slice(content);
    body.extend_from_slice(b"\r\n--edge--\r\n");
    let headers = [("content-type", "multipart/form-data; boundary=edge")];
    request(server.addr, "POST", &format!("/collections/{name}/snapshots/upload?wait=true"), &headers, &body)
}

#[test]
fn a_snapshot_is_made_listed_restored_and_removed_while_serving() {
    let server = TestServer::start(ServerConfig::default()).with_points("a", 30);
    assert_eq!(server.get("/collections/a/snapshots").result(), json!([]));
    let made = server.send("POST", "/collections/a/snapshots?wait=true", &json!({})).result();
    let name = made["name"].as_str().unwrap();
    assert_eq!(made["creation_time"].as_str().unwrap().len(), "2026-11-30T10:00:00".len());
    assert_eq!(server.get("/collections/a/snapshots").result(), json!([made]));
    server.post("/collections/a/points/delete", &json!({"points": [1, 2, 3]})).result();
    assert_eq!(count(&server, "a"), 27);
    let recover =
        |collection: &str, body: Value| server.put(&format!("/collections/{collection}/snapshots/recover"), &body);
    assert_eq!(recover("a", json!({"location": name, "checksum": made["checksum"]})).result(), true);
    assert_eq!(count(&server, "a"), 30);
    // Under another name, too.
    assert_eq!(recover("b", json!({"location": format!("a/{name}")})).result(), true);
    let found = server.post("/collections/b/points/query", &json!({"query": [1, 0], "limit": 1})).result();
    assert_eq!(found["points"][0]["id"], 29);
    assert!(recover("a", json!({"location": name, "checksum": "00"})).error(422).contains("checksum"));
    recover("a", json!({"location": "none"})).error(404);
    for outside in [
        "http://127.0.0.1:1/x",
        "https://example.org/x",
        "file:///etc/passwd",
        "/etc/passwd",
        "../a",
        "a/../../x",
        "ftp://x",
    ] {
        recover("a", json!({"location": outside})).error(422);
    }
    assert_eq!(server.delete(&format!("/collections/a/snapshots/{name}")).result(), true);
    server.delete(&format!("/collections/a/snapshots/{name}")).error(404);
    server.get(&format!("/collections/a/snapshots/{name}")).error(404);
}

#[test]
fn a_snapshot_goes_from_one_server_to_another() {
    let first = TestServer::start(ServerConfig::default()).with_points("a", 1_000);
    let made = first.post("/collections/a/snapshots", &json!({})).result();
    let content = first.get(&format!("/collections/a/snapshots/{}", made["name"].as_str().unwrap()));
    assert_eq!((content.status, content.header("content-type")), (200, Some("application/x-tar")));
    assert_eq!(json!(content.body.len()), made["size"]);
    let second = TestServer::start(ServerConfig::default());
    assert_eq!(upload(&second, "copy", "snapshot", &content.body).result(), true);
    assert_eq!(count(&second, "copy"), 1_000);
    // What was there stays when what comes is damaged.
    let second = second.with_points("kept", 5);
    let mut flipped = content.body.clone();
    let middle = flipped.len() / 2;
    flipped[middle] ^= 1;
    for damaged in [&flipped[..], &content.body[..middle], b"", b"not a snapshot"] {
        upload(&second, "kept", "snapshot", damaged).error(422);
    }
    upload(&second, "kept", "other", &content.body).error(422);
    upload(&second, "..%2Fx", "snapshot", &content.body).error(422);
    second.post("/collections/kept/snapshots/upload", &json!({})).error(400);
    assert_eq!(count(&second, "kept"), 5);
}

#[test]
fn an_upload_beyond_the_limit_is_refused() {
    let mut config = ServerConfig::default();
    config.limits.snapshot_bytes = 10_000;
    let server = TestServer::start(config);
    assert!(upload(&server, "a", "snapshot", &[0; 20_000]).error(413).contains("`snapshot_bytes`"));
}

#[test]
fn names_of_snapshots_lead_nowhere_else() {
    let server = TestServer::start(ServerConfig::default()).with_points("a", 1);
    for name in ["..%2F..%2Faliases", "%2Fetc%2Fpasswd", "..", "a%00", ".hidden"] {
        let reply = server.get(&format!("/collections/a/snapshots/{name}"));
        assert!([404, 405, 422].contains(&reply.status), "{name}: {reply:?}");
        let reply = server.delete(&format!("/collections/a/snapshots/{name}"));
        assert!([404, 405, 422].contains(&reply.status), "{name}: {reply:?}");
        let reply = server.get(&format!("/collections/{name}/snapshots"));
        assert!([404, 405, 422].contains(&reply.status), "{name}: {reply:?}");
    }
}

#[test]
fn a_collection_is_verified() {
    let server = TestServer::start(ServerConfig::default()).with_points("a", 50);
    let report = server.post("/collections/a/verify", &json!({"queries": 20, "k": 5})).result();
    assert_eq!((&report["points"], &report["num_problems"]), (&json!(50), &json!(0)), "{report}");
    server.post("/collections/none/verify", &json!({})).error(404);
    server.post("/collections/a/verify", &json!({"depth": 1})).error(422);
}

#[test]
fn an_uploaded_snapshot_shows_no_images_of_this_machine() {
    let spec = "folder:/home";
    let allowed = || ServerConfig { allowed_data: vec![spec.to_owned()], ..ServerConfig::default() };
    let first = TestServer::start(allowed());
    let sop =
        json!({"encoder": "e", "encoder_sha256": "0".repeat(64), "feature": "cls", "transform": "t", "data": spec});
    first.put("/collections/a", &json!({"vectors": {"size": 2, "distance": "Dot"}, "sop": sop})).result();
    let made = first.post("/collections/a/snapshots", &json!({})).result();
    let content = first.get(&format!("/collections/a/snapshots/{}", made["name"].as_str().unwrap())).body;
    let second = TestServer::start(ServerConfig::default());
    assert!(upload(&second, "a", "snapshot", &content).error(422).contains(spec));
    second.get("/collections/a").error(404);
    assert_eq!(upload(&TestServer::start(allowed()), "a", "snapshot", &content).result(), true);
}
