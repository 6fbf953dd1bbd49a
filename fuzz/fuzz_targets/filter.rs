#![no_main]

use std::sync::{Arc, LazyLock};

use serde_json::{Map, Value, json};
use sop_collection::{
    Collection, CollectionConfig, Distance, Filter, GraphChoice, Limits, Name, Parts, Point, Query, SearchRequest,
    Store,
};

/// Points whose payload keys have columns, and the same ones after more keys than there are columns, which are looked up in the JSON.
struct Twins {
    _store: Store,
    with_columns: Arc<Collection>,
    without: Arc<Collection>,
}

/// A point that uses up the columns; it is in one collection alone.
const MANY_KEYS: &str = "many keys";

static TWINS: LazyLock<Twins> = LazyLock::new(|| {
    let root = sop_fuzz::scratch("twins");
    let _ = std::fs::remove_dir_all(&root);
    let store = sop_fuzz::collections::open(&root).expect("the index can be made");
    let make = |name: &str, points: Vec<Point>| {
        let config = CollectionConfig { dim: 1, distance: Distance::Dot, graph: GraphChoice::Exact, origin: None, whitening: None };
        let made = store.create(&Name::new(name).expect("it is a name"), config).expect("a collection can be made");
        points.into_iter().for_each(|point| drop(made.upsert(vec![point]).expect("a point can be added")));
        made
    };
    let many: Map<String, Value> = (0..100).map(|key| (format!("many{key}"), json!(key))).collect();
    let many = Point { id: MANY_KEYS.into(), vector: vec![0.5], payload: many };
    let with_columns = make("columns", points());
    let without = make("json", std::iter::once(many).chain(points()).collect());
    Twins { _store: store, with_columns, without }
});

fn points() -> Vec<Point> {
    let payloads = json!([
        {}, {"a": null}, {"a": []}, {"a": 1}, {"a": 1.0}, {"a": -0.0}, {"a": "1"}, {"a": "x"}, {"a": true}, {"a": [1, "x", null, [2]]},
        {"a": {"b": 1}}, {"a": {"b": [1, 2]}}, {"a": [{"b": 1}, {"b": "x"}]}, {"a": {"b": {"c": {"d": {"e": 7}}}}}, {"a.b": 3},
        {"label": 0}, {"label": 1, "a": 9007199254740993_i64}, {"a": 18446744073709551615_u64}, {"a": 1e300}, {"": 1}, {"ü": "ü"},
    ]);
    let payloads = payloads.as_array().cloned().unwrap_or_default().into_iter().enumerate();
    let point = |(id, payload): (usize, Value)| Point {
        id: if id % 4 == 3 { format!("text {id}").into() } else { (id as u64).into() },
        vector: vec![id as f32],
        payload: payload.as_object().cloned().unwrap_or_default(),
    };
    payloads.map(point).collect()
}

/// The ids of the points that pass, in order.
fn passing(collection: &Collection, filter: &Filter) -> Vec<String> {
    let page = collection.scroll(Some(filter), None, 100, &Parts::default()).expect("points can be listed");
    let ids: Vec<String> = page.records.iter().map(|record| record.id.to_string()).collect();
    assert_eq!(collection.count(Some(filter)).expect("points can be counted"), ids.len());
    let search = SearchRequest { filter: Some(filter.clone()), ..SearchRequest::new(Query::Vector(vec![1.0]), 100) };
    let answer = collection.search(&search).expect("a search can be made");
    let mut hits: Vec<String> = answer.hits.iter().map(|hit| hit.id.to_string()).collect();
    let mut sorted = ids.clone();
    (hits.sort(), sorted.sort());
    assert_eq!(hits, sorted);
    ids
}

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let Ok(value) = serde_json::from_slice::<Value>(bytes) else { return };
    let Ok(filter) = Filter::from_json(&value, &Limits::default()) else { return };
    assert!(filter.check(&Limits::default()).is_ok());
    let again = Filter::from_json(&filter.to_json(), &Limits::default());
    assert_eq!(again.as_ref(), Ok(&filter));
    let with_columns = passing(&TWINS.with_columns, &filter);
    let mut without = passing(&TWINS.without, &filter);
    without.retain(|id| id != MANY_KEYS);
    assert_eq!(with_columns, without, "columns and JSON disagree");
});

libfuzzer_sys::fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    sop_fuzz::json::mutate(data, size, max_size, seed)
});
