//! A collection expands queries as the retrieval protocol does.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use ndarray::{Array2, Axis};
use sop_collection::{
    Collection, CollectionConfig, Distance, Expansion, GraphChoice, Name, Point, PointId, Query, SearchRequest, Store,
    StoreOptions,
};
use sop_eval::retrieval::{query_expansion, rank};
use sop_numeric::l2_normalize;

/// Numbers that look drawn, the same in every run.
fn vectors(rows: usize, dim: usize, seed: usize) -> Array2<f32> {
    Array2::from_shape_fn((rows, dim), |(row, column)| {
        (((row * 131 + column * 71 + seed) * (row + 3 * column + 7)) % 257) as f32 / 128.0 - 1.0
    })
}

fn filled(store: &Store, database: &Array2<f32>) -> std::sync::Arc<Collection> {
    let config = CollectionConfig {
        dim: database.ncols(),
        distance: Distance::Cosine,
        graph: GraphChoice::Exact,
        origin: None,
        whitening: None,
    };
    let collection = store.create(&Name::new("c").unwrap(), config).unwrap();
    let points = database.rows().into_iter().zip(0_u64..);
    let points =
        points.map(|(row, id)| Point { id: id.into(), vector: row.to_vec(), payload: Default::default() }).collect();
    collection.upsert(points).unwrap();
    collection
}

#[test]
fn scores_are_those_of_the_protocols_queries_to_the_bit() {
    let (database, queries) = (vectors(300, 12, 1), vectors(20, 12, 5000));
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path(), StoreOptions { create: true, ..StoreOptions::default() }).unwrap();
    let collection = filled(&store, &database);
    // Rows of the tail first, rows of the base then.
    for _ in 0..2 {
        for expansion in [
            Expansion { neighbors: 7, ..Expansion::default() },
            Expansion { neighbors: 3, alpha: 0.0, with_query: false },
            Expansion { neighbors: 1000, alpha: 1.5, with_query: true },
        ] {
            let (unit, stored) = (l2_normalize(queries.view()), l2_normalize(database.view()));
            let expanded = query_expansion(unit.view(), stored.view(), &expansion).unwrap();
            let ranking = rank(expanded.view(), stored.view()).unwrap();
            for (query, (expanded, ranking)) in expanded.rows().into_iter().zip(ranking.rows()).enumerate() {
                let request = SearchRequest {
                    expansion: Some(expansion.clone()),
                    ..SearchRequest::new(Query::Vector(queries.row(query).to_vec()), 300)
                };
                let answer = collection.search(&request).unwrap();
                assert!(answer.exact);
                let ids: Vec<PointId> = answer.hits.iter().map(|hit| hit.id.clone()).collect();
                let wanted: Vec<PointId> = ranking.iter().map(|&row| u64::from(row).into()).collect();
                assert_eq!(ids, wanted);
                for (hit, &row) in answer.hits.iter().zip(ranking) {
                    let pairs = expanded.iter().zip(stored.index_axis(Axis(0), row as usize));
                    let score: f64 = pairs.map(|(&left, &right)| f64::from(left) * f64::from(right)).sum();
                    assert!((f64::from(hit.score) - score).abs() < 1e-6);
                }
            }
        }
        collection.checkpoint().unwrap();
    }
}
