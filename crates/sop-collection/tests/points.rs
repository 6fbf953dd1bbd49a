//! Points that are added, changed, asked for and removed.

#![allow(clippy::unwrap_used, reason = "tests may unwrap, and so may the functions they share")]

mod common;

use common::{collection, ids, payload, point, reopened, vector};
use serde_json::json;
use sop_collection::{
    ChangeError, Dims, Distance, Filter, Limits, Parts, PayloadParts, PointId, Query, QueryError, SearchRequest,
    Selection,
};

fn filter(value: serde_json::Value) -> Filter {
    Filter::from_json(&value, &Limits::default()).unwrap()
}

#[test]
fn points_come_back_and_survive_the_end_of_the_process() {
    let folder = tempfile::tempdir().unwrap();
    let (store, pets) = collection(folder.path(), 2, Distance::Cosine);
    let points = vec![
        point(7, [3.0, 4.0], json!({"kind": "cat"})),
        point("x", [0.0, -2.0], json!({})),
        point("10", [1.0, 0.0], json!({"kind": "dog", "n": [1, 2]})),
    ];
    assert_eq!(pets.upsert(points).unwrap().points, 3);
    // The same id in another form, and the last of two with one id.
    pets.upsert(vec![point("7", [1.0, 0.0], json!({})), point("7", [0.0, 1.0], json!({"kind": "hen"}))]).unwrap();
    let check = |pets: &sop_collection::Collection| {
        assert_eq!(pets.len(), 3);
        let found = pets.get(&[7.into(), "x".into(), "none".into(), 10.into()], &Parts::all()).unwrap();
        let found_ids: Vec<PointId> = found.iter().map(|record| record.id.clone()).collect();
        assert_eq!(found_ids, ["7".into(), "x".into(), PointId::from("10")]);
        assert_eq!(found[0].vector, Some(vec![0.0, 1.0]));
        assert_eq!(found[0].payload, Some(payload(json!({"kind": "hen"}))));
        assert_eq!((found[0].version, found[1].version), (2, 1));
        let page = pets.scroll(None, None, 2, &Parts::default()).unwrap();
        assert_eq!((ids(&page.records), page.next), (vec!["7".into(), "10".into()], Some("x".into())));
        let page = pets.scroll(None, Some(&"x".into()), 2, &Parts::default()).unwrap();
        assert_eq!((ids(&page.records), page.next), (vec!["x".into()], None));
        let kinds = pets.facet("kind", None, 10).unwrap();
        assert_eq!(kinds, [(json!("dog"), 1), (json!("hen"), 1)]);
        assert_eq!(pets.facet("n", None, 1).unwrap(), [(json!(1), 1)]);
        assert_eq!(pets.facet("n[]", None, 5).unwrap(), [(json!(1), 1), (json!(2), 1)]);
    };
    check(&pets);
    drop((store, pets));
    let (store, pets) = reopened(folder.path());
    assert_eq!(pets.open_report().changes, 2);
    check(&pets);
    pets.checkpoint().unwrap();
    check(&pets);
    drop((store, pets));
    let (_store, pets) = reopened(folder.path());
    assert_eq!((pets.open_report().changes, pets.open_report().points), (0, 3));
    check(&pets);
}

