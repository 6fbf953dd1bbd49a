//! Collections that whiten embeddings before they are stored or searched for.

#![allow(clippy::unwrap_used, reason = "tests may unwrap, and so may the functions they share")]

mod common;

use std::path::Path;
use std::sync::Arc;

use common::{config, name, open};
use ndarray::{Array2, ArrayView2, s};
use serde_json::json;
use sop_collection::{
    ChangeError, Collection, CollectionConfig, Covariance, Dims, Distance, Origin, Parts, Payload, PayloadParts, Point,
    PointId, Query, QueryError, SearchRequest, Store, StoreError, Whitening, WhiteningParams,
};
use sop_numeric::l2_normalize;

const EMBEDDING_DIM: usize = 6;
const DIM: usize = 3;

/// Embeddings that vary more along some directions than others, `[rows, 6]`.
fn embeddings(rows: usize) -> Array2<f32> {
    let noise =
        |row: usize, column: usize| ((row * 7919 + column * 104_729 + row * row * 31) % 1009) as f32 / 1009.0 - 0.5;
    Array2::from_shape_fn((rows, EMBEDDING_DIM), |(row, column)| 1.0 + noise(row, column) / (column + 1) as f32)
}

fn whitening(set: ArrayView2<'_, f32>) -> Whitening {
    Whitening::fit(set, &WhiteningParams { covariance: Covariance::Centred, dim: Some(DIM) }).unwrap().0
}

fn origin() -> Origin {
    Origin {
        encoder: "e".into(),
        encoder_sha256: "ab".into(),
        feature: "cls".into(),
        transform: "t".into(),
        ..Origin::default()
    }
}

fn whitened(folder: &Path, distance: Distance) -> (Store, Arc<Collection>) {
    let store = open(folder);
    let set = embeddings(100);
    let with_origin = CollectionConfig { origin: Some(origin()), ..config(0, distance) };
    let made = store
        .create_whitened(&name("w"), with_origin, &whitening(set.view()), Covariance::Centred, set.nrows())
        .unwrap();
    (store, made)
}

fn upsert(collection: &Collection, rows: ArrayView2<'_, f32>) {
    let points: Vec<_> = (0..rows.nrows()).map(|row| (PointId::Number(row as u64), Payload::new())).collect();
    collection.upsert_array(&points, rows).unwrap();
}

fn vector(collection: &Collection, id: u64) -> Vec<f32> {
    let parts = Parts { payload: PayloadParts::None, vector: true };
    collection.get(&[PointId::Number(id)], &parts).unwrap().swap_remove(0).vector.unwrap()
}

fn found(collection: &Collection, query: Vec<f32>) -> Vec<(PointId, f32)> {
    let answer = collection.search(&SearchRequest::new(Query::Vector(query), 5)).unwrap();
    answer.hits.into_iter().map(|hit| (hit.id, hit.score)).collect()
}

#[test]
fn embeddings_are_whitened_once_whichever_way_they_come() {
    let folder = tempfile::tempdir().unwrap();
    let (_store, collection) = whitened(folder.path(), Distance::Cosine);
    let set = embeddings(40);
    upsert(&collection, set.view());
    // What the functions give one after the other.
    let expected = l2_normalize(whitening(embeddings(100).view()).apply(set.view()).unwrap().view());
    assert_eq!(collection.as_stored(set.view()).unwrap(), expected);
    for (row, stored) in expected.rows().into_iter().enumerate() {
        assert_eq!(vector(&collection, row as u64), stored.to_vec());
    }
    // One alone, and one that is whitened already, are stored as those.
    let embedding = Point { id: PointId::Number(100), vector: set.row(7).to_vec(), payload: Payload::new() };
    let stored = Point { id: PointId::Number(101), vector: expected.row(7).to_vec(), payload: Payload::new() };
    collection.upsert(vec![embedding, stored]).unwrap();
    assert_eq!(vector(&collection, 100), expected.row(7).to_vec());
    assert_eq!(vector(&collection, 100), vector(&collection, 7));
    assert_eq!(vector(&collection, 101), l2_normalize(expected.slice(s![7..8, ..])).row(0).to_vec());
    // So are queries.
    let by_embedding = found(&collection, set.row(9).to_vec());
    assert_eq!(by_embedding[0].0, PointId::Number(9));
    let by_stored = found(&collection, expected.row(9).to_vec());
    assert_eq!(
        by_embedding.iter().map(|hit| &hit.0).collect::<Vec<_>>(),
        by_stored.iter().map(|hit| &hit.0).collect::<Vec<_>>()
    );
}

#[test]
fn inner_products_are_of_whitened_vectors_as_they_are() {
    let folder = tempfile::tempdir().unwrap();
    let (_store, collection) = whitened(folder.path(), Distance::Dot);
    let set = embeddings(4);
    upsert(&collection, set.view());
    let expected = whitening(embeddings(100).view()).apply(set.view()).unwrap();
    assert_eq!(vector(&collection, 3), expected.row(3).to_vec());
    let product = |row: usize| {
        expected.row(2).iter().zip(expected.row(row)).map(|(left, right)| f64::from(left * right)).sum::<f64>()
    };
    for (id, score) in found(&collection, set.row(2).to_vec()) {
        let PointId::Number(row) = id else { panic!() };
        assert!((f64::from(score) - product(row as usize)).abs() < 1e-5);
    }
}

