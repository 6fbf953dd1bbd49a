//! Crashes at every moment: what was acknowledged is there, and what was not is there whole or not at all.

#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "tests may unwrap, and so may the functions they share")]

mod common;
#[path = "common/forgetful.rs"]
mod forgetful;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use common::{config, name, payload, point};
use forgetful::{Forgetful, Left};
use serde_json::{Value, json};
use sop_collection::{
    AliasChange, ChangeError, Collection, Distance, Filter, Limits, Parts, Point, PointId, Selection, Store,
    StoreError, StoreOptions,
};

/// Points by their ids, with vector and payload.
type Points = BTreeMap<String, (Vec<f32>, Value)>;

#[derive(Clone, Debug, Default, PartialEq)]
struct Model {
    /// Whether the collection is there.
    points: Option<Points>,
    alias: bool,
    /// What the snapshot holds.
    snapshot: Option<Points>,
}

fn points_of(pets: &Collection) -> Points {
    let records = pets.scroll(None, None, 1000, &Parts::all()).unwrap().records;
    let of_record = |record: sop_collection::Record| {
        (record.id.to_string(), (record.vector.unwrap(), Value::Object(record.payload.unwrap())))
    };
    records.into_iter().map(of_record).collect()
}

fn model_of(store: &Store) -> Model {
    let points = store.collection("pets").ok().map(|pets| points_of(&pets));
    let snapshot = store.snapshots("pets").unwrap().first().map(|info| {
        let path = store.snapshot_path("pets", info.name.as_str()).unwrap();
        points_of(&store.restore(&name("copy"), &path).unwrap())
    });
    store.delete("copy").unwrap();
    Model { points, alias: store.aliases().contains_key("animals"), snapshot }
}

type Step = (&'static str, fn(&Store) -> Result<(), StoreError>, fn(&mut Model));

fn pets(store: &Store) -> Result<Arc<Collection>, StoreError> {
    store.collection("pets")
}

fn batch(ids: std::ops::Range<u64>, value: f32) -> Vec<Point> {
    ids.map(|id| point(id, [value, id as f32], json!({"n": id}))).collect()
}

fn put(model: &mut Model, points: Vec<Point>) {
    for point in points {
        let entry = (point.vector, Value::Object(point.payload));
        model.points.as_mut().unwrap().insert(point.id.to_string(), entry);
    }
}

const STEPS: [Step; 13] = [
    (
        "create",
        |store| store.create(&name("pets"), config(2, Distance::Dot)).map(drop),
        |model| model.points = Some(Points::new()),
    ),
    ("add", |store| Ok(pets(store)?.upsert(batch(0..5, 1.0)).map(drop)?), |model| put(model, batch(0..5, 1.0))),
    (
        "alias",
        |store| store.change_aliases(&[AliasChange::Create { alias: name("animals"), collection: name("pets") }]),
        |model| model.alias = true,
    ),
    ("replace", |store| Ok(pets(store)?.upsert(batch(3..8, 2.0)).map(drop)?), |model| put(model, batch(3..8, 2.0))),
    ("snapshot", |store| store.create_snapshot("pets").map(drop), |model| model.snapshot = model.points.clone()),
    ("first checkpoint", |store| pets(store)?.checkpoint().map(drop), |_| ()),
    (
        "remove",
        |store| Ok(pets(store)?.delete(&Selection::Ids(vec![0.into(), 4.into()])).map(drop)?),
        |model| model.points.as_mut().unwrap().retain(|id, _| !["0", "4"].contains(&id.as_str())),
    ),
    ("second checkpoint", |store| pets(store)?.checkpoint().map(drop), |_| ()),
    (
        "label",
        |store| {
            Ok(pets(store)?
                .set_payload(&Selection::Filter(Filter::default()), payload(json!({"label": 3})))
                .map(drop)?)
        },
        |model| model.points.as_mut().unwrap().values_mut().for_each(|(_, payload)| payload["label"] = json!(3)),
    ),
    ("third checkpoint", |store| pets(store)?.checkpoint().map(drop), |_| ()),
    (
        "add more",
        |store| Ok(pets(store)?.upsert(batch(20..22, 5.0)).map(drop)?),
        |model| put(model, batch(20..22, 5.0)),
    ),
    (
        "restore",
        |store| {
            let snapshot = store.snapshots("pets")?.remove(0);
            let path = store.snapshot_path("pets", snapshot.name.as_str())?;
            store.restore(&name("pets"), &path).map(drop)
        },
        |model| model.points = model.snapshot.clone(),
    ),
    (
        "delete",
        |store| store.delete("pets").map(drop),
        |model| *model = Model { snapshot: model.snapshot.take(), ..Model::default() },
    ),
];

fn open(folder: &Path, files: Forgetful) -> Result<Store, StoreError> {
    Store::open(folder, StoreOptions { create: true, files: Arc::new(files), ..StoreOptions::default() })
}

/// Runs the steps until the machine goes off; returns what was acknowledged, and that with the step that was under way.
fn run(folder: &Path, files: &Forgetful) -> (Model, Option<Model>) {
    let mut model = Model::default();
    let Ok(store) = open(folder, files.clone()) else { return (model.clone(), Some(model)) };
    for (_, make, then) in STEPS {
        let mut next = model.clone();
        then(&mut next);
        if make(&store).is_err() {
            return (model, Some(next));
        }
        model = next;
    }
    (model, None)
}

#[test]
fn a_crash_at_any_moment_loses_nothing_that_was_acknowledged() {
    let mut crashes = 0;
    for call in 0.. {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("before");
        std::fs::create_dir(&root).unwrap();
        let files = Forgetful::off_before(call);
        let (acknowledged, under_way) = run(&root, &files);
        for left in Left::ALL {
            let after = folder.path().join(format!("{left:?}"));
            files.crash(&root, &after, left);
            let store =
                open(&after, Forgetful::default()).unwrap_or_else(|error| panic!("call {call}, {left:?}: {error:?}"));
            let found = model_of(&store);
            let is_right = found == acknowledged || under_way.as_ref() == Some(&found);
            assert!(is_right, "call {call}, {left:?}: {found:?} is neither {acknowledged:?} nor {under_way:?}");
            for collection in store.names() {
                let report = store.collection(collection.as_str()).unwrap().open_report().clone();
                assert!(report.losses.iter().all(|loss| loss.records == 0), "call {call}, {left:?}: {report:?}");
            }
            // It can be worked with, and nothing of what was left lies in the way.
            if let Some(points) = &found.points {
                let pets = store.collection("pets").unwrap();
                pets.upsert(batch(90..92, 7.0)).unwrap();
                pets.checkpoint().unwrap();
                assert_eq!(pets.len(), points.len() + 2);
                drop((pets, store));
                assert_eq!(
                    model_of(&open(&after, Forgetful::default()).unwrap()).points.unwrap().len(),
                    points.len() + 2
                );
            }
            crashes += 1;
        }
        if under_way.is_none() {
            break;
        }
    }
    assert!(crashes > 4 * 30, "{crashes}");
}

#[test]
fn a_full_disk_refuses_changes_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let files = Forgetful::default();
    let store = open(folder.path(), files.clone()).unwrap();
    let pets = store.create(&name("pets"), config(2, Distance::Dot)).unwrap();
    pets.upsert(batch(0..5, 1.0)).unwrap();
    let before = points_of(&pets);
    for room in [0, 1, 19, 20, 21, 50] {
        files.inner().room = Some(room);
        let error = pets.upsert(batch(3..9, 2.0)).unwrap_err();
        assert!(matches!(error, ChangeError::NotWritten { is_full: true, .. }), "{error}");
        assert_eq!(points_of(&pets), before);
    }
    files.inner().room = None;
    pets.upsert(batch(3..4, 2.0)).unwrap();
    let after = points_of(&pets);
    assert_ne!(after, before);
    drop((pets, store));
    let store = open(folder.path(), files).unwrap();
    assert_eq!(model_of(&store).points, Some(after));
    assert_eq!(store.collection("pets").unwrap().open_report().losses, []);
}

