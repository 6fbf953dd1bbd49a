//! Random histories, held against a map of points and filters evaluated on JSON.

#![allow(clippy::unwrap_used, reason = "tests may unwrap, and so may the functions they share")]

mod common;

use std::collections::BTreeMap;

use common::{collection, reopened};
use proptest::prelude::*;
use serde_json::{Map, Value, json};
use sop_collection::{
    Collection, Distance, Filter, Limits, Parts, Point, PointId, Query, SearchRequest, Selection, VerifyOptions,
};

const DIM: usize = 3;

/// What a step does; ids are small numbers, so that they meet.
#[derive(Clone, Debug)]
enum Step {
    Upsert(Vec<(u8, Vec<i8>, Value)>),
    Delete(Vec<u8>),
    DeleteWhere(Value),
    SetPayload(Value, Value),
    Overwrite(Vec<u8>, Value),
    DeleteKeys(Value, Vec<String>),
    Clear(Vec<u8>),
    Checkpoint,
    Maintain,
    Reopen,
}

fn scalar() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        (-3_i64..4).prop_map(Value::from),
        (-6_i64..7).prop_map(|half| json!(half as f64 / 2.0)),
        Just(json!(9_007_199_254_740_993_i64)),
        "[xy]{0,2}".prop_map(Value::from),
    ]
}

fn value() -> impl Strategy<Value = Value> {
    prop_oneof![
        4 => scalar(),
        2 => prop::collection::vec(scalar(), 0..3).prop_map(Value::from),
        1 => prop::collection::vec(prop::collection::vec(scalar(), 0..3), 0..3).prop_map(Value::from),
        1 => prop::collection::vec((key(), scalar()), 0..3).prop_map(|pairs| Value::Object(pairs.into_iter().collect())),
        1 => prop::collection::vec(prop::collection::vec((key(), scalar()), 0..2), 0..3).prop_map(|objects| {
            Value::from_iter(objects.into_iter().map(|pairs| Value::Object(pairs.into_iter().collect())))
        }),
    ]
}

fn key() -> impl Strategy<Value = String> {
    prop::sample::select(vec!["a", "b", "label", "c.d"]).prop_map(str::to_owned)
}

fn payload() -> impl Strategy<Value = Value> {
    prop::collection::vec((key(), value()), 0..4).prop_map(|pairs| Value::Object(pairs.into_iter().collect()))
}

fn path() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec!["a", "b", "label", "a.b", "b.a", "a[]", "b[].a", "a[1]", "\"c.d\"", "none", "a.none"])
}

fn condition() -> impl Strategy<Value = Value> {
    let bounds = prop::collection::vec((prop::sample::select(vec!["gt", "gte", "lt", "lte"]), -3_i64..4), 0..3);
    let wanted = || scalar().prop_filter("null is no value to match", |value| !value.is_null());
    let leaf = prop_oneof![
        (path(), wanted()).prop_map(|(path, value)| json!({"key": path, "match": {"value": value}})),
        (path(), prop::collection::vec(wanted(), 0..3), any::<bool>()).prop_map(|(path, values, is_any)| {
            json!({"key": path, "match": {(if is_any { "any" } else { "except" }): values}})
        }),
        (path(), bounds).prop_map(|(path, bounds)| {
            let bounds: Map<String, Value> =
                bounds.into_iter().map(|(name, bound)| (name.to_owned(), json!(bound))).collect();
            json!({"key": path, "range": bounds})
        }),
        path().prop_map(|path| json!({"is_empty": {"key": path}})),
        path().prop_map(|path| json!({"is_null": {"key": path}})),
        prop::collection::vec(0_u8..12, 0..4).prop_map(|ids| json!({"has_id": ids})),
    ];
    leaf.prop_recursive(2, 6, 3, |inner| filter_of(inner.boxed()))
}