#[test]
fn other_lengths_are_refused_and_both_that_fit_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let (store, collection) = whitened(folder.path(), Distance::Cosine);
    let dims = Dims { stored: DIM, embedding: Some(EMBEDDING_DIM) };
    assert_eq!(collection.config().dims(), dims);
    let point = |vector: Vec<f32>| vec![Point { id: PointId::Number(1), vector, payload: Payload::new() }];
    let error = collection.upsert(point(vec![1.0; 4])).unwrap_err();
    assert!(matches!(error, ChangeError::Dim { found: 4, expected, .. } if expected == dims));
    assert!(error.to_string().contains("takes 6, or 3 where they are whitened already"), "{error}");
    let search = |vector: Vec<f32>| collection.search(&SearchRequest::new(Query::Vector(vector), 1)).unwrap_err();
    assert!(matches!(search(vec![1.0; 5]), QueryError::Dim { found: 5, .. }));
    assert!(matches!(search(vec![f32::NAN; 6]), QueryError::NotFinite { component: 0 }));
    // Numbers that are finite, and are not any more after the whitening.
    let huge = collection.upsert(point(vec![f32::MAX, f32::MIN, f32::MAX, f32::MIN, f32::MAX, f32::MAX])).unwrap_err();
    assert!(matches!(huge, ChangeError::NotFinite { .. }), "{huge}");
    // The mean is whitened to zero, or nearly: it is refused, or has a direction like any other.
    assert!(collection.is_empty());
    // Without fewer components nothing would tell a whitened vector from one that is not.
    let all = Whitening::fit(embeddings(100).view(), &WhiteningParams::default()).unwrap().0;
    let kept = store.create_whitened(&name("x"), config(0, Distance::Dot), &all, Covariance::Uncentred, 100);
    assert!(matches!(kept, Err(StoreError::WhiteningKeepsAll { embedding_dim: 6, dim: 6 })));
    // A configuration alone says nothing of the numbers.
    let alone = store.create(&name("y"), collection.config().clone());
    assert!(matches!(alone, Err(StoreError::NoWhitening)));
}

#[test]
fn a_whitening_is_there_after_opening_again_and_from_a_snapshot() {
    let folder = tempfile::tempdir().unwrap();
    let (store, collection) = whitened(folder.path(), Distance::Cosine);
    let set = embeddings(40);
    upsert(&collection, set.slice(s![..20, ..]));
    collection.checkpoint().unwrap();
    upsert(&collection, set.view());
    let snapshot = store.create_snapshot("w").unwrap();
    let path = store.snapshot_path("w", snapshot.name.as_str()).unwrap();
    let before = (found(&collection, set.row(3).to_vec()), vector(&collection, 30), collection.config().clone());
    assert_eq!(before.2.whitening.as_ref().unwrap().fitted_on, 100);
    let copy = store.restore(&name("copy"), &path).unwrap();
    assert_eq!((found(&copy, set.row(3).to_vec()), vector(&copy, 30), copy.config().clone()), before);
    drop((store, collection, copy));
    let store = open(folder.path());
    for text in ["w", "copy"] {
        let collection = store.collection(text).unwrap();
        assert_eq!(
            (found(&collection, set.row(3).to_vec()), vector(&collection, 30), collection.config().clone()),
            before
        );
    }
    // Points as a file are no embeddings of the encoder any more, and the file says so.
    store.collection("w").unwrap().checkpoint().unwrap();
    let stored = std::fs::read_dir(folder.path().join("collections/w")).unwrap().map(|entry| entry.unwrap().path());
    let points = stored.into_iter().find(|path| path.extension().is_some_and(|ending| ending == "parquet")).unwrap();
    let file = sop_core::EmbeddingSet::read(points.to_str().unwrap()).unwrap();
    let feature = file.provenance().feature.clone().unwrap();
    assert!(feature.starts_with("cls|whitened(3,"), "{feature}");
    assert_eq!(Some(feature), store.collection("w").unwrap().config().stored_feature());
}

#[test]
fn a_collection_whose_whitening_is_damaged_cannot_be_read() {
    let folder = tempfile::tempdir().unwrap();
    let (store, collection) = whitened(folder.path(), Distance::Cosine);
    upsert(&collection, embeddings(5).view());
    drop((store, collection));
    let file = folder.path().join("collections/w/whitening.bin");
    let bytes = std::fs::read(&file).unwrap();
    let reason = |bytes: Option<&[u8]>| {
        match bytes {
            Some(bytes) => std::fs::write(&file, bytes).unwrap(),
            None => std::fs::remove_file(&file).unwrap(),
        }
        let store = open(folder.path());
        assert!(matches!(store.collection("w"), Err(StoreError::Unreadable { .. })));
        store.unreadable()[&name("w")].clone()
    };
    assert!(reason(Some(&bytes[..bytes.len() - 1])).contains("another length"));
    let mut flipped = bytes.clone();
    flipped[40] ^= 1;
    assert!(reason(Some(&flipped)).contains("SHA-256"));
    assert!(reason(None).contains("whitening.bin"));
    // A manifest that says something else of it.
    std::fs::write(&file, &bytes).unwrap();
    let manifest = folder.path().join("collections/w/collection.json");
    let text = std::fs::read_to_string(&manifest).unwrap();
    let mut json: serde_json::Value = serde_json::from_str(&text).unwrap();
    for dim in [0, 3, 5, 7] {
        json["config"]["whitening"]["embedding_dim"] = json!(dim);
        std::fs::write(&manifest, json.to_string()).unwrap();
        assert!(open(folder.path()).collection("w").is_err(), "{dim}");
    }
    std::fs::write(&manifest, text).unwrap();
    assert_eq!(open(folder.path()).collection("w").unwrap().len(), 5);
}