#[test]
fn a_disk_that_cannot_take_back_stops_changes_until_the_next_start() {
    let folder = tempfile::tempdir().unwrap();
    let files = Forgetful::default();
    let store = open(folder.path(), files.clone()).unwrap();
    let pets = store.create(&name("pets"), config(2, Distance::Dot)).unwrap();
    pets.upsert(batch(0..5, 1.0)).unwrap();
    let before = points_of(&pets);
    files.inner().fails_to_sync = true;
    files.inner().fails_to_cut = true;
    assert!(matches!(pets.upsert(batch(0..2, 9.0)).unwrap_err(), ChangeError::Stopped { .. }));
    files.inner().fails_to_sync = false;
    files.inner().fails_to_cut = false;
    let error = pets.delete(&Selection::Ids(vec![PointId::Number(1)])).unwrap_err();
    assert!(error.to_string().contains("the disk is broken"), "{error}");
    assert!(pets.info().stopped.is_some());
    assert_eq!(points_of(&pets), before);
    let filter = Filter::from_json(&json!({"must": {"has_id": [1]}}), &Limits::default()).unwrap();
    assert_eq!(pets.count(Some(&filter)).unwrap(), 1);
    drop((pets, store));
    let store = open(folder.path(), Forgetful::default()).unwrap();
    let pets = store.collection("pets").unwrap();
    // The change that could not be taken back was never acknowledged, but it may be there as a whole.
    let mut with_change = before.clone();
    for id in 0..2 {
        with_change.insert(id.to_string(), (vec![9.0, id as f32], json!({"n": id})));
    }
    let found = points_of(&pets);
    assert!(found == before || found == with_change, "{found:?}");
    pets.upsert(batch(0..1, 3.0)).unwrap();
}