fn filter_of(condition: BoxedStrategy<Value>) -> impl Strategy<Value = Value> {
    let list = || prop::collection::vec(condition.clone(), 0..3);
    (list(), list(), list(), prop::option::of((list(), 0_usize..3))).prop_map(|(must, should, must_not, min_should)| {
        let mut filter = json!({"must": must, "should": should, "must_not": must_not});
        if let Some((conditions, min_count)) = min_should {
            filter["min_should"] = json!({"conditions": conditions, "min_count": min_count});
        }
        filter
    })
}

fn filter() -> impl Strategy<Value = Value> {
    filter_of(condition().boxed())
}

fn step() -> impl Strategy<Value = Step> {
    let id = || 0_u8..12;
    let point = (id(), prop::collection::vec(-4_i8..5, DIM), payload());
    prop_oneof![
        5 => prop::collection::vec(point, 1..6).prop_map(Step::Upsert),
        2 => prop::collection::vec(id(), 0..4).prop_map(Step::Delete),
        1 => filter().prop_map(Step::DeleteWhere),
        2 => (filter(), payload()).prop_map(|(filter, payload)| Step::SetPayload(filter, payload)),
        1 => (prop::collection::vec(id(), 0..4), payload()).prop_map(|(ids, payload)| Step::Overwrite(ids, payload)),
        1 => (filter(), prop::collection::vec(key(), 0..3)).prop_map(|(filter, keys)| Step::DeleteKeys(filter, keys)),
        1 => prop::collection::vec(id(), 0..4).prop_map(Step::Clear),
        1 => Just(Step::Checkpoint),
        1 => Just(Step::Maintain),
        1 => Just(Step::Reopen),
    ]
}

/// A number's texts are ids, too: every other one is given as text.
fn id_of(id: u8) -> PointId {
    if id.is_multiple_of(2) { PointId::Number(id.into()) } else { PointId::Text(id.to_string()) }
}

#[derive(Clone, Debug, PartialEq)]
struct Known {
    vector: Vec<f32>,
    payload: Map<String, Value>,
    /// Ties are ordered by this.
    added: usize,
}

type Model = BTreeMap<u8, Known>;

/// The values at a path: written without the crate.
fn at<'v>(payload: &'v Value, path: &str) -> Vec<&'v Value> {
    let steps: Vec<&str> = match path {
        "a.b" | "b.a" | "a.none" => path.split('.').collect(),
        "a[]" => vec!["a", "[]"],
        "b[].a" => vec!["b", "[]", "a"],
        "a[1]" => vec!["a", "[1]"],
        "\"c.d\"" => vec!["c.d"],
        path => vec![path],
    };
    steps.iter().fold(vec![payload], |values, step| {
        let next = |value: &'v Value| -> Vec<&'v Value> {
            match *step {
                "[]" => value.as_array().into_iter().flatten().collect(),
                "[1]" => value.as_array().and_then(|elements| elements.get(1)).into_iter().collect(),
                key => value.as_object().and_then(|object| object.get(key)).into_iter().collect(),
            }
        };
        values.into_iter().flat_map(next).collect()
    })
}

fn same(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Number(left), Value::Number(right)) => match (left.as_i64(), right.as_i64()) {
            (Some(left), Some(right)) => left == right,
            // The large number is not a float's value.
            _ => left.as_f64() == right.as_f64() && left.as_f64().unwrap().abs() < 1e9,
        },
        (left, right) => left == right,
    }
}

fn candidates<'v>(values: &[&'v Value]) -> Vec<&'v Value> {
    values
        .iter()
        .flat_map(|value| value.as_array().map_or(vec![*value], |elements| elements.iter().collect()))
        .collect()
}

