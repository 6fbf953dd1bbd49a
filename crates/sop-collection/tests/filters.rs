//! Filters as clients write them.

#![allow(clippy::unwrap_used, reason = "tests may unwrap, and so may the functions they share")]

mod common;

use common::{collection, point};
use serde_json::{Value, json};
use sop_collection::{Distance, Filter, Limits, Query, SearchRequest};

fn refused(filter: Value) -> String {
    Filter::from_json(&filter, &Limits::default()).unwrap_err().to_string()
}

#[test]
fn what_is_wrong_is_said_with_its_place() {
    let cases = [
        (json!([]), "filter: must be an object"),
        (json!({"musst": []}), "`musst` is not known here"),
        (
            json!({"must": [{"key": "a", "match": {"value": 1}}, {"key": "a", "match": {"text": "x"}}]}),
            "filter.must[1].match: `text`",
        ),
        (json!({"must": {"key": "a", "match": {"value": null}}}), "filter.must.match.value"),
        (json!({"must": {"key": "a", "match": {"value": 1, "any": [1]}}}), "one of value, any and except"),
        (json!({"must": {"key": "a", "range": {"gt": "1"}}}), "filter.must.range.gt: bounds are numbers"),
        (json!({"must": {"key": "a", "range": {"above": 1}}}), "`above` is not known"),
        (json!({"must": {"key": "a", "range": {"gt": 1}, "match": {"value": 1}}}), "two conditions on one key"),
        (json!({"must": {"key": "a"}}), "needs match, range, is_empty or is_null"),
        (json!({"must": {"key": "a", "is_null": 1}}), "filter.must.is_null: must be true or false"),
        (json!({"must": {"key": "a..b", "match": {"value": 1}}}), "a key is empty"),
        (json!({"must": {"key": "a", "geo_radius": {}}}), "`geo_radius` is not known"),
        (json!({"must": {"has_id": [1.5]}}), "whole numbers"),
        (json!({"must": {"has_id": [1], "key": "x"}}), "known"),
        (json!({"must": {"is_null": {"key": "a", "x": 1}}}), "`x` is not known"),
        (json!({"min_should": {"conditions": []}}), "min_count"),
    ];
    for (filter, expected) in cases {
        let found = refused(filter.clone());
        assert!(found.contains(expected), "{filter}: {found}");
    }
}

#[test]
fn empty_and_null_stand_beside_a_key_too() {
    let folder = tempfile::tempdir().unwrap();
    let (_store, pets) = collection(folder.path(), 1, Distance::Dot);
    let payloads = [json!({}), json!({"a": null}), json!({"a": []}), json!({"a": [null, 1]}), json!({"a": 0})];
    pets.upsert((0..).zip(payloads).map(|(id, payload)| point(id, [1.0], payload)).collect()).unwrap();
    let found = |filter: Value| -> Vec<u64> {
        let filter = Filter::from_json(&filter, &Limits::default()).unwrap();
        let records = pets.scroll(Some(&filter), None, 9, &Default::default()).unwrap().records;
        records.iter().map(|record| record.id.to_string().parse().unwrap()).collect()
    };
    assert_eq!(found(json!({"must": {"is_empty": {"key": "a"}}})), [0, 1, 2]);
    assert_eq!(found(json!({"must": {"key": "a", "is_empty": true}})), [0, 1, 2]);
    assert_eq!(found(json!({"must": {"key": "a", "is_empty": false}})), [3, 4]);
    // A list with a null in it is null for Qdrant, too.
    assert_eq!(found(json!({"must": {"key": "a", "is_null": true}})), [1, 3]);
    assert_eq!(found(json!({"must": {"key": "a", "is_null": false}})), [0, 2, 4]);
}

#[test]
fn filters_are_bounded() {
    let mut deep = json!({});
    (0..20).for_each(|_| deep = json!({"must": [deep]}));
    assert!(refused(deep).contains("16 filters within each other"));
    let many = vec![json!({"key": "a", "match": {"value": 1}}); 300];
    assert!(refused(json!({"must": many})).contains("256 conditions"));
    let nested = json!({"must": vec![json!({"must": vec![json!({"is_null": {"key": "a"}}); 20]}); 20]});
    assert!(refused(nested).contains("conditions of a filter"));
    let values: Vec<u32> = (0..20_000).collect();
    assert!(refused(json!({"must": {"key": "a", "match": {"any": values}}})).contains("16384 values"));
    assert!(refused(json!({"must": {"has_id": values}})).contains("16384 ids"));
    // serde's own way is bounded, too.
    let text = format!("{}{}", "{\"must\":[".repeat(100_000), "]}".repeat(100_000));
    assert!(serde_json::from_str::<Filter>(&text).is_err());
}

#[test]
fn more_keys_than_columns_change_nothing_but_the_time() {
    let folder = tempfile::tempdir().unwrap();
    let (_store, pets) = collection(folder.path(), 2, Distance::Dot);
    let many: serde_json::Map<String, Value> = (0..200).map(|key| (format!("k{key}"), json!(key))).collect();
    pets.upsert(vec![
        point(1, [1.0, 0.0], Value::Object(many)),
        point(2, [1.0, 0.0], json!({"k150": 7, "k3": [3, 4]})),
    ])
    .unwrap();
    assert!(pets.info().more_payload_keys);
    let count = |filter: Value| pets.count(Some(&Filter::from_json(&filter, &Limits::default()).unwrap())).unwrap();
    for (key, first) in [("k150", 150), ("k3", 3)] {
        let both = [first, 7, 4];
        assert_eq!(count(json!({"must": {"key": key, "match": {"any": both}}})), 2, "{key}");
        assert_eq!(count(json!({"must_not": {"is_empty": {"key": key}}})), 2, "{key}");
    }
    assert_eq!(pets.facet("k150", None, 9).unwrap(), [(json!(7), 1), (json!(150), 1)]);
    assert_eq!(pets.facet("k3", None, 9).unwrap(), [(json!(3), 2), (json!(4), 1)]);
    assert_eq!(count(json!({"must": {"is_empty": {"key": "k999"}}})), 2);
}

#[test]
fn paths_that_no_column_knows_are_looked_up_in_the_json_of_many_points() {
    let folder = tempfile::tempdir().unwrap();
    let (_store, pets) = collection(folder.path(), 1, Distance::Dot);
    pets.upsert((0..12_000).map(|id| point(id, [id as f32], json!({"a": [0, id % 5], "b": [{"c": id}]}))).collect())
        .unwrap();
    let parsed = |filter: Value| Filter::from_json(&filter, &Limits::default()).unwrap();
    let second = parsed(json!({"must": {"key": "a[1]", "match": {"value": 3}}}));
    assert_eq!(pets.count(Some(&second)).unwrap(), 2400);
    let inner = parsed(
        json!({"must": [{"key": "b[].c", "range": {"gte": 11_990}}, {"key": "a[1]", "match": {"any": [3, 4]}}]}),
    );
    let request = SearchRequest { filter: Some(inner), ..SearchRequest::new(Query::Vector(vec![1.0]), 9) };
    let found: Vec<String> = pets.search(&request).unwrap().hits.into_iter().map(|hit| hit.id.to_string()).collect();
    assert_eq!(found, ["11999", "11998", "11994", "11993"]);
    assert_eq!(pets.facet("a[1]", Some(&second), 9).unwrap(), [(json!(3), 2400)]);
}
