//! Collections that are searched by a graph.

#![allow(clippy::unwrap_used, reason = "tests may unwrap, and so may the functions they share")]

mod common;

use common::{config, name, open, payload, reopened};
use serde_json::json;
use sop_collection::{
    Collection, CollectionConfig, Distance, Filter, GraphChoice, GraphState, Limits, Parts, Payload, PointId, Query,
    SearchRequest, Selection, VerifyOptions,
};
use sop_numeric::random::Stream;

const DIM: usize = 16;

/// Points around drawn centres.
fn points(from: u64, count: u64) -> (Vec<(PointId, Payload)>, ndarray::Array2<f32>) {
    let mut stream = Stream::from_seed(7, from);
    let vectors = ndarray::Array2::from_shape_fn((count as usize, DIM), |(row, column)| {
        let centre = if (row * 7 + column * 3) % 5 == row % 5 { 2.0 } else { 0.0 };
        (centre + stream.normal()) as f32
    });
    ((from..from + count).map(|id| (id.into(), payload(json!({"third": id % 3 == 0, "id": id})))).collect(), vectors)
}

fn add(pets: &Collection, from: u64, count: u64) {
    let (points, vectors) = points(from, count);
    pets.upsert_array(&points, vectors.view()).unwrap();
}

fn recall(pets: &Collection, filter: Option<&Filter>) -> f64 {
    let (_, queries) = points(1_000_000, 50);
    let (mut found, mut wanted) = (0, 0);
    for query in queries.rows() {
        let base = SearchRequest::new(Query::Vector(query.to_vec()), 10);
        let request = SearchRequest { filter: filter.cloned(), ..base };
        let approximate = pets.search(&request).unwrap();
        let exact = pets.search(&SearchRequest { exact: true, ..request }).unwrap();
        assert!(exact.exact);
        wanted += exact.hits.len();
        for hit in exact.hits {
            // A score is never misstated.
            if let Some(same) = approximate.hits.iter().find(|other| other.id == hit.id) {
                assert_eq!(same.score, hit.score);
                found += 1;
            }
        }
    }
    f64::from(found) / wanted as f64
}

#[test]
fn a_graph_is_built_kept_extended_and_never_believed_blindly() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let with_graph = CollectionConfig { graph: GraphChoice::Own, ..config(DIM, Distance::Cosine) };
    let pets = store.create(&name("pets"), with_graph).unwrap();
    add(&pets, 0, 6000);
    pets.checkpoint().unwrap();
    assert_eq!((pets.info().graph, pets.info().tail), (GraphState::Ready, 0));
    assert!(recall(&pets, None) > 0.95);
    let third =
        Filter::from_json(&json!({"must": {"key": "third", "match": {"value": true}}}), &Limits::default()).unwrap();
    assert!(recall(&pets, Some(&third)) > 0.95);
    let report = pets.verify(&VerifyOptions::default()).unwrap();
    assert!(report.is_good() && report.unreachable == 0 && report.graph_rows == 6000, "{report:?}");
    assert!(report.recall.unwrap().recall > 0.95, "{report:?}");
    // From the file.
    let file = folder.path().join("collections/pets/graph-1.bin");
    let found = pets.search(&SearchRequest::new(Query::Point(7.into()), 10)).unwrap();
    drop((store, pets));
    let (store, pets) = reopened(folder.path());
    assert_eq!((pets.info().graph, &pets.open_report().notes), (GraphState::Ready, &vec![]));
    assert_eq!(pets.search(&SearchRequest::new(Query::Point(7.into()), 10)).unwrap(), found);
    // Removed points are not found, and new ones are, before and after they are in the graph.
    let half =
        Filter::from_json(&json!({"must": {"key": "id", "range": {"gte": 500, "lt": 5500}}}), &Limits::default());
    pets.delete(&Selection::Filter(half.unwrap())).unwrap();
    add(&pets, 10_000, 5000);
    let gone = |pets: &Collection| {
        let (_, queries) = points(2_000_000, 20);
        for query in queries.rows() {
            let parts = Parts::default();
            let request = SearchRequest { parts, ..SearchRequest::new(Query::Vector(query.to_vec()), 100) };
            let ids =
                pets.search(&request).unwrap().hits.into_iter().map(|hit| hit.id.to_string().parse::<u64>().unwrap());
            assert!(ids.into_iter().all(|id| !(500..5500).contains(&id)));
        }
        recall(pets, None)
    };
    assert!(gone(&pets) > 0.95);
    let done = pets.maintain().unwrap();
    assert!(done.rows_dropped == 5000 && pets.info().tail == 0, "{done:?}");
    assert_eq!(pets.info().graph, GraphState::Ready);
    assert!(gone(&pets) > 0.95);
    assert!(pets.verify(&VerifyOptions::default()).unwrap().is_good());
    drop((store, pets));
    // A graph of other rows, a damaged one and none.
    let good = std::fs::read(&file).unwrap();
    let (store, pets) = reopened(folder.path());
    pets.checkpoint().unwrap();
    drop((store, pets));
    let file = folder.path().join("collections/pets/graph-2.bin");
    let mut damaged = std::fs::read(&file).unwrap();
    let middle = damaged.len() / 2;
    damaged[middle] ^= 1;
    for bytes in [Some(good), Some(damaged), None] {
        match bytes {
            Some(bytes) => std::fs::write(&file, bytes).unwrap(),
            None => std::fs::remove_file(&file).unwrap(),
        }
        let (_store, pets) = reopened(folder.path());
        assert_eq!(pets.info().graph, GraphState::Missing);
        assert!(pets.open_report().notes[0].contains("graph-2.bin"), "{:?}", pets.open_report());
        assert_eq!(recall(&pets, None), 1.0);
        pets.maintain().unwrap();
        assert_eq!(pets.info().graph, GraphState::Ready);
    }
    let (_store, pets) = reopened(folder.path());
    assert_eq!(pets.info().graph, GraphState::Ready);
}