fn meets(condition: &Value, id: u8, payload: &Value) -> bool {
    if let Some(ids) = condition.get("has_id") {
        return ids.as_array().unwrap().contains(&json!(id));
    }
    let key_of = |value: &Value| value["key"].as_str().unwrap().to_owned();
    if let Some(inner) = condition.get("is_empty") {
        let is_empty = |value: &&Value| value.is_null() || value.as_array().is_some_and(Vec::is_empty);
        return at(payload, &key_of(inner)).iter().all(is_empty);
    }
    if let Some(inner) = condition.get("is_null") {
        let is_null = |value: &&Value| {
            value.is_null() || value.as_array().is_some_and(|elements| elements.iter().any(Value::is_null))
        };
        return at(payload, &key_of(inner)).iter().any(is_null);
    }
    let Some(key) = condition.get("key") else { return passes(condition, id, payload) };
    let values = candidates(&at(payload, key.as_str().unwrap()));
    if let Some(range) = condition.get("range") {
        let lies = |value: &&Value| {
            let Some(number) = value.as_f64() else { return false };
            range.as_object().unwrap().iter().all(|(name, bound)| {
                let bound = bound.as_f64().unwrap();
                match name.as_str() {
                    "gt" => number > bound,
                    "gte" => number >= bound,
                    "lt" => number < bound,
                    _ => number <= bound,
                }
            })
        };
        return values.iter().any(lies);
    }
    let test = condition["match"].as_object().unwrap();
    let is_in = |list: &Value, value: &Value| list.as_array().unwrap().iter().any(|wanted| same(wanted, value));
    values.iter().any(|value| {
        !value.is_null()
            && match (test.get("value"), test.get("any"), test.get("except")) {
                (Some(wanted), _, _) => same(wanted, value),
                (_, Some(list), _) => is_in(list, value),
                (_, _, list) => !is_in(list.unwrap(), value),
            }
    })
}

fn passes(filter: &Value, id: u8, payload: &Value) -> bool {
    let list = |name: &str| filter[name].as_array().cloned().unwrap_or_default();
    let meets = |condition: &Value| meets(condition, id, payload);
    list("must").iter().all(meets)
        && (list("should").is_empty() || list("should").iter().any(meets))
        && !list("must_not").iter().any(meets)
        && filter.get("min_should").is_none_or(|min_should| {
            let met = min_should["conditions"].as_array().unwrap().iter().filter(|condition| meets(condition)).count();
            met as u64 >= min_should["min_count"].as_u64().unwrap()
        })
}

fn parsed(filter: &Value) -> Filter {
    let parsed = Filter::from_json(filter, &Limits::default()).unwrap();
    assert_eq!(Filter::from_json(&parsed.to_json(), &Limits::default()).unwrap(), parsed);
    parsed
}

fn passing(model: &Model, filter: &Value) -> Vec<u8> {
    let payload = |known: &Known| Value::Object(known.payload.clone());
    model.iter().filter(|(id, known)| passes(filter, **id, &payload(known))).map(|(id, _)| *id).collect()
}

fn object(value: &Value) -> Map<String, Value> {
    value.as_object().unwrap().clone()
}

fn apply(pets: &Collection, model: &mut Model, added: &mut usize, step: &Step) {
    let ids = |ids: &[u8]| Selection::Ids(ids.iter().map(|id| id_of(*id)).collect());
    match step {
        Step::Upsert(points) => {
            let point = |(id, vector, payload): &(u8, Vec<i8>, Value)| Point {
                id: id_of(*id),
                vector: vector.iter().map(|&value| f32::from(value)).collect(),
                payload: object(payload),
            };
            for ((id, ..), point) in points.iter().zip(points.iter().map(point)) {
                *added += 1;
                model.insert(*id, Known { vector: point.vector, payload: point.payload, added: *added });
            }
            pets.upsert(points.iter().map(point).collect()).unwrap();
        }
        Step::Delete(chosen) => {
            let there: std::collections::BTreeSet<&u8> = chosen.iter().filter(|id| model.contains_key(id)).collect();
            assert_eq!(pets.delete(&ids(chosen)).unwrap().points, there.len());
            model.retain(|id, _| !chosen.contains(id));
        }
        Step::DeleteWhere(filter) => {
            let chosen = passing(model, filter);
            assert_eq!(pets.delete(&Selection::Filter(parsed(filter))).unwrap().points, chosen.len());
            model.retain(|id, _| !chosen.contains(id));
        }
        Step::SetPayload(filter, payload) => {
            for id in passing(model, filter) {
                let known = &mut model.get_mut(&id).unwrap().payload;
                known.extend(object(payload));
                known.retain(|key, value| !(value.is_null() && payload.get(key).is_some()));
            }
            pets.set_payload(&Selection::Filter(parsed(filter)), object(payload)).unwrap();
        }
        Step::Overwrite(chosen, payload) => {
            for (_, known) in model.iter_mut().filter(|(id, _)| chosen.contains(id)) {
                known.payload = object(payload);
            }
            pets.overwrite_payload(&ids(chosen), object(payload)).unwrap();
        }
        Step::DeleteKeys(filter, keys) => {
            for id in passing(model, filter) {
                model.get_mut(&id).unwrap().payload.retain(|key, _| !keys.contains(key));
            }
            pets.delete_payload_keys(&Selection::Filter(parsed(filter)), keys.clone()).unwrap();
        }
        Step::Clear(chosen) => {
            model.iter_mut().filter(|(id, _)| chosen.contains(id)).for_each(|(_, known)| known.payload.clear());
            pets.clear_payload(&ids(chosen)).unwrap();
        }
        Step::Checkpoint => {
            pets.checkpoint().unwrap();
        }
        Step::Maintain => {
            pets.maintain().unwrap();
        }
        Step::Reopen => {}
    }
}