#[test]
fn the_nearest_points_are_found_with_filters_and_thresholds() {
    let folder = tempfile::tempdir().unwrap();
    let (_store, pets) = collection(folder.path(), 2, Distance::Dot);
    let points = (0..10).map(|id| point(id, [id as f32, 1.0], json!({"even": id % 2 == 0, "id": id}))).collect();
    pets.upsert(points).unwrap();
    let request = SearchRequest::new(Query::Vector(vec![1.0, 0.0]), 3);
    let found = |request: &SearchRequest| -> Vec<(String, f32)> {
        pets.search(request).unwrap().hits.into_iter().map(|hit| (hit.id.to_string(), hit.score)).collect()
    };
    let hits = |hits: &[(u64, f32)]| -> Vec<(String, f32)> {
        hits.iter().map(|(id, score)| (id.to_string(), *score)).collect()
    };
    assert_eq!(found(&request), hits(&[(9, 9.0), (8, 8.0), (7, 7.0)]));
    let even = filter(json!({"must": [{"key": "even", "match": {"value": true}}]}));
    let filtered = SearchRequest { filter: Some(even), ..request.clone() };
    assert_eq!(found(&filtered), hits(&[(8, 8.0), (6, 6.0), (4, 4.0)]));
    assert_eq!(found(&SearchRequest { offset: 2, ..filtered.clone() }), hits(&[(4, 4.0), (2, 2.0), (0, 0.0)]));
    assert_eq!(found(&SearchRequest { score_threshold: Some(8.0), ..request.clone() }), hits(&[(9, 9.0), (8, 8.0)]));
    let of_point = SearchRequest { query: Query::Point(9.into()), ..request.clone() };
    assert_eq!(found(&of_point), hits(&[(8, 73.0), (7, 64.0), (6, 55.0)]));
    let parts = Parts { payload: PayloadParts::Only(vec!["id".into()]), vector: true };
    let with_parts = pets.search(&SearchRequest { parts, limit: 1, ..request.clone() }).unwrap().hits;
    assert_eq!(
        (&with_parts[0].payload, &with_parts[0].vector),
        (&Some(payload(json!({"id": 9}))), &Some(vec![9.0, 1.0]))
    );
    let batch = [request.clone(), filtered.clone(), of_point.clone(), request.clone()];
    let one_by_one: Vec<_> = batch.iter().map(|request| pets.search(request).unwrap()).collect();
    assert_eq!(pets.search_batch(&batch).unwrap(), one_by_one);
    pets.delete(&Selection::Ids(vec![9.into(), "8".into(), 77.into()])).unwrap();
    assert_eq!(found(&request), hits(&[(7, 7.0), (6, 6.0), (5, 5.0)]));
    let removed = pets.delete(&Selection::Filter(filter(json!({"must": {"key": "id", "range": {"gte": 5, "lt": 7}}}))));
    assert_eq!(removed.unwrap().points, 2);
    assert_eq!(found(&request), hits(&[(7, 7.0), (4, 4.0), (3, 3.0)]));
    assert!(matches!(pets.search(&of_point), Err(QueryError::NoSuchPoint { .. })));
}

#[test]
fn payloads_are_changed_in_place() {
    let folder = tempfile::tempdir().unwrap();
    let (store, pets) = collection(folder.path(), 2, Distance::Cosine);
    pets.upsert(vec![point(1, [1.0, 0.0], json!({"a": 1, "b": 2})), point(2, [1.0, 1.0], json!({"a": 1}))]).unwrap();
    let all = Selection::Filter(Filter::default());
    let only = |id: u64| Selection::Ids(vec![id.into()]);
    assert_eq!(pets.set_payload(&all, payload(json!({"c": [3]}))).unwrap().points, 2);
    pets.delete_payload_keys(&only(1), vec!["a".into(), "z".into()]).unwrap();
    pets.overwrite_payload(&only(2), payload(json!({"d": null}))).unwrap();
    // Null takes a key away; who is not there is named, and the others are changed all the same.
    pets.set_payload(&only(2), payload(json!({"e": 1, "f": 2}))).unwrap();
    let some = Selection::Ids(vec![2.into(), "x".into(), 9.into()]);
    let changed = pets.set_payload(&some, payload(json!({"e": null, "f": null}))).unwrap();
    assert_eq!((changed.points, changed.missing), (1, Some("x".into())));
    let payloads = |pets: &sop_collection::Collection| -> Vec<serde_json::Value> {
        let parts = Parts { payload: PayloadParts::All, vector: false };
        let records = pets.scroll(None, None, 9, &parts).unwrap().records;
        records.into_iter().map(|record| record.payload.unwrap().into()).collect()
    };
    assert_eq!(payloads(&pets), [json!({"b": 2, "c": [3]}), json!({"d": null})]);
    let with = |key: &str| pets.count(Some(&filter(json!({"must_not": {"is_empty": {"key": key}}})))).unwrap();
    assert_eq!((with("a"), with("b"), with("c"), with("d")), (0, 1, 1, 0));
    let null = filter(json!({"must": {"is_null": {"key": "d"}}}));
    assert_eq!(pets.count(Some(&null)).unwrap(), 1);
    pets.clear_payload(&Selection::Filter(null)).unwrap();
    drop((store, pets));
    let (_store, pets) = reopened(folder.path());
    assert_eq!(payloads(&pets), [json!({"b": 2, "c": [3]}), json!({})]);
}

