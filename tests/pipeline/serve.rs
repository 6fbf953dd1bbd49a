//! A folder of images, embedded, indexed and served.

use serde_json::Value;

use crate::fixture::images::png;
use crate::fixture::{Sandbox, Served};

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
