//! Clients that send slowly, never end, take nothing, or come in crowds.

use std::io::{Read, Write};
use std::net::Shutdown;
use std::sync::mpsc;
use std::time::Duration;

use serde_json::json;
use sop_server::{Limits, ServerConfig};

use crate::client::{connect, head, read_reply, request};
use crate::server::TestServer;

fn limited(change: impl FnOnce(&mut Limits)) -> ServerConfig {
    let mut config = ServerConfig::default();
    change(&mut config.limits);
    config
}

#[test]
fn a_head_that_does_not_end_is_given_up_on() {
    let server = TestServer::start(limited(|limits| limits.head_ms = 100));
    let mut silent = connect(server.addr);
    let mut slow = connect(server.addr);
    slow.write_all(b"GET / HTTP/1.1\r\nhost: localhost\r\nx-").unwrap();
    // Both are closed, whether with an answer or without one.
    for stream in [&mut silent, &mut slow] {
        let mut rest = Vec::new();
        let _ = stream.read_to_end(&mut rest);
        assert!(rest.is_empty() || rest.starts_with(b"HTTP/1.1 408"), "{}", String::from_utf8_lossy(&rest));
    }
    assert_eq!(server.get("/livez").status, 200);
}

#[test]
fn a_body_that_does_not_end_is_given_up_on() {
    let server = TestServer::start(limited(|limits| limits.body_ms = 100)).with_points("a", 1);
    let mut stream = connect(server.addr);
    stream.write_all(head("PUT", "/collections/a/points", &[], 1_000).as_bytes()).unwrap();
    stream.write_all(b"{\"points\": [").unwrap();
    assert!(read_reply(&stream).unwrap().error(408).contains("`body_ms`"));
}

#[test]
fn a_body_without_bound_is_cut_off_and_the_client_is_told() {
    let server = TestServer::start(limited(|limits| limits.body_bytes = 100_000)).with_points("a", 1);
    let mut stream = connect(server.addr);
    let head = "PUT /collections/a/points HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: chunked\r\n\r\n";
    stream.write_all(head.as_bytes()).unwrap();
    let chunk = format!("{:x}\r\n{}\r\n", 10_000, " ".repeat(10_000));
    // Twice what is allowed; a client that never ends would only be cut off later.
    for _ in 0..20 {
        if stream.write_all(chunk.as_bytes()).is_err() {
            break;
        }
    }
    assert!(read_reply(&stream).unwrap().error(413).contains("`body_bytes`"));
    // With its length said in advance, too, while the client is still sending.
    let reply = request(server.addr, "PUT", "/collections/a/points", &[], &vec![b' '; 300_000]);
    assert!(reply.error(413).contains("`body_bytes`"));
}

#[test]
fn a_form_that_does_not_begin_is_given_up_on_and_takes_no_memory() {
    let server = TestServer::start(limited(|limits| limits.body_ms = 300));
    let (path, form) = ("/collections/a/snapshots/upload", ("content-type", "multipart/form-data; boundary=edge"));
    let mut silent = connect(server.addr);
    silent.write_all(head("POST", path, &[form], 1_000).as_bytes()).unwrap();
    assert!(read_reply(&silent).unwrap().error(408).contains("`body_ms`"));
    // Endless bytes before the first part, and an endless head of a part.
    for begun in ["", "--edge\r\ncontent-disposition: form-data; x=\""] {
        let mut endless = connect(server.addr);
        endless.set_write_timeout(Some(Duration::from_secs(1))).unwrap();
        endless.write_all(head("POST", path, &[form], usize::MAX >> 1).as_bytes()).unwrap();
        endless.write_all(begun.as_bytes()).unwrap();
        let mut sent = 0;
        while endless.write_all(&[b'x'; 1 << 16]).is_ok() {
            sent += 1 << 16;
            // What is read ahead, and the buffers of the system.
            assert!(sent < 64 << 20, "the server takes everything");
        }
        // The answer may be lost where the connection is closed while this side still writes.
        if let Some(reply) = read_reply(&endless) {
            assert!([400, 408].contains(&reply.status), "{reply:?}");
        }
    }
    assert_eq!(server.get("/livez").status, 200);
}

#[test]
fn a_body_that_breaks_off_changes_nothing() {
    let server = TestServer::start(ServerConfig::default()).with_points("a", 1);
    let whole = br#"{"points": [{"id": 5, "vector": [1, 2]}]}"#;
    let mut stream = connect(server.addr);
    stream.write_all(head("PUT", "/collections/a/points", &[], whole.len() + 1).as_bytes()).unwrap();
    stream.write_all(whole).unwrap();
    stream.shutdown(Shutdown::Write).unwrap();
    if let Some(reply) = read_reply(&stream) {
        reply.error(400);
    }
    assert_eq!(server.post("/collections/a/points/count", &json!({})).result(), json!({"count": 1}));
}

