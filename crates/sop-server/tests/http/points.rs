//! Points: add, read, change, remove.

use serde_json::{Value, json};
use sop_server::ServerConfig;

use crate::server::TestServer;

#[test]
fn points_are_added_replaced_and_read() {
    let server = TestServer::start(ServerConfig::default()).with_points("a", 3);
    let points = json!({"points": [
        {"id": 1, "vector": [0.5, -0.25], "payload": {"new": true}},
        {"id": "text/with ü", "vector": [1e-3, 2.0]},
    ]});
    let first = server.put("/collections/a/points?wait=true&ordering=strong", &points).result();
    assert_eq!(first["status"], "completed");
    let records =
        server.post("/collections/a/points", &json!({"ids": [1, "text/with ü", 99], "with_vector": true})).result();
    assert_eq!(
        records,
        json!([
            {"id": 1, "payload": {"new": true}, "vector": [0.5, -0.25]},
            {"id": "text/with ü", "payload": {}, "vector": [0.001, 2.0]},
        ])
    );
    let columns = json!({"batch": {"ids": [7, 8], "vectors": [[1, 2], [3, 4]], "payloads": [{"k": "v"}, null]}});
    let second = server.put("/collections/a/points", &columns).result();
    assert!(second["operation_id"].as_u64() > first["operation_id"].as_u64());
    assert_eq!(
        server.get("/collections/a/points/7").result(),
        json!({"id": 7, "payload": {"k": "v"}, "vector": [1.0, 2.0]})
    );
    assert_eq!(server.post("/collections/a/points/count", &json!({})).result(), json!({"count": 6}));
}

#[test]
fn ids_in_paths_are_percent_encoded_and_come_back_as_given() {
    let server = TestServer::start(ServerConfig::default()).with_points("a", 0);
    let ids = ["a/b", "../x", "a b", "?q=1", "ü", "%2F", "7", "#", "."];
    let points: Vec<Value> = ids.iter().map(|id| json!({"id": id, "vector": [1, 1]})).collect();
    server.put("/collections/a/points", &json!({"points": points})).result();
    for (id, path) in [
        ("a/b", "a%2Fb"),
        ("../x", "..%2Fx"),
        ("a b", "a%20b"),
        ("?q=1", "%3Fq%3D1"),
        ("ü", "%C3%BC"),
        ("%2F", "%252F"),
        ("7", "7"),
        ("#", "%23"),
        (".", "%2E"),
    ] {
        assert_eq!(server.get(&format!("/collections/a/points/{path}")).result()["id"], id, "{path}");
    }
    assert_eq!(server.get("/collections/a/points/none").error(404), "Not found: Point with id none does not exist!");
    server.get("/collections/a/points/%FF").error(400);
    // The largest number is one, and what is no number from 0 is no id.
    server.put("/collections/a/points", &json!({"points": [{"id": u64::MAX, "vector": [1, 1]}]})).result();
    assert_eq!(server.get(&format!("/collections/a/points/{}", u64::MAX)).result()["id"], json!(u64::MAX));
    for id in [json!(-1), json!(1.5), json!(null), json!([1]), json!(""), json!("x".repeat(2_000))] {
        server.put("/collections/a/points", &json!({"points": [{"id": id, "vector": [1, 1]}]})).error(422);
    }
}

#[test]
fn points_that_cannot_be_stored_are_refused_whole() {
    let server = TestServer::start(ServerConfig::default()).with_points("a", 1);
    let good = json!({"id": 50, "vector": [1, 1]});
    for (wrong, word) in [
        (json!({"id": 51, "vector": [1, 2, 3]}), "3"),
        (json!({"id": 51, "vector": [1]}), "1"),
        (json!({"id": 51, "vector": [1, 1e39]}), "component 1"),
        (json!({"id": 51, "vector": [1, null]}), "vector"),
        (json!({"id": 51, "vector": [[1, 2]]}), "vector"),
        (json!({"id": 51, "vector": {"image": [1, 2]}}), "named"),
        (json!({"id": 51, "vector": {"indices": [0], "values": [1.0]}}), "sparse"),
        (json!({"id": 51}), "vector"),
        (json!({"id": 51, "vector": [1, 2], "payload": [1]}), "payload"),
        (json!({"id": 51, "vector": [1, 2], "score": 3}), "score"),
    ] {
        let error = server.put("/collections/a/points", &json!({"points": [good, wrong]})).error(422);
        assert!(error.contains(word), "{wrong}: {error}");
    }
    for body in [
        json!({}),
        json!({"points": []}),
        json!({"points": [], "batch": {"ids": [], "vectors": []}}),
        json!({"batch": {"ids": [1, 2], "vectors": [[1, 2]]}}),
        json!({"batch": {"ids": [1], "vectors": [[1, 2]], "payloads": []}}),
        json!({"points": [good], "update_mode": "insert_only"}),
        json!({"points": [good], "update_filter": {"must": []}}),
        json!({"points": [good], "shard_key": "a"}),
    ] {
        server.put("/collections/a/points", &body).error(422);
    }
    assert_eq!(server.post("/collections/a/points/count", &json!({})).result(), json!({"count": 1}));
    server.put("/collections/none/points", &json!({"points": [good]})).error(404);
}

