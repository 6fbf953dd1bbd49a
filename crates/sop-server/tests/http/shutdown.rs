//! Stopping, and starting again with what was there.

use std::io::Write;
use std::net::TcpStream;
use std::sync::Barrier;

use serde_json::json;
use sop_server::{Ended, ServerConfig};

use crate::client::{connect, head, read_reply};
use crate::server::TestServer;

#[test]
fn what_was_accepted_is_finished() {
    let mut server = TestServer::start(ServerConfig::default()).with_points("a", 1);
    let body = br#"{"points": [{"id": 7, "vector": [1, 2]}]}"#;
    let mut stream = connect(server.addr);
    let sent = head("PUT", "/collections/a/points", &[], body.len());
    stream.write_all(sent.as_bytes()).unwrap();
    stream.write_all(&body[..10]).unwrap();
    // The head has arrived when a later connection is answered from the same accept loop and its own head is read.
    assert_eq!(server.get("/livez").status, 200);
    wait_for_requests(&server);
    server.stop.stop();
    // Nothing new is taken.
    let addr = server.addr;
    while TcpStream::connect(addr).is_ok() {
        std::thread::yield_now();
    }
    stream.write_all(&body[10..]).unwrap();
    assert_eq!(read_reply(&stream).unwrap().result()["status"], "completed");
    assert_eq!(server.end(), Some(Ended::Complete));
}

/// The slow request above has no trace of its own until it is answered, so a few others are answered first.
fn wait_for_requests(server: &TestServer) {
    for _ in 0..20 {
        assert_eq!(server.get("/livez").status, 200);
    }
}

#[test]
fn everything_acknowledged_is_there_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let acknowledged = {
        let server = TestServer::over(folder.path(), ServerConfig::default()).with_points("a", 10);
        let actions = json!({"actions": [{"create_alias": {"alias_name": "live", "collection_name": "a"}}]});
        server.post("/collections/aliases", &actions).result();
        let start = Barrier::new(4);
        std::thread::scope(|scope| {
            let writers: Vec<_> = (0..4u64)
                .map(|writer| {
                    let (server, start) = (&server, &start);
                    scope.spawn(move || {
                        start.wait();
                        let add =
                            |id: u64| json!({"points": [{"id": id, "vector": [id, 2], "payload": {"by": writer}}]});
                        let ids = (0..25).map(|i| 1_000 * (writer + 1) + i);
                        let added = |id: &u64| server.put("/collections/a/points", &add(*id)).status == 200;
                        ids.filter(added).collect::<Vec<u64>>()
                    })
                })
                .collect();
            writers.into_iter().flat_map(|writer| writer.join().unwrap()).collect::<Vec<u64>>()
        })
    };
    assert_eq!(acknowledged.len(), 100);
    let server = TestServer::over(folder.path(), ServerConfig::default());
    assert_eq!(server.post("/collections/live/points/count", &json!({})).result(), json!({"count": 110}));
    let records = server.post("/collections/live/points", &json!({"ids": acknowledged, "with_vector": true})).result();
    for (record, id) in records.as_array().unwrap().iter().zip(acknowledged) {
        assert_eq!((&record["id"], &record["vector"]), (&json!(id), &json!([id as f32, 2.0])));
    }
    let found = server.post("/collections/live/points/query", &json!({"query": [1, 0], "limit": 1})).result();
    assert_eq!(found["points"][0]["id"], 4_024);
}

#[test]
fn a_request_that_never_ends_does_not_keep_the_server() {
    let mut config = ServerConfig::default();
    config.limits.shutdown_ms = 100;
    let mut server = TestServer::start(config).with_points("a", 1);
    let mut stream = connect(server.addr);
    stream.write_all(head("PUT", "/collections/a/points", &[], 1_000).as_bytes()).unwrap();
    wait_for_requests(&server);
    assert_eq!(server.end(), Some(Ended::BrokenOff));
}
