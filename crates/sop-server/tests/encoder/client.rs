//! A server on a free port, and a client of a few lines.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::thread::JoinHandle;

use serde_json::Value;
use sop_collection::{Store, StoreOptions};
use sop_server::encoder::{EncoderSet, ServedEncoder};
use sop_server::{Ended, Server, ServerConfig, Stop};
use tempfile::TempDir;

/// A running server over an index folder of its own; it stops when this is dropped.
pub struct Running {
    pub addr: SocketAddr,
    _index: TempDir,
    stop: Stop,
    thread: Option<JoinHandle<Ended>>,
}

impl Running {
    /// A server with these encoders.
    pub fn with(config: ServerConfig, encoders: impl IntoIterator<Item = ServedEncoder>) -> Self {
        let mut set = EncoderSet::default();
        encoders.into_iter().for_each(|encoder| set.add(encoder).unwrap());
        let index = tempfile::tempdir().unwrap();
        let store = Store::open(index.path(), StoreOptions { create: true, ..StoreOptions::default() }).unwrap();
        let server = Server::bind(config, store).unwrap().with_encoders(set);
        let (addr, stop) = (server.addr(), server.stopper());
        let thread = Some(std::thread::spawn(move || server.run().unwrap()));
        Self { addr, _index: index, stop, thread }
    }

    pub fn get(&self, path: &str) -> Answer {
        self.call("GET", path, &[], &[])
    }

    pub fn post_json(&self, path: &str, body: &Value) -> Answer {
        self.send_json("POST", path, body)
    }

    pub fn send_json(&self, method: &str, path: &str, body: &Value) -> Answer {
        self.call(method, path, &[("content-type", "application/json")], body.to_string().as_bytes())
    }

    /// A `multipart/form-data` of fields: name, content type where there is one, content.
    pub fn send_form(&self, method: &str, path: &str, fields: &[(&str, Option<&str>, &[u8])]) -> Answer {
        let mut body = Vec::new();
        for (name, content_type, content) in fields {
            body.extend(format!("--frontier\r\ncontent-disposition: form-data; name=\"{name}\"").bytes());
            if let Some(content_type) = content_type {
                body.extend(format!("; filename=\"f\"\r\ncontent-type: {content_type}").bytes());
            }
            body.extend(b"\r\n\r\n");
            body.extend(*content);
            body.extend(b"\r\n");
        }
        body.extend(b"--frontier--\r\n");
        self.call(method, path, &[("content-type", "multipart/form-data; boundary=frontier")], &body)
    }

    /// One request over a connection of its own.
    pub fn call(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
        let mut head = format!("{method} {path} HTTP/1.1\r\nhost: {}\r\nconnection: close\r\n", self.addr);
        for (name, value) in headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        head.push_str(&format!("content-length: {}\r\n\r\n", body.len()));
        self.raw(&[head.as_bytes(), body].concat())
    }

    /// Sends bytes as they are and reads until the server closes.
    pub fn raw(&self, bytes: &[u8]) -> Answer {
        let mut stream = TcpStream::connect(self.addr).unwrap();
        // A server that refuses early may close before everything is sent.
        let _ = stream.write_all(bytes);
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        Answer::of(&answer)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.stop.stop();
        let ended = self.thread.take().unwrap().join();
        if !std::thread::panicking() {
            assert_eq!(ended.unwrap(), Ended::Complete);
        }
    }
}

/// An answer with lower-case header names.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Answer {
    fn of(bytes: &[u8]) -> Self {
        let end = bytes.windows(4).position(|window| window == b"\r\n\r\n");
        let end = end.unwrap_or_else(|| panic!("no answer: {:?}", String::from_utf8_lossy(bytes)));
        let head = String::from_utf8(bytes[..end].to_vec()).unwrap();
        let mut lines = head.split("\r\n");
        let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
        let header = |line: &str| line.split_once(": ").map(|(name, value)| (name.to_lowercase(), value.to_owned()));
        let headers: Vec<_> = lines.filter_map(header).collect();
        assert!(!headers.iter().any(|(name, _)| name == "transfer-encoding"), "{headers:?}");
        Self { status, headers, body: bytes[end + 4..].to_vec() }
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.text()))
    }
}