#[test]
fn only_what_names_a_class_is_counted() {
    let folder = tempfile::tempdir().unwrap();
    let (_store, pets) = collection(folder.path(), 1, Distance::Dot);
    let values =
        [json!(1), json!(1.0), json!(1.5), json!([1.5, "x", null, 2]), json!(true), json!(null), json!({"b": 1})];
    let points = (0..).zip(&values).map(|(id, value)| point(id, [1.0], json!({"a": value}))).collect();
    pets.upsert(points).unwrap();
    let expected = [(json!(1), 2), (json!(true), 1), (json!(2), 1), (json!("x"), 1)];
    assert_eq!(pets.facet("a", None, 10).unwrap(), expected);
    assert_eq!(pets.facet("a[]", None, 10).unwrap(), [(json!(2), 1), (json!("x"), 1)]);
}

#[test]
fn what_cannot_be_taken_is_refused_whole() {
    let folder = tempfile::tempdir().unwrap();
    let (_store, pets) = collection(folder.path(), 2, Distance::Cosine);
    let good = point(1, [1.0, 0.0], json!({}));
    let refused = |bad| pets.upsert(vec![good.clone(), bad]).unwrap_err();
    assert!(matches!(refused(point(2, [f32::NAN, 0.0], json!({}))), ChangeError::NotFinite { component: 0, .. }));
    assert!(matches!(refused(point(2, [0.0, 0.0], json!({}))), ChangeError::ZeroVector { .. }));
    assert!(matches!(refused(point("", [1.0, 0.0], json!({}))), ChangeError::EmptyId));
    assert!(matches!(refused(point("x".repeat(2000), [1.0, 0.0], json!({}))), ChangeError::Limit(_)));
    let mut deep = json!(1);
    (0..40).for_each(|_| deep = json!([deep]));
    assert!(matches!(refused(point(2, [1.0, 0.0], json!({"a": deep}))), ChangeError::Limit(_)));
    assert!(matches!(refused(point(2, [1.0, 0.0], json!({"a": "x".repeat(2 << 20)}))), ChangeError::Limit(_)));
    let mut short = good.clone();
    short.vector.pop();
    assert!(matches!(refused(short), ChangeError::Dim { expected: Dims { stored: 2, embedding: None }, found: 1, .. }));
    assert_eq!((pets.len(), pets.info().version), (0, 0));
    let searched = |query: Vec<f32>, limit| pets.search(&SearchRequest::new(Query::Vector(query), limit)).unwrap_err();
    assert!(matches!(searched(vec![1.0], 1), QueryError::Dim { .. }));
    assert!(matches!(searched(vec![1.0, f32::INFINITY], 1), QueryError::NotFinite { component: 1 }));
    assert!(matches!(searched(vec![0.0, 0.0], 1), QueryError::ZeroVector));
    assert!(matches!(searched(vec![1.0, 0.0], 0), QueryError::ZeroLimit));
    assert!(matches!(searched(vec![1.0, 0.0], 1_000_000_000), QueryError::Limit(_)));
    assert!(pets.search(&SearchRequest::new(Query::Vector(vector([1.0, 0.0])), 5)).unwrap().hits.is_empty());
}
