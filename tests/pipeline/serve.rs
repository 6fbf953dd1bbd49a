//! A folder of images, embedded, indexed and served.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Stdio};

use serde_json::Value;

use crate::fixture::Sandbox;
use crate::fixture::images::png;

/// `sop serve`, which ends with the test.
struct Served {
    process: Child,
    address: String,
}

impl Served {
    fn start(sandbox: &Sandbox, line: &str) -> Self {
        let mut command = sandbox.command(env!("CARGO_BIN_EXE_sop"));
        command.args(["serve", "--listen", "127.0.0.1:0", "--json", "--quiet"]).args(line.split_whitespace());
        let mut process = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut first = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut first).unwrap();
        let first: Value = serde_json::from_str(&first).unwrap();
        let address = first["listening"].as_str().unwrap().strip_prefix("http://").unwrap().to_owned();
        Self { process, address }
    }

    /// Head and body of an answer.
    fn ask(&self, method: &str, path: &str, kind: &str, body: &[u8]) -> (String, Vec<u8>) {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        let (address, length) = (&self.address, body.len());
        let head = format!(
            "{method} {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\ncontent-type: {kind}\r\ncontent-length: {length}\r\n\r\n"
        );
        stream.write_all(head.as_bytes()).unwrap();
        stream.write_all(body).unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        let end = answer.windows(4).position(|window| window == b"\r\n\r\n").unwrap() + 4;
        let body = answer.split_off(end);
        (String::from_utf8(answer).unwrap().to_lowercase(), body)
    }

    /// The result of an answer that must be good.
    fn result(&self, method: &str, path: &str, kind: &str, body: &[u8]) -> Value {
        let (head, body) = self.ask(method, path, kind, body);
        assert!(head.starts_with("http/1.1 200"), "{head}{}", String::from_utf8_lossy(&body));
        serde_json::from_slice::<Value>(&body).unwrap()["result"].clone()
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[test]
fn images_are_searched_over_http_from_a_folder_of_them() {
    let sandbox = Sandbox::with_image_folder();
    sandbox.sop("embed --encoder pixels:8 --data folder:images --out images.parquet --quiet").succeeds();
    let line = "index build --embeddings images.parquet --out index --collection photos --data folder:images --quiet";
    sandbox.sop(line).succeeds();
    let served = Served::start(&sandbox, "--index index --encoder pixels:8");
    // Another process may read beside the server, and may not write.
    sandbox.sop("index stats --index index").succeeds().prints(&["photos: 4 points"]);
    sandbox.sop("index remove --index index --collection photos --id bee/0.png").exits(2).says(&["in use"]);

    let path = "/collections/photos/points/query/image?limit=2&with_payload=true";
    let (head, body) = served.ask("POST", path, "image/png", &png(16, 10));
    assert!(head.starts_with("http/1.1 200") && head.contains("sop-exact: true"), "{head}");
    assert!(head.contains("sop-encoder-sha256: ") && head.contains("sop-transform: "), "{head}");
    let found: Value = serde_json::from_slice(&body).unwrap();
    let best = &found["result"]["points"][0];
    assert_eq!((&best["id"], &best["payload"]["class"]), (&Value::from("bee/0.png"), &Value::from("bee")));
    assert!((best["score"].as_f64().unwrap() - 1.0).abs() < 1e-6, "{best}");

    let (head, picture) = served.ask("GET", "/collections/photos/points/bee%2F0.png/image?size=64", "text/plain", b"");
    assert!(head.starts_with("http/1.1 200") && head.contains("content-type: image/"), "{head}");
    assert!(!picture.is_empty());
    let body = br#"{"query":"bee/0.png","limit":1,"filter":{"must":[{"key":"class","match":{"value":"ant"}}]}}"#;
    let found = served.result("POST", "/collections/photos/points/query", "application/json", body);
    assert!(found["points"][0]["id"].as_str().unwrap().starts_with("ant/"), "{found}");
    let (head, page) = served.ask("GET", "/ui", "text/plain", b"");
    assert!(head.contains("text/html") && String::from_utf8_lossy(&page).contains("<html"), "{head}");

    let body = br#"{"points":["bee/0.png"]}"#;
    served.result("POST", "/collections/photos/points/delete?wait=true", "application/json", body);
    drop(served);
    // What was acknowledged before the process was killed stays.
    let served = Served::start(&sandbox, "--index index");
    let count = served.result("POST", "/collections/photos/points/count", "application/json", b"{}");
    assert_eq!(count["count"], 3);
    // Without the encoder there are no images to search with.
    let (head, body) = served.ask("POST", path, "image/png", &png(16, 10));
    assert!(head.starts_with("http/1.1 422"), "{head}{}", String::from_utf8_lossy(&body));
}

#[test]
fn settings_that_cannot_be_are_refused() {
    let sandbox = Sandbox::new();
    sandbox.refuses("serve", &["no index folder", "--index"]);
    sandbox.refuses("serve --index index --listen 0.0.0.0:0", &["--api-key-file"]);
    sandbox.refuses("serve --index index --encoder missing.onnx", &["missing.onnx"]);
    sandbox.refuses("serve --index index --api-key-file none", &["none"]);
    sandbox.write("serve.toml", "index = \"index\"\nlimit = 3\n");
    sandbox.refuses("serve --config serve.toml", &["serve.toml", "unknown field `limit`"]);
    sandbox.write("serve.toml", "[limits]\nbody = 3\n");
    sandbox.refuses("serve --config serve.toml", &["serve.toml", "body"]);
}