fn check(pets: &Collection, model: &Model, filters: &[Value]) {
    let records = pets.scroll(None, None, 100, &Parts::all()).unwrap().records;
    let found: Vec<_> =
        records.iter().map(|record| (record.id.clone(), record.vector.clone(), record.payload.clone())).collect();
    let expected: Vec<_> =
        model.iter().map(|(id, known)| (id_of(*id), Some(known.vector.clone()), Some(known.payload.clone()))).collect();
    assert_eq!(found, expected);
    for filter in filters {
        let chosen = passing(model, filter);
        let parsed = parsed(filter);
        let ids: Vec<PointId> = chosen.iter().map(|id| id_of(*id)).collect();
        let records = pets.scroll(Some(&parsed), None, 100, &Parts::default()).unwrap().records;
        assert_eq!(common::ids(&records), ids, "{filter}");
        assert_eq!(pets.count(Some(&parsed)).unwrap(), chosen.len());
        // Nearest first, ties in the order in which they were added.
        let query = [1.0_f32, -2.0, 0.5];
        let score = |known: &Known| -> f32 { known.vector.iter().zip(query).map(|(left, right)| left * right).sum() };
        let mut best: Vec<(f32, usize, u8)> =
            chosen.iter().map(|id| (score(&model[id]), model[id].added, *id)).collect();
        best.sort_by(|left, right| right.0.total_cmp(&left.0).then(left.1.cmp(&right.1)));
        let expected: Vec<(PointId, f32)> = best.iter().take(4).map(|(score, _, id)| (id_of(*id), *score)).collect();
        let request = SearchRequest { filter: Some(parsed), ..SearchRequest::new(Query::Vector(query.to_vec()), 4) };
        let answer = pets.search(&request).unwrap();
        assert!(answer.exact);
        let found: Vec<(PointId, f32)> = answer.hits.into_iter().map(|hit| (hit.id, hit.score)).collect();
        assert_eq!(found, expected, "{filter}");
    }
    let report = pets.verify(&VerifyOptions::default()).unwrap();
    assert!(report.is_good() && report.compared == model.len(), "{report:?}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn every_history_gives_what_a_map_gives(
        steps in prop::collection::vec(step(), 1..14),
        filters in prop::collection::vec(filter(), 1..5),
    ) {
        let folder = tempfile::tempdir().unwrap();
        let (mut store, mut pets) = collection(folder.path(), DIM, Distance::Dot);
        let (mut model, mut added) = (Model::new(), 0);
        for step in &steps {
            if matches!(step, Step::Reopen) {
                drop((store, pets));
                (store, pets) = reopened(folder.path());
                prop_assert_eq!(&pets.open_report().losses, &[]);
            }
            apply(&pets, &mut model, &mut added, step);
            check(&pets, &model, &filters);
        }
        drop((store, pets));
        let (_store, pets) = reopened(folder.path());
        check(&pets, &model, &filters);
    }
}