#[test]
fn the_parts_that_come_back_are_chosen() {
    let server = TestServer::start(ServerConfig::default()).with_points("a", 0);
    let point = json!({"id": 1, "vector": [1, 2], "payload": {"a": 1, "b": {"c": 2}}});
    server.put("/collections/a/points", &json!({"points": [point]})).result();
    let get = |with_payload: Value| {
        let reply = server.post("/collections/a/points", &json!({"ids": [1], "with_payload": with_payload}));
        if reply.status == 200 { reply.result()[0]["payload"].clone() } else { json!(reply.status) }
    };
    assert_eq!(get(json!(true)), json!({"a": 1, "b": {"c": 2}}));
    assert_eq!(get(json!(false)), Value::Null);
    assert_eq!(get(json!(["a", "z"])), json!({"a": 1}));
    assert_eq!(get(json!({"include": ["b"]})), json!({"b": {"c": 2}}));
    assert_eq!(get(json!({"exclude": ["b"]})), json!({"a": 1}));
    for wrong in [json!({}), json!({"include": ["a"], "exclude": ["b"]}), json!(["b.c"]), json!({"only": []})] {
        assert_eq!(get(wrong.clone()), 422, "{wrong}");
    }
    let named = json!({"ids": [1], "with_vector": ["image"]});
    assert!(server.post("/collections/a/points", &named).error(422).contains("named"));
}

#[test]
fn points_are_listed_in_the_order_of_their_ids() {
    let server = TestServer::start(ServerConfig::default()).with_points("a", 25);
    server.put(
        "/collections/a/points",
        &json!({"points": [{"id": "b", "vector": [0, 0.5]}, {"id": "a", "vector": [0, 0.5]}]}),
    );
    let scroll = |body: Value| server.post("/collections/a/points/scroll", &body);
    let (mut seen, mut offset) = (Vec::new(), Value::Null);
    loop {
        let page = scroll(json!({"limit": 10, "offset": offset, "with_payload": false})).result();
        seen.extend(page["points"].as_array().unwrap().iter().map(|point| point["id"].clone()));
        offset = page["next_page_offset"].clone();
        if offset.is_null() {
            break;
        }
    }
    let expected: Vec<Value> = (0..25).map(Value::from).chain(["a".into(), "b".into()]).collect();
    assert_eq!(seen, expected);
    let filter = json!({"must": [{"key": "label", "match": {"value": 1}}]});
    let page = scroll(json!({"filter": filter, "limit": 100})).result();
    assert_eq!((page["points"].as_array().unwrap().len(), &page["next_page_offset"]), (8, &Value::Null));
    assert_eq!(scroll(json!({})).result()["points"].as_array().unwrap().len(), 10);
    assert!(scroll(json!({"order_by": "label"})).error(422).contains("order_by"));
    assert!(scroll(json!({"limit": 0})).error(422).contains("limit"));
}

