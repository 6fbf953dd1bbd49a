//! Images that are added and searched for over HTTP.

use std::sync::Arc;

use serde_json::{Value, json};
use sop_core::Encoder;
use sop_embed::stored_transform;
use sop_encoder::PixelsEncoder;
use sop_server::ServerConfig;
use sop_server::encoder::QueueOptions;

use crate::client::Running;
use crate::double::{Double, Trouble, options, serve, serve_double};
use crate::images::{bomb, colours, grey};
use crate::numbers::onnx;

/// What a collection of an encoder's `cls` vectors is created with.
pub fn collection_of(encoder: &dyn Encoder, dim: usize) -> Value {
    let spec = encoder.spec();
    let transform = stored_transform(&spec.transform.as_ref().unwrap().parse().unwrap());
    json!({
        "vectors": {"size": dim, "distance": "Cosine"},
        "sop": {"encoder": spec.name, "encoder_sha256": spec.sha256, "feature": "cls", "transform": transform}
    })
}

/// A server with one encoder and an empty collection `c` of its vectors.
fn server_of(encoder: Arc<dyn Encoder>, dim: usize, options: &QueueOptions) -> Running {
    let server = Running::with(ServerConfig::default(), [serve(Arc::clone(&encoder), options)]);
    let created = server.send_json("PUT", "/collections/c", &collection_of(encoder.as_ref(), dim));
    assert_eq!(created.status, 200, "{}", created.text());
    server
}

fn pixels() -> Running {
    server_of(Arc::new(PixelsEncoder::from_name("16").unwrap()), 768, &options())
}

fn add(server: &Running, id: &str, image: &[u8], payload: &str) {
    let fields: [(&str, Option<&str>, &[u8]); 3] =
        [("id", None, id.as_bytes()), ("payload", None, payload.as_bytes()), ("image", Some("image/png"), image)];
    let added = server.send_form("PUT", "/collections/c/points/image", &fields);
    assert_eq!(added.status, 200, "{}", added.text());
    assert_eq!(added.json()["result"]["status"], "completed");
    assert!(added.header("sop-encoder-sha256").is_some() && added.header("sop-transform").is_some());
}

fn search(server: &Running, query: &str, image: &[u8]) -> Value {
    let path = format!("/collections/c/points/query/image?{query}");
    let found = server.call("POST", &path, &[("content-type", "image/png")], image);
    assert_eq!(found.status, 200, "{}", found.text());
    found.json()["result"]["points"].clone()
}

fn ids(points: &Value) -> Vec<Value> {
    points.as_array().unwrap().iter().map(|point| point["id"].clone()).collect()
}

