#![no_main]

use sop_collection::{Point, StoreError};
use sop_fuzz::collections::{NAME, index_with, log, look_around, manifest, open, whitening};

// The first byte is `a` where the rest is `aliases.json`; else the rest is `collection.json`, beside a log and a whitening.
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let Some((first, text)) = bytes.split_first() else { return };
    let log = log(2, std::iter::empty());
    let is_aliases = *first == b'a';
    let own = if is_aliases { manifest(2, 0, 0) } else { text.to_vec() };
    let root = index_with(&[("collection.json", &own), ("log-1.sop", &log), ("whitening.bin", &whitening())]);
    if is_aliases {
        std::fs::write(root.join("aliases.json"), text).expect("the scratch file cannot be written");
    }
    let Ok(store) = open(&root) else { return };
    for (alias, target) in store.aliases() {
        let found = store.collection(alias.as_str()).expect("an alias leads to a collection");
        assert_eq!(found.name(), &target);
    }
    let collection = match store.collection(NAME) {
        Err(StoreError::Unreadable { .. }) => return,
        collection => collection.expect("the collection is there"),
    };
    look_around(&collection);
    // A collection that can be opened can be added to.
    let dims = collection.config().dims();
    let dim = dims.embedding.unwrap_or(dims.stored);
    if dim <= 1 << 12 {
        let point = Point { id: 1.into(), vector: vec![1.0; dim], payload: Default::default() };
        collection.upsert(vec![point]).expect("a point can be added");
        collection.checkpoint().expect("points can be written");
        drop((collection, store));
        let store = open(&root).expect("what was written can be opened");
        let collection = store.collection(NAME).expect("the collection is there");
        assert_eq!(look_around(&collection).len(), 1);
    }
});

libfuzzer_sys::fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    if size == 0 {
        return libfuzzer_sys::fuzzer_mutate(data, size, max_size);
    }
    1 + sop_fuzz::json::mutate(&mut data[1..], size - 1, max_size - 1, seed)
});
