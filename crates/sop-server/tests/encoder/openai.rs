//! `/v1/embeddings` and `/v1/models` over HTTP.

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use sop_core::Encoder;
use sop_encoder::PixelsEncoder;
use sop_server::ServerConfig;
use sop_server::encoder::QueueOptions;

use crate::client::Running;
use crate::double::{Double, Trouble, options, serve, serve_double};
use crate::images::{bomb, colours, grey};

fn uri(file: &[u8]) -> String {
    format!("data:image/png;base64,{}", STANDARD.encode(file))
}

fn pixels() -> Running {
    let encoder: Arc<dyn Encoder> = Arc::new(PixelsEncoder::from_name("16").unwrap());
    Running::with(ServerConfig::default(), [serve(encoder, &options())])
}

fn floats(embedding: &Value) -> Vec<f32> {
    embedding.as_array().unwrap().iter().map(|value| value.as_f64().unwrap() as f32).collect()
}

fn of_base64(embedding: &Value) -> Vec<f32> {
    let bytes = STANDARD.decode(embedding.as_str().unwrap()).unwrap();
    bytes.chunks_exact(4).map(|bytes| f32::from_le_bytes(bytes.try_into().unwrap())).collect()
}

/// What the encoder itself makes of a file.
fn expected(file: &[u8]) -> Vec<f32> {
    let encoder = PixelsEncoder::from_name("16").unwrap();
    let transform: sop_image::transform::Transform = encoder.spec().transform.as_ref().unwrap().parse().unwrap();
    let tensor = transform.apply_to_file(file, &sop_image::DecodeLimits::default()).unwrap();
    let output = encoder.encode(tensor.view().insert_axis(ndarray::Axis(0)), &encoder.spec().outputs).unwrap();
    output.cls().unwrap().row(0).to_vec()
}

#[test]
fn vectors_come_as_numbers_and_as_base64() {
    let server = pixels();
    let files: Vec<Vec<u8>> = (0..3).map(|seed| colours([30, 20], seed)).collect();
    let one = server.post_json("/v1/embeddings", &json!({"model": "served", "input": uri(&files[0])}));
    assert_eq!(one.status, 200, "{}", one.text());
    let body = one.json();
    assert_eq!((&body["object"], &body["model"]), (&json!("list"), &json!("served")));
    assert_eq!(body["usage"], json!({"prompt_tokens": 0, "total_tokens": 0}));
    assert_eq!(body["data"][0]["object"], "embedding");
    assert_eq!(floats(&body["data"][0]["embedding"]), expected(&files[0]));
    let encoder = PixelsEncoder::from_name("16").unwrap();
    assert_eq!(one.header("sop-encoder-sha256"), Some(encoder.spec().sha256.as_str()));
    assert!(one.header("sop-transform").unwrap().ends_with("|resize_exact(16,16,bicubic)|normalize(imagenet)"));

    let input = json!([uri(&files[0]), {"type": "image_url", "image_url": {"url": uri(&files[1])}}, uri(&files[2])]);
    let request = json!({
        "model": "served", "input": input, "encoding_format": "base64", "dimensions": 768, "modality": "image", "user": "me"
    });
    let several = server.post_json("/v1/embeddings", &request).json();
    for (place, file) in files.iter().enumerate() {
        assert_eq!(several["data"][place]["index"], json!(place));
        assert_eq!(of_base64(&several["data"][place]["embedding"]), expected(file));
    }
}

#[test]
fn models_are_listed_and_found() {
    let server = pixels();
    let list = server.get("/v1/models").json();
    assert_eq!(list["object"], "list");
    let one = server.get("/v1/models/served").json();
    assert_eq!(list["data"], json!([one]));
    assert_eq!((&one["id"], &one["object"], &one["dimensions"]), (&json!("served"), &json!("model"), &json!(768)));
    let missing = server.get("/v1/models/other%2Fmodel");
    assert_eq!(missing.status, 404);
    let error = &missing.json()["error"];
    assert_eq!((&error["code"], &error["param"]), (&json!("model_not_found"), &json!("model")));
    assert!(error["message"].as_str().unwrap().contains("`other/model`; served are: `served`"), "{error}");
}