#[test]
fn bodies_beyond_the_memory_for_all_of_them_are_refused_for_now() {
    let server = TestServer::start(limited(|limits| limits.bodies_bytes = 20_000)).with_points("a", 1);
    // Which of the two bodies arrives first, and is let in, is not known: it is tried until the second one is the one that is refused.
    let (holding, refused) = loop {
        let mut holding = connect(server.addr);
        let begun = head("PUT", "/collections/a/points", &[], 16_000) + &" ".repeat(15_999);
        holding.write_all(begun.as_bytes()).unwrap();
        let reply = request(server.addr, "PUT", "/collections/a/points", &[], &[b' '; 10_000]);
        if reply.status == 429 {
            break (holding, reply);
        }
    };
    assert_eq!(refused.header("retry-after"), Some("1"));
    assert!(refused.error(429).contains("`bodies_bytes`"));
    drop(holding);
    // The share comes back with the end of the connection.
    while request(server.addr, "POST", "/collections/a/points/count", &[], &[b' '; 10_000]).status == 429 {
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn connections_beyond_the_limit_are_told_so() {
    let server = TestServer::start(limited(|limits| limits.connections = 3));
    let held: Vec<_> = (0..3)
        .map(|_| {
            let mut stream = connect(server.addr);
            stream.write_all(b"GET /livez HTTP/1.1\r\nhost: localhost\r\n\r\n").unwrap();
            assert_eq!(read_reply(&stream).unwrap().status, 200);
            stream
        })
        .collect();
    let refused = request(server.addr, "GET", "/livez", &[], &[]);
    assert_eq!(refused.header("retry-after"), Some("1"));
    assert!(refused.error(503).contains("`connections`"));
    drop(held);
    while request(server.addr, "GET", "/livez", &[], &[]).status == 503 {
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn a_crowd_of_silent_connections_does_not_keep_the_server() {
    // Idle ones are closed, too, so that the crowd is gone in the end.
    let server = TestServer::start(limited(|limits| (limits.connections, limits.head_ms) = (8, 500)));
    // More than are told why: the others are closed without a word.
    let mut crowd: Vec<_> = (0..300).map(|_| connect(server.addr)).collect();
    for stream in &mut crowd {
        let mut rest = Vec::new();
        let _ = stream.read_to_end(&mut rest);
        let status = rest.get(9..12).unwrap_or_default();
        assert!(rest.is_empty() || [&b"503"[..], b"408"].contains(&status), "{}", String::from_utf8_lossy(&rest));
    }
    // The server closed all of them; when it has put the last one away, it answers again.
    let answers = || {
        let mut stream = connect(server.addr);
        stream.write_all(head("GET", "/metrics", &[], 0).as_bytes()).ok()?;
        read_reply(&stream).filter(|reply| reply.status == 200)
    };
    let metrics = loop {
        match answers() {
            Some(reply) => break reply,
            None => std::thread::sleep(Duration::from_millis(5)),
        }
    };
    let refused = metrics.text().lines().find_map(|line| line.strip_prefix("sop_refused_connections_total "));
    let refused: u64 = refused.unwrap_or_else(|| panic!("{}", metrics.text())).parse().unwrap();
    assert!(refused > 0);
}

#[test]
fn a_client_that_takes_nothing_of_its_answer_is_given_up_on() {
    let config = limited(|limits| (limits.stalled_ms, limits.connections) = (100, 1));
    let server = TestServer::start(config).with_points("a", 5_000);
    let body = br#"{"limit": 5000, "with_vector": true}"#;
    let mut stream = connect(server.addr);
    // Answers of some megabytes do not fit in the buffers of the system.
    let one = head("POST", "/collections/a/points/scroll", &[], body.len()).replace("connection: close\r\n", "");
    for _ in 0..40 {
        if stream.write_all(one.as_bytes()).and_then(|()| stream.write_all(body)).is_err() {
            break;
        }
    }
    // The only connection that may be open becomes free.
    while request(server.addr, "GET", "/livez", &[], &[]).status == 503 {
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn what_no_parser_expects_is_answered_or_closed() {
    let server = TestServer::start(ServerConfig::default());
    for junk in [
        &b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"[..],
        b"GET\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\nhello",
        b"POST / HTTP/1.1\r\nhost: a\r\ncontent-length: -1\r\n\r\n",
        b"POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"\0\0\0\0",
    ] {
        let mut stream = connect(server.addr);
        stream.write_all(junk).unwrap();
        stream.shutdown(Shutdown::Write).unwrap();
        let reply = read_reply(&stream);
        assert!(reply.as_ref().is_none_or(|reply| reply.status >= 400), "{reply:?}");
    }
    assert_eq!(server.get("/livez").status, 200);
}

#[test]
fn a_crowd_is_answered_rightly_or_told_to_come_back() {
    let config = limited(|limits| (limits.reads, limits.queue) = (1, 1));
    let server = TestServer::start(config).with_points("a", 3_000);
    let (sender, answers) = mpsc::channel();
    std::thread::scope(|scope| {
        for _ in 0..16 {
            let (sender, server) = (sender.clone(), &server);
            scope.spawn(move || {
                for _ in 0..20 {
                    sender
                        .send(server.post("/collections/a/points/query", &json!({"query": [1, 0], "limit": 100})))
                        .unwrap();
                }
            });
        }
    });
    drop(sender);
    let (mut answered, mut refused) = (0, 0);
    for reply in answers {
        if reply.status == 200 {
            answered += 1;
            let first = reply.result()["points"][0].clone();
            assert_eq!((&first["id"], &first["score"]), (&json!(2_999), &json!(2_999.0)));
        } else {
            refused += 1;
            assert_eq!(reply.header("retry-after"), Some("1"));
            assert!(reply.error(429).contains("`queue`"));
        }
    }
    assert_eq!(answered + refused, 320);
    assert!(answered > 0);
    // Nothing is left over: the next request finds an empty queue.
    assert_eq!(server.post("/collections/a/points/query", &json!({"query": [1, 0]})).status, 200);
}
