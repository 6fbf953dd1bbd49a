//! What the tests share.

#![allow(dead_code, reason = "every test file uses some of it")]

use std::path::Path;
use std::sync::Arc;

use serde_json::Value;
use sop_collection::{
    Collection, CollectionConfig, Distance, GraphChoice, Name, Payload, Point, PointId, Record, Store, StoreOptions,
};

pub fn config(dim: usize, distance: Distance) -> CollectionConfig {
    CollectionConfig { dim, distance, graph: GraphChoice::Auto, origin: None, whitening: None }
}

pub fn name(text: &str) -> Name {
    Name::new(text).unwrap()
}

pub fn open(folder: &Path) -> Store {
    Store::open(folder, StoreOptions { create: true, ..StoreOptions::default() }).unwrap()
}

/// A new collection `pets`.
pub fn collection(folder: &Path, dim: usize, distance: Distance) -> (Store, Arc<Collection>) {
    let store = open(folder);
    let pets = store.create(&name("pets"), config(dim, distance)).unwrap();
    (store, pets)
}

/// The collection `pets` as the next process finds it.
pub fn reopened(folder: &Path) -> (Store, Arc<Collection>) {
    let store = Store::open(folder, StoreOptions::default()).unwrap();
    let pets = store.collection("pets").unwrap();
    (store, pets)
}

pub fn payload(value: Value) -> Payload {
    value.as_object().unwrap().clone()
}

pub fn vector<const N: usize>(values: [f32; N]) -> Vec<f32> {
    values.to_vec()
}

pub fn point<const N: usize>(id: impl Into<PointId>, vector: [f32; N], of_payload: Value) -> Point {
    Point { id: id.into(), vector: vector.to_vec(), payload: payload(of_payload) }
}

pub fn ids(records: &[Record]) -> Vec<PointId> {
    records.iter().map(|record| record.id.clone()).collect()
}