#[test]
fn what_cannot_be_embedded_is_told_in_openais_form() {
    let server = pixels();
    let good = uri(&colours([9, 9], 1));
    let cases = [
        (json!({"model": "served", "input": "a photo of a cat"}), 400, json!("input"), "sees images"),
        (json!({"model": "other", "input": good}), 404, json!("model"), "no encoder is called `other`"),
        (json!({"model": "served", "input": good, "dimensions": 256}), 400, json!("dimensions"), "768 components"),
        (json!({"model": "served", "input": "https://example.org/a.png"}), 422, json!("input"), "not fetched"),
        (
            json!({"model": "served", "input": [good, uri(b"<html>")]}),
            415,
            json!("input[1]"),
            "unsupported image format",
        ),
        (json!({"model": "served", "input": uri(&bomb())}), 422, json!("input"), "100000 x 100000 pixels"),
        (json!({"model": "served", "input": good, "size": 3}), 422, Value::Null, "unknown field `size`"),
        (json!({"model": "served", "input": good, "encoding_format": "int8"}), 422, Value::Null, "int8"),
        (json!({"model": "served", "input": good, "modality": "text"}), 422, Value::Null, "`text`"),
        (json!({"model": "served"}), 422, Value::Null, "missing field `input`"),
        (json!({"model": "served", "input": vec![good.clone(); 257]}), 413, json!("input"), "256 images"),
    ];
    for (request, status, param, part) in cases {
        let answer = server.post_json("/v1/embeddings", &request);
        let error = &answer.json()["error"];
        assert_eq!((answer.status, &error["param"]), (status, &param), "{error}");
        assert!(error["message"].as_str().unwrap().contains(part), "{error}");
        assert!(error["type"].is_string() && error.get("code").is_some(), "{error}");
    }
    let not_json = server.call("POST", "/v1/embeddings", &[("content-type", "image/png")], b"x");
    assert_eq!(not_json.status, 415);
    assert!(not_json.json()["error"]["message"].as_str().unwrap().contains("application/json"));
}

#[test]
fn a_full_queue_is_429_and_everything_accepted_is_answered() {
    let (double, served) = serve_double(Double::new(), &QueueOptions { queue: 4, ..options() });
    let server = Running::with(ServerConfig::default(), [Arc::into_inner(served).unwrap()]);
    double.shut();
    let ask = |value: u8| json!({"model": "served", "input": uri(&grey([2, 2], value))});
    std::thread::scope(|scope| {
        let asked: Vec<_> = (1..=4)
            .map(|value| {
                scope.spawn({
                    let server = &server;
                    move || server.post_json("/v1/embeddings", &ask(value))
                })
            })
            .collect();
        let queue = || {
            let text = server.get("/metrics").text();
            let line = text.lines().find(|line| line.starts_with("sop_encoder_queue{")).unwrap().to_owned();
            line.split(' ').nth(1).unwrap().parse::<usize>().unwrap()
        };
        while queue() < 4 {
            std::thread::yield_now();
        }
        let refused = server.post_json("/v1/embeddings", &ask(5));
        assert_eq!(refused.status, 429, "{}", refused.text());
        assert_eq!(refused.json()["error"]["type"], "rate_limit_error");
        let after: u64 = refused.header("retry-after").unwrap().parse().unwrap();
        assert!((1..=60).contains(&after));
        double.open();
        for (value, answer) in (1..=4).zip(asked) {
            let answer = answer.join().unwrap();
            assert_eq!(answer.status, 200, "{}", answer.text());
            assert_eq!(answer.json()["data"][0]["embedding"], json!([f64::from(value), f64::from(2 * value)]));
        }
    });
    let metrics = server.get("/metrics").text();
    assert!(metrics.contains("sop_encoder_refused_total{encoder=\"served\"} 1"), "{metrics}");
    assert!(metrics.contains("sop_encoder_queue{encoder=\"served\"} 0"), "{metrics}");
}

#[test]
fn an_encoder_that_fails_is_500_and_the_next_request_is_answered() {
    let trouble = Trouble { fails_at: vec![2.0], panics_at: vec![3.0], ..Trouble::default() };
    let (_, served) = serve_double(Double::with(trouble), &options());
    let server = Running::with(ServerConfig::default(), [Arc::into_inner(served).unwrap()]);
    let ask = |values: &[u8]| {
        let input: Vec<String> = values.iter().map(|&value| uri(&grey([2, 2], value))).collect();
        server.post_json("/v1/embeddings", &json!({"model": "served", "input": input}))
    };
    let failed = ask(&[1, 2]);
    assert_eq!((failed.status, &failed.json()["error"]["param"]), (500, &json!("input[1]")), "{}", failed.text());
    assert!(failed.text().contains("failed while running: out of memory"), "{}", failed.text());
    let panicked = ask(&[3]);
    assert_eq!((panicked.status, &panicked.json()["error"]["type"]), (500, &json!("server_error")));
    assert_eq!(ask(&[1, 4]).status, 200);
}