#[test]
fn an_image_is_added_and_found_again() {
    let server = pixels();
    for seed in 0..6 {
        let payload = format!(r#"{{"label": {}}}"#, seed % 2);
        add(&server, &format!("{}", 10 * seed), &colours([40, 30], seed), &payload);
    }
    add(&server, "a/b c.png", &colours([30, 30], 77), "{}");
    let path = "/collections/c/points/query/image?limit=2&with_payload=true";
    let found = server.call("POST", path, &[("content-type", "image/png")], &colours([40, 30], 3));
    let points = &found.json()["result"]["points"];
    assert_eq!((&points[0]["id"], &points[0]["payload"]), (&json!(30), &json!({"label": 1})));
    assert!((points[0]["score"].as_f64().unwrap() - 1.0).abs() < 1e-6, "{points}");
    assert_eq!(points.as_array().unwrap().len(), 2);
    let encoder = PixelsEncoder::from_name("16").unwrap();
    assert_eq!(found.header("sop-encoder-sha256"), Some(encoder.spec().sha256.as_str()));
    assert!(found.header("sop-transform").unwrap().contains("resize_exact(16,16,bicubic)"));
    assert_eq!(found.header("sop-exact"), Some("true"));
    assert_eq!(found.json()["status"], "ok");

    assert_eq!(ids(&search(&server, "limit=1", &colours([30, 30], 77))), [json!("a/b c.png")]);
    // The filter in the query string and in a form; percent-encoded there.
    let filter = r#"{"must":[{"key":"label","match":{"value":0}}]}"#;
    let encoded: String = filter.bytes().map(|byte| format!("%{byte:02x}")).collect();
    let even = search(&server, &format!("filter={encoded}"), &colours([40, 30], 3));
    let mut found = ids(&even);
    found.sort_by_key(ToString::to_string);
    assert_eq!(found, [json!(0), json!(20), json!(40)]);
    let image = colours([40, 30], 3);
    let fields: [(&str, Option<&str>, &[u8]); 5] = [
        ("image", Some("application/octet-stream"), &image),
        ("filter", None, filter.as_bytes()),
        ("with_vector", None, b"true"),
        ("params", None, br#"{"exact": true}"#),
        ("offset", None, b"1"),
    ];
    let form = server.send_form("POST", "/collections/c/points/query/image?limit=1", &fields).json();
    assert_eq!(form["result"]["points"][0]["id"], even[1]["id"]);
    assert_eq!(form["result"]["points"][0]["vector"].as_array().unwrap().len(), 768);
    let above = search(&server, "score_threshold=0.9999", &image);
    assert_eq!(ids(&above), [json!(30)]);

    // The same id again replaces the vector.
    add(&server, "30", &colours([40, 30], 123), "{}");
    assert_eq!(ids(&search(&server, "limit=1", &colours([40, 30], 123))), [json!(30)]);
    assert_eq!(server.post_json("/collections/c/points/count", &json!({})).json()["result"]["count"], 7);
}

#[test]
fn an_image_is_searched_for_with_its_query_expanded_and_duplicates_folded() {
    let server = pixels();
    for (id, seed) in [("a", 1), ("b", 2), ("again", 1)] {
        add(&server, id, &colours([40, 30], seed), "{}");
    }
    let sop = |text: &str| -> String {
        let encoded: String = text.bytes().map(|byte| format!("%{byte:02x}")).collect();
        format!("sop={encoded}")
    };
    let folded = search(&server, &sop(r#"{"fold_duplicates": 1.0}"#), &colours([40, 30], 1));
    assert_eq!((ids(&folded), &folded[0]["folded"]), (vec![json!("a"), json!("b")], &json!(["again"])));
    // The nearest point in place of the query: its own score becomes 1.
    let alone = search(&server, "limit=1", &colours([40, 30], 7));
    let expanded = r#"{"query_expansion": {"neighbors": 1, "with_query": false}}"#;
    let expanded = search(&server, &format!("limit=1&{}", sop(expanded)), &colours([40, 30], 7));
    let score = |points: &Value| points[0]["score"].as_f64().unwrap();
    assert!(score(&alone) < 0.999_99 && score(&expanded) > 0.999_999, "{alone} {expanded}");
    assert_eq!(expanded[0]["id"], alone[0]["id"]);
    // As a field of the form, too; and what is wrong with it is told by its name.
    let image = colours([40, 30], 1);
    let of_form = |sop: &'static str| {
        let fields: [(&str, Option<&str>, &[u8]); 2] =
            [("image", Some("image/png"), &image), ("sop", None, sop.as_bytes())];
        server.send_form("POST", "/collections/c/points/query/image", &fields)
    };
    assert_eq!(of_form(r#"{"fold_duplicates": 1.0}"#).json()["result"]["points"], folded);
    let refused = of_form(r#"{"fold": 1.0}"#);
    assert!(refused.status == 422 && refused.text().contains("sop"), "{}", refused.text());
}

#[test]
fn many_at_a_time_get_what_each_gets_alone() {
    let server = server_of(onnx(), 16, &QueueOptions { max_batch: 8, ..options() });
    for seed in 0..64 {
        add(&server, &seed.to_string(), &colours([32, 32], seed), "{}");
    }
    let alone: Vec<Value> = (0..64).map(|seed| search(&server, "limit=5", &colours([32, 32], seed))).collect();
    let together: Vec<Value> = std::thread::scope(|scope| {
        let ask = |seed| {
            let server = &server;
            scope.spawn(move || search(server, "limit=5", &colours([32, 32], seed)))
        };
        let asked: Vec<_> = (0..64).map(ask).collect();
        asked.into_iter().map(|asked| asked.join().unwrap()).collect()
    });
    for (seed, (alone, together)) in alone.iter().zip(&together).enumerate() {
        assert_eq!(alone[0]["id"], json!(seed));
        assert_eq!(together[0]["id"], json!(seed));
        for (one, other) in alone.as_array().unwrap().iter().zip(together.as_array().unwrap()) {
            let difference = one["score"].as_f64().unwrap() - other["score"].as_f64().unwrap();
            assert!(difference.abs() < 1e-5, "{alone} {together}");
        }
    }
}

#[test]
fn bad_uploads_are_told_apart() {
    let server = pixels();
    let good = colours([8, 8], 1);
    let bare = |content_type: &str, body: &[u8]| {
        server.call("POST", "/collections/c/points/query/image", &[("content-type", content_type)], body)
    };
    let cases = [
        (bare("image/png", b""), 400, "empty"),
        (bare("image/png", &good[..good.len() / 2]), 422, "truncated PNG"),
        (bare("image/png", &bomb()), 422, "100000 x 100000 pixels exceeds the limit of 67108864"),
        (bare("image/png", b"<html></html>"), 415, "unsupported image format"),
        (bare("text/plain", &good), 415, "not as `text/plain`"),
        (bare("application/json", b"{}"), 415, "not as `application/json`"),
        (bare("multipart/form-data", &good), 400, "boundary"),
        (bare("multipart/form-data; boundary=x", b"--x\r\n"), 400, "form is broken"),
    ];
    for (answer, status, part) in cases {
        assert_eq!(answer.status, status, "{}", answer.text());
        let message = answer.json()["status"]["error"].as_str().unwrap().to_owned();
        assert!(message.contains(part), "{message}");
    }
    type Fields<'a> = &'a [(&'a str, Option<&'a str>, &'a [u8])];
    let image = ("image", Some("image/png"), good.as_slice());
    let id = ("id", None, b"1".as_slice());
    let add: [(Fields<'_>, u16, &str); 8] = [
        (&[image], 422, "field `id` is missing"),
        (&[id], 422, "no field `image`"),
        (&[image, id, image], 422, "`image` comes twice"),
        (&[image, id, id], 422, "`id` comes twice"),
        (&[image, id, ("label", None, b"3")], 422, "unknown field `label`; known are id, payload"),
        (&[image, id, ("payload", None, b"[1]")], 422, "`payload` is no JSON object"),
        (&[id, ("image", Some("text/html"), &good)], 415, "`text/html`"),
        (&[id, ("image", Some("image/png"), b"")], 400, "`image` is empty"),
    ];
    for (fields, status, part) in add {
        let answer = server.send_form("PUT", "/collections/c/points/image", fields);
        assert!(answer.status == status && answer.text().contains(part), "{}: {}", answer.status, answer.text());
    }
    let queries = [
        ("limit=0", "limit"),
        ("limit=1000000000", "limit"),
        ("limit=ten", "`limit` is not JSON"),
        ("colour=red", "unknown field `colour`"),
        ("limit=1&limit=2", "`limit` comes twice"),
        ("filter=%7B%22musst%22:[]%7D", "musst"),
        ("params=%7B%22ef%22:3%7D", "ef"),
        ("with_payload=7", "with_payload"),
        ("timeout=x", "`timeout` is no number"),
    ];
    for (query, part) in queries {
        let path = format!("/collections/c/points/query/image?{query}");
        let answer = server.call("POST", &path, &[("content-type", "image/png")], &good);
        assert!(answer.status == 422 && answer.text().contains(part), "{query}: {} {}", answer.status, answer.text());
    }
    assert_eq!(server.post_json("/collections/c/points/count", &json!({})).json()["result"]["count"], 0);
}

#[test]
fn a_collection_is_searched_with_the_encoder_that_made_it_or_not_at_all() {
    let server = pixels();
    let png = [("content-type", "image/png")];
    let ask =
        |name: &str| server.call("POST", &format!("/collections/{name}/points/query/image"), &png, &colours([8, 8], 1));
    let vectors_only = json!({"vectors": {"size": 768, "distance": "Cosine"}});
    server.send_json("PUT", "/collections/vectors", &vectors_only);
    let refused = ask("vectors");
    assert!(refused.status == 422 && refused.text().contains("holds vectors only"), "{}", refused.text());

    let other = PixelsEncoder::from_name("8").unwrap();
    server.send_json("PUT", "/collections/other", &collection_of(&other, 192));
    let refused = ask("other");
    assert_eq!(refused.status, 422);
    let both = ["collection `other`", "`pixels:8`", other.spec().sha256.as_str(), "`served`"];
    assert!(both.iter().all(|part| refused.text().contains(part)), "{}", refused.text());

    let own = PixelsEncoder::from_name("16").unwrap();
    let mut decoded = collection_of(&own, 768);
    decoded["sop"]["transform"] = json!("decode(other-9)|resize_exact(16,16,bicubic)|normalize(imagenet)");
    server.send_json("PUT", "/collections/decoded", &decoded);
    let refused = ask("decoded");
    assert!(refused.status == 422 && refused.text().contains("decode(other-9)"), "{}", refused.text());
    let mut feature = collection_of(&own, 768);
    feature["sop"]["feature"] = json!("patch_mean");
    server.send_json("PUT", "/collections/feature", &feature);
    let refused = ask("feature");
    assert!(refused.status == 422 && refused.text().contains("`patch_mean`"), "{}", refused.text());
    assert_eq!(ask("nothing").status, 404);

    // Another transform that the encoder can serve is the collection's own.
    let mut normalized = collection_of(&own, 768);
    normalized["sop"]["transform"] =
        json!(stored_transform(&"resize_exact(16,16,nearest)|normalize(none)".parse().unwrap()));
    server.send_json("PUT", "/collections/normalized", &normalized);
    let found = ask("normalized");
    assert_eq!(found.status, 200, "{}", found.text());
    assert!(found.header("sop-transform").unwrap().ends_with("|resize_exact(16,16,nearest)|normalize(none)"));
    // Components that do not fit are told by the collection.
    server.send_json("PUT", "/collections/short", &collection_of(&own, 100));
    let refused = ask("short");
    assert!(refused.status == 422 && refused.text().contains("768 components"), "{}", refused.text());
}

#[test]
fn a_full_queue_is_429_in_qdrants_form() {
    let (double, served) = serve_double(Double::new(), &QueueOptions { queue: 1, ..options() });
    let server = Running::with(ServerConfig::default(), [Arc::into_inner(served).unwrap()]);
    server.send_json("PUT", "/collections/c", &collection_of(double.as_ref(), 2));
    double.shut();
    let ask = || {
        let path = "/collections/c/points/query/image";
        server.call("POST", path, &[("content-type", "image/png")], &grey([2, 2], 1))
    };
    std::thread::scope(|scope| {
        let first = scope.spawn(ask);
        double.wait_for_batches(1);
        let refused = ask();
        assert_eq!(refused.status, 429, "{}", refused.text());
        assert!(refused.header("retry-after").is_some());
        assert!(refused.json()["status"]["error"].as_str().unwrap().contains("1 of at most 1 images"));
        double.open();
        assert_eq!(first.join().unwrap().status, 200);
    });
    assert_eq!(ask().status, 200);
}

#[test]
fn an_encoder_that_fails_over_one_image_answers_the_others() {
    let trouble = Trouble { fails_at: vec![3.0], panics_at: vec![5.0], ..Trouble::default() };
    let (double, served) = serve_double(Double::with(trouble), &options());
    let server = Running::with(ServerConfig::default(), [Arc::into_inner(served).unwrap()]);
    server.send_json("PUT", "/collections/c", &collection_of(double.as_ref(), 2));
    add(&server, "1", &grey([2, 2], 1), "{}");
    let path = "/collections/c/points/query/image";
    let statuses: Vec<u16> = std::thread::scope(|scope| {
        let ask = |value| {
            let server = &server;
            scope
                .spawn(move || server.call("POST", path, &[("content-type", "image/png")], &grey([2, 2], value)).status)
        };
        let asked: Vec<_> = (1..=8).map(ask).collect();
        asked.into_iter().map(|asked| asked.join().unwrap()).collect()
    });
    assert_eq!(statuses, [200, 200, 500, 200, 500, 200, 200, 200]);
}
