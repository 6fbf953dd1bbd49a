//! A server in this process, with an index folder of its own.

use std::net::SocketAddr;
use std::path::Path;
use std::thread::JoinHandle;

use serde_json::{Value, json};
use sop_collection::{Store, StoreOptions};
use sop_server::{Ended, Server, ServerConfig, Stop};
use tempfile::TempDir;

use crate::client::{Reply, request};

pub struct TestServer {
    pub addr: SocketAddr,
    pub stop: Stop,
    running: Option<JoinHandle<Ended>>,
    folder: Option<TempDir>,
}

impl TestServer {
    /// A server with an empty index.
    pub fn start(config: ServerConfig) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut server = Self::over(folder.path(), config);
        server.folder = Some(folder);
        server
    }

    /// A server over an index folder that somebody else keeps.
    pub fn over(folder: &Path, config: ServerConfig) -> Self {
        let store = Store::open(folder, StoreOptions { create: true, ..StoreOptions::default() }).unwrap();
        let server = Server::bind(config, store).unwrap();
        let (addr, stop) = (server.addr(), server.stopper());
        let running = std::thread::spawn(move || server.run().unwrap());
        Self { addr, stop, running: Some(running), folder: None }
    }

    /// Stops the server and waits for its end.
    pub fn end(&mut self) -> Option<Ended> {
        self.stop.stop();
        self.running.take().map(|running| running.join().unwrap())
    }

    pub fn send(&self, method: &str, path: &str, body: &Value) -> Reply {
        self.send_with(method, path, &[], body)
    }

    pub fn send_with(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &Value) -> Reply {
        let mut all = vec![("content-type", "application/json")];
        all.extend(headers);
        request(self.addr, method, path, &all, &serde_json::to_vec(body).unwrap())
    }

    pub fn get(&self, path: &str) -> Reply {
        request(self.addr, "GET", path, &[], &[])
    }

    pub fn post(&self, path: &str, body: &Value) -> Reply {
        self.send("POST", path, body)
    }

    pub fn put(&self, path: &str, body: &Value) -> Reply {
        self.send("PUT", path, body)
    }

    pub fn delete(&self, path: &str) -> Reply {
        request(self.addr, "DELETE", path, &[], &[])
    }

    /// A collection of vectors of two components that are compared by inner product, with points 0 to `count - 1`: point `i` is
    /// `[i, 1]` and has the label `i % 3`.
    pub fn with_points(self, name: &str, count: u64) -> Self {
        let body = json!({"vectors": {"size": 2, "distance": "Dot"}});
        assert_eq!(self.put(&format!("/collections/{name}"), &body).result(), true);
        let points: Vec<Value> =
            (0..count).map(|i| json!({"id": i, "vector": [i as f32, 1.0], "payload": {"label": i % 3}})).collect();
        if count > 0 {
            self.put(&format!("/collections/{name}/points"), &json!({"points": points})).result();
        }
        self
    }
}

impl Drop for TestServer {
    fn drop(&mut self) {
        self.stop.stop();
        if let Some(running) = self.running.take() {
            let _ = running.join();
        }
    }
}