#[test]
fn payloads_are_changed() {
    let server = TestServer::start(ServerConfig::default()).with_points("a", 6);
    let payload = |id: u64| server.get(&format!("/collections/a/points/{id}")).result()["payload"].clone();
    let path = "/collections/a/points/payload";
    server.post(path, &json!({"payload": {"k": [1]}, "points": [1, 2]})).result();
    assert_eq!(payload(1), json!({"label": 1, "k": [1]}));
    let label = |value: u64| json!({"must": [{"key": "label", "match": {"value": value}}]});
    server.post(path, &json!({"payload": {"k": 2}, "filter": label(2)})).result();
    assert_eq!((payload(2), payload(5)), (json!({"label": 2, "k": 2}), json!({"label": 2, "k": 2})));
    server.put(path, &json!({"payload": {"only": 1}, "points": [5]})).result();
    assert_eq!(payload(5), json!({"only": 1}));
    server.post(&format!("{path}/delete"), &json!({"keys": ["k"], "points": [1, 2]})).result();
    assert_eq!((payload(1), payload(2)), (json!({"label": 1}), json!({"label": 2})));
    server.post(&format!("{path}/clear"), &json!({"points": [1]})).result();
    assert_eq!(payload(1), json!({}));
    // Null takes a key away, and a point that is not there is named when the others are changed.
    let missing = server.post(path, &json!({"payload": {"k": 5, "label": null}, "points": [88, 2, 99]})).error(404);
    assert!(missing.contains("No point with id 88 found"), "{missing}");
    assert_eq!(payload(2), json!({"k": 5}));
    server.post(path, &json!({"payload": {"k": 5}, "points": []})).error(422);
    server.post(path, &json!({"payload": {"k": 1}, "points": [1], "key": "a.b"})).error(422);
    server.post(path, &json!({"payload": {"k": 1}})).error(422);
    server.post(path, &json!({"payload": {"k": 1}, "points": [1], "filter": label(0)})).error(422);
    server.post(&format!("{path}/delete"), &json!({"keys": ["a.b"], "points": [1]})).error(422);
}

#[test]
fn points_are_removed_by_id_and_by_filter() {
    let server = TestServer::start(ServerConfig::default()).with_points("a", 9);
    let count = || server.post("/collections/a/points/count", &json!({"exact": true})).result()["count"].clone();
    server.post("/collections/a/points/delete", &json!({"points": [0, "1", 77]})).result();
    assert_eq!(count(), 7);
    let filter = json!({"must": [{"key": "label", "match": {"value": 2}}]});
    server.post("/collections/a/points/delete", &json!({"filter": filter})).result();
    assert_eq!(count(), 4);
    server.post("/collections/a/points/delete", &json!({})).error(422);
    server.post("/collections/a/points/delete", &json!({"points": []})).error(422);
    let found = server.post("/collections/a/points/query", &json!({"query": [1, 0], "limit": 10})).result();
    let ids: Vec<&Value> = found["points"].as_array().unwrap().iter().map(|point| &point["id"]).collect();
    assert_eq!(ids, [7, 6, 4, 3]);
}

#[test]
fn several_changes_are_made_in_order() {
    let server = TestServer::start(ServerConfig::default()).with_points("a", 3);
    let operations = json!([
        {"upsert": {"points": [{"id": 9, "vector": [1, 1]}]}},
        {"set_payload": {"payload": {"k": 1}, "points": [9]}},
        {"overwrite_payload": {"payload": {"z": 1}, "points": [0]}},
        {"delete_payload": {"keys": ["label"], "points": [1]}},
        {"clear_payload": {"points": [2]}},
        {"delete": {"points": [2]}},
    ]);
    let results = server.post("/collections/a/points/batch", &json!({"operations": operations})).result();
    assert_eq!(results.as_array().unwrap().len(), 6);
    let points = server.post("/collections/a/points/scroll", &json!({})).result()["points"].clone();
    assert_eq!(
        points,
        json!([{"id": 0, "payload": {"z": 1}}, {"id": 1, "payload": {}}, {"id": 9, "payload": {"k": 1}}])
    );
    let wrong =
        json!({"operations": [{"delete": {"points": [0]}}, {"upsert": {"points": [{"id": 1, "vector": [1]}]}}]});
    assert!(server.post("/collections/a/points/batch", &wrong).error(422).contains("operations[1]"));
    server.post("/collections/a/points/batch", &json!({"operations": [{"update_vectors": {"points": []}}]})).error(422);
}

#[test]
fn values_are_counted() {
    let server = TestServer::start(ServerConfig::default()).with_points("a", 8);
    let facet = |body: Value| server.post("/collections/a/facet", &body);
    let hits = |counts: &[(u64, u64)]| {
        let hits: Vec<Value> = counts.iter().map(|(value, count)| json!({"value": value, "count": count})).collect();
        json!({ "hits": hits })
    };
    assert_eq!(facet(json!({"key": "label"})).result(), hits(&[(0, 3), (1, 3), (2, 2)]));
    assert_eq!(facet(json!({"key": "label", "limit": 1})).result(), hits(&[(0, 3)]));
    let filter = json!({"must": [{"has_id": [1, 4, 5]}]});
    assert_eq!(facet(json!({"key": "label", "filter": filter})).result(), hits(&[(1, 2), (2, 1)]));
    assert_eq!(facet(json!({"key": "none"})).result(), hits(&[]));
    facet(json!({"key": ""})).error(422);
}
