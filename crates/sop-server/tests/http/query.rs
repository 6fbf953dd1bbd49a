//! Searches.

use serde_json::{Value, json};
use sop_server::ServerConfig;

use crate::server::TestServer;

const QUERY: &str = "/collections/a/points/query";

fn ids(result: &Value) -> Vec<u64> {
    result["points"].as_array().unwrap().iter().map(|point| point["id"].as_u64().unwrap()).collect()
}

#[test]
fn the_nearest_come_first_with_their_scores() {
    let server = TestServer::start(ServerConfig::default()).with_points("a", 20);
    let reply =
        server.post(QUERY, &json!({"query": [2.0, 0.5], "limit": 3, "with_payload": true, "with_vector": true}));
    assert_eq!(reply.header("sop-exact"), Some("true"));
    assert_eq!(reply.header("sop-encoder-sha256"), None);
    let points = reply.result()["points"].clone();
    assert_eq!(
        points[0],
        json!({"id": 19, "version": points[0]["version"], "score": 38.5, "payload": {"label": 1}, "vector": [19.0, 1.0]})
    );
    assert_eq!((points[2]["id"].clone(), points[2]["score"].clone()), (json!(17), json!(34.5)));
    let bare = server.post(QUERY, &json!({"query": {"nearest": [2.0, 0.5]}, "limit": 1})).result()["points"][0].clone();
    assert!(bare.get("payload").is_none() && bare.get("vector").is_none());
}

#[test]
fn a_point_is_no_hit_of_its_own_query() {
    let server = TestServer::start(ServerConfig::default()).with_points("a", 5);
    assert_eq!(ids(&server.post(QUERY, &json!({"query": 4})).result()), [3, 2, 1, 0]);
    assert_eq!(ids(&server.post(QUERY, &json!({"query": "4", "limit": 2})).result()), [3, 2]);
    assert!(server.post(QUERY, &json!({"query": 99})).error(404).contains("99"));
}

#[test]
fn hits_are_skipped_filtered_and_cut() {
    let server = TestServer::start(ServerConfig::default()).with_points("a", 20);
    let query = |more: Value| {
        let mut body = json!({"query": [1.0, 0.0], "limit": 4});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        ids(&server.post(QUERY, &body).result())
    };
    assert_eq!(query(json!({})), [19, 18, 17, 16]);
    assert_eq!(query(json!({"offset": 3})), [16, 15, 14, 13]);
    assert_eq!(query(json!({"offset": 100})), [0; 0]);
    assert_eq!(query(json!({"score_threshold": 17.5})), [19, 18]);
    assert_eq!(query(json!({"filter": {"must": [{"key": "label", "match": {"value": 0}}]}})), [18, 15, 12, 9]);
    assert_eq!(query(json!({"filter": {"must_not": [{"has_id": [19, 17]}]}})), [18, 16, 15, 14]);
    assert_eq!(query(json!({"filter": {}})), [19, 18, 17, 16]);
    assert_eq!(query(json!({"params": {"exact": true, "hnsw_ef": 5, "quantization": null}})), [19, 18, 17, 16]);
}

#[test]
fn without_a_query_points_are_listed() {
    let server = TestServer::start(ServerConfig::default()).with_points("a", 5);
    let result = server.post(QUERY, &json!({"limit": 2, "offset": 1})).result();
    assert_eq!((ids(&result), &result["points"][0]["score"]), (vec![1, 2], &json!(0.0)));
    assert_eq!(ids(&server.post(QUERY, &json!({"offset": 9})).result()), [0; 0]);
    server.post(QUERY, &json!({"score_threshold": 1.0})).error(422);
}

#[test]
fn searches_are_answered_together_in_order() {
    let server = TestServer::start(ServerConfig::default()).with_points("a", 9);
    let searches = json!([
        {"query": [1.0, 0.0], "limit": 2},
        {"limit": 1},
        {"query": 0, "limit": 3, "filter": {"must": [{"key": "label", "match": {"any": [1]}}]}},
    ]);
    let reply = server.post("/collections/a/points/query/batch", &json!({"searches": searches}));
    assert_eq!(reply.header("sop-exact"), Some("true"));
    let answers = reply.result();
    let all: Vec<Vec<u64>> = answers.as_array().unwrap().iter().map(ids).collect();
    assert_eq!(all, [vec![8, 7], vec![0], vec![1, 4, 7]]);
    let wrong = json!({"searches": [{"query": 1}, {"query": [1.0]}]});
    server.post("/collections/a/points/query/batch", &wrong).error(422);
    let wrong = json!({"searches": [{"query": 1}, {"query": 1, "limit": 0}]});
    assert!(server.post("/collections/a/points/query/batch", &wrong).error(422).contains("searches[1]"));
}

