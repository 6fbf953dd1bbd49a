//! Points drawn at random, and points that leave as a file.

#![allow(clippy::unwrap_used, reason = "tests may unwrap, and so may the functions they share")]

mod common;

use std::collections::BTreeSet;

use common::{collection, ids, point};
use serde_json::json;
use sop_collection::{Distance, Filter, Limits, Parts, PointId, QueryError, Selection, StoreError};
use sop_core::EmbeddingSet;

#[test]
fn a_sample_draws_every_point_equally_often_and_none_twice() {
    let folder = tempfile::tempdir().unwrap();
    let (_store, pets) = collection(folder.path(), 2, Distance::Dot);
    pets.upsert((0..20).map(|id| point(id, [id as f32, 1.0], json!({"even": id % 2 == 0}))).collect()).unwrap();
    pets.delete(&Selection::Ids(vec![3.into()])).unwrap();
    let draw = |limit, seed| ids(&pets.sample(None, limit, seed, &Parts::default()).unwrap());
    let mut times = [0; 20];
    for seed in 0..2000 {
        let drawn = draw(5, seed);
        assert_eq!(drawn.iter().collect::<BTreeSet<_>>().len(), 5);
        for id in drawn {
            times[id.to_string().parse::<usize>().unwrap()] += 1;
        }
    }
    assert_eq!(times[3], 0, "a removed point was drawn");
    // 2000 draws of 5 among 19: 526.3 each, standard deviation 19.7; five of those are never passed by a fair draw.
    assert!(times.iter().enumerate().all(|(id, &times)| id == 3 || (428..=625).contains(&times)), "{times:?}");
    assert_eq!(draw(5, 7), draw(5, 7));
    assert_ne!(draw(5, 7), draw(5, 8));
    assert_eq!(draw(100, 1).len(), 19);
    let even = Filter::from_json(&json!({"must": {"key": "even", "match": {"value": true}}}), &Limits::default());
    let drawn = ids(&pets.sample(even.as_ref().ok(), 100, 1, &Parts::default()).unwrap());
    let all: BTreeSet<PointId> = (0..20).step_by(2).map(PointId::from).collect();
    assert_eq!(drawn.into_iter().collect::<BTreeSet<_>>(), all);
    assert!(matches!(pets.sample(None, 0, 1, &Parts::default()), Err(QueryError::ZeroLimit)));
}

#[test]
fn exported_points_are_an_embedding_file() {
    let folder = tempfile::tempdir().unwrap();
    let (_store, pets) = collection(folder.path(), 2, Distance::Dot);
    let points = vec![
        point(7, [3.0, 4.0], json!({"label": 2})),
        point("a,b", [0.5, 0.0], json!({})),
        point(9, [1.0, 1.0], json!({})),
    ];
    pets.upsert(points).unwrap();
    pets.checkpoint().unwrap();
    pets.upsert(vec![point("new", [0.0, -1.0], json!({"label": 0}))]).unwrap();
    let file = folder.path().join("some.parquet");
    assert_eq!(pets.export(&["new".into(), "7".into(), "a,b".into(), 7.into()], &file).unwrap(), 3);
    let set = EmbeddingSet::read(file.to_str().unwrap()).unwrap();
    assert_eq!(set.ids(), ["new", "7", "a,b"]);
    assert_eq!(set.labels(), [Some(0), Some(2), None]);
    assert_eq!(
        set.vectors().rows().into_iter().map(|row| row.to_vec()).collect::<Vec<_>>(),
        [[0.0, -1.0], [3.0, 4.0], [0.5, 0.0]]
    );
    let missing = folder.path().join("missing.parquet");
    let error = pets.export(&[7.into(), "none".into()], &missing).unwrap_err();
    assert!(matches!(error, StoreError::Query(QueryError::NoSuchPoint { id }) if id == "none".into()));
    assert!(!missing.exists() && pets.export(&[], &missing).is_err());
}
