//! A folder of images, embedded, indexed and served.

use serde_json::{Value, json};

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
fn a_whitened_collection_takes_images_embeddings_and_its_own_vectors() {
    let sandbox = Sandbox::with_image_folder();
    sandbox.sop("embed --encoder pixels:8 --data folder:images --out images.parquet --quiet").succeeds();
    let line =
        "index build --embeddings images.parquet --out index --collection photos --quiet --whitening-dim 3 --centred";
    sandbox.sop(line).succeeds();
    let served = Served::start(&sandbox, "--index index --encoder pixels:8");
    let info = served.result("GET", "/collections/photos", "text/plain", b"");
    assert_eq!(
        (&info["config"]["params"]["vectors"]["size"], &info["sop"]["whitening"]["embedding_dim"]),
        (&json!(3), &json!(192))
    );
    // Four points, centred and whitened to three components, are the corners of a tetrahedron: cosines of -1/3.
    let check = |found: &Value, id: &str| {
        let points = found["points"].as_array().unwrap();
        assert_eq!((points.len(), &points[0]["id"]), (4, &json!(id)), "{found}");
        for (place, point) in points.iter().enumerate() {
            let expected = if place == 0 { 1.0 } else { -1.0 / 3.0 };
            assert!((point["score"].as_f64().unwrap() - expected).abs() < 1e-4, "{found}");
        }
    };
    let by_image = "/collections/photos/points/query/image?limit=4&with_vector=true";
    let found = served.result("POST", by_image, "image/png", &png(16, 10));
    check(&found, "bee/0.png");
    let own = &found["points"][0]["vector"];
    assert_eq!(own.as_array().unwrap().len(), 3);
    let by_vector = |vector: &Value| {
        let body = json!({"query": vector, "limit": 4}).to_string();
        served.result("POST", "/collections/photos/points/query", "application/json", body.as_bytes())
    };
    check(&by_vector(own), "bee/0.png");
    let (ids, _, vectors) = sandbox.read_embeddings("images.parquet");
    for (id, vector) in ids.iter().zip(&vectors) {
        check(&by_vector(&json!(vector)), id);
    }
    let wrong = json!({"query": [1.0, 2.0], "limit": 1}).to_string();
    let (_, body) = served.ask("POST", "/collections/photos/points/query", "application/json", wrong.as_bytes());
    assert!(String::from_utf8_lossy(&body).contains("192, or 3 where they are whitened already"));
}

#[test]
fn an_image_is_searched_for_at_the_scales_of_the_collection() {
    let sandbox = Sandbox::with_image_folder();
    sandbox.import_vit(1, "vit.onnx");
    for (name, scales) in [("one", "1"), ("two", "1,0.5")] {
        let transform = format!("resize_exact(32,32,bicubic)|normalize(imagenet)|scales({scales})");
        let line =
            format!("embed --encoder vit.onnx --data folder:images --transform {transform} --out {name}.parquet");
        sandbox.sop(&line).succeeds();
        let line = format!("index build --embeddings {name}.parquet --out index --collection {name} --quiet");
        sandbox.sop(&line).succeeds();
    }
    let served = Served::start(&sandbox, "--index index --encoder vit.onnx");
    let mut vectors = Vec::new();
    for (name, scales) in [("one", "normalize(imagenet)"), ("two", "scales(1,0.5)")] {
        let path = format!("/collections/{name}/points/query/image?limit=1&with_vector=true");
        let (head, body) = served.ask("POST", &path, "image/png", &png(16, 10));
        assert!(head.starts_with("http/1.1 200") && head.contains(scales), "{head}");
        let found: Value = serde_json::from_slice(&body).unwrap();
        let best = found["result"]["points"][0].clone();
        assert_eq!(best["id"], "bee/0.png");
        assert!((best["score"].as_f64().unwrap() - 1.0).abs() < 1e-6, "{best}");
        vectors.push(best["vector"].clone());
    }
    assert_ne!(vectors[0], vectors[1]);
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