#[test]
fn what_cannot_be_answered_rightly_is_refused() {
    let server = TestServer::start(ServerConfig::default()).with_points("a", 3);
    let cases = [
        (json!({"query": [1.0]}), "1 components"),
        (json!({"query": [1.0, 2.0, 3.0]}), "3 components"),
        (json!({"query": [1.0, 1e40]}), "component 1"),
        (json!({"query": {"recommend": {"positive": [1]}}}), "recommend"),
        (json!({"query": {"fusion": "rrf"}}), "fusion"),
        (json!({"query": [1, 2], "using": "image"}), "image"),
        (json!({"query": [1, 2], "prefetch": [{"query": [1, 2]}]}), "prefetch"),
        (json!({"query": [1, 2], "lookup_from": {"collection": "b"}}), "lookup_from"),
        (json!({"query": [1, 2], "shard_key": "s"}), "shard_key"),
        (json!({"query": [1, 2], "limit": 0}), "limit"),
        (json!({"query": [1, 2], "limit": 10_001}), "10000"),
        (json!({"query": [1, 2], "limit": -1}), "limit"),
        (json!({"query": [1, 2], "offset": 1_000_000_000}), "offset"),
        (json!({"query": [1, 2], "params": {"hnsw_ef": 0}}), "hnsw_ef"),
        (json!({"query": [1, 2], "params": {"speed": 11}}), "speed"),
        (json!({"query": [1, 2], "filter": {"mustt": []}}), "mustt"),
        (json!({"query": [1, 2], "filter": {"must": [{"key": "a", "match": {"text": "b"}}]}}), "text"),
        (json!({"query": [1, 2], "limits": 3}), "limits"),
    ];
    for (body, word) in cases {
        let error = server.post(QUERY, &body).error(422);
        assert!(error.contains(word), "{body}: {error}");
    }
    let null = json!({"query": [1, 2], "prefetch": null, "lookup_from": null, "using": null, "shard_key": null, "filter": null});
    server.post(QUERY, &null).result();
    server.post("/collections/a/points/query?timeout=5&consistency=all", &null).result();
    assert!(server.post("/collections/a/points/query?speed=1", &null).error(400).contains("speed"));
}

#[test]
fn searches_that_are_made_together_have_the_answers_of_each_alone() {
    // One read at a time, so that the others wait and are taken along.
    let mut config = ServerConfig::default();
    config.limits.reads = 1;
    let server = TestServer::start(config).with_points("a", 2_000).with_points("b", 50);
    let searches: Vec<(&str, Value)> = (0..96)
        .map(|number| {
            let (x, y) = (f64::from(number % 7) - 3.0, f64::from(number % 5) + 0.5);
            let mut body = json!({"query": [x, y], "limit": 3 + number % 2});
            match number % 8 {
                0 => body["filter"] = json!({"must": [{"key": "label", "match": {"value": number % 3}}]}),
                1 => body["score_threshold"] = json!(1.0),
                2 => body["query"] = json!(number),
                3 => body["offset"] = json!(1),
                // These fail, alone.
                4 => body["query"] = json!([1.0, 2.0, 3.0]),
                5 => body["query"] = json!(1_000_000),
                6 => body["with_payload"] = json!(true),
                _ => {}
            }
            (if number % 11 == 0 { "/collections/b/points/query" } else { QUERY }, body)
        })
        .collect();
    let ask = |(path, body): &(&str, Value)| {
        let reply = server.post(path, body);
        (reply.status, reply.json()["result"].clone(), reply.json()["status"].clone())
    };
    let alone: Vec<_> = searches.iter().map(ask).collect();
    let failed = alone.iter().filter(|(status, ..)| *status != 200).count();
    assert!((20..=30).contains(&failed), "{failed}");
    for _ in 0..4 {
        let together: Vec<_> = std::thread::scope(|scope| {
            let threads: Vec<_> = searches.iter().map(|search| scope.spawn(|| ask(search))).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        for ((search, alone), together) in searches.iter().zip(&alone).zip(together) {
            assert_eq!(&together, alone, "{search:?}");
        }
    }
}
