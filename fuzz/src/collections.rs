//! Index folders with one collection whose files come from the fuzzer, and a look at all that was read.

use std::path::{Path, PathBuf};

use serde_json::json;
use sop_collection::{Collection, Parts, Query, Record, SearchRequest, Store, StoreError, StoreOptions, VerifyOptions};

/// Id of the collection that targets make files of, as bytes; in `collection.json` it is 32 hex digits.
pub const ID: [u8; 16] = [0xab; 16];

/// The name of the collection.
pub const NAME: &str = "fuzzed";

/// `collection.json` of a collection of vectors of `dim` components that are compared by their inner product.
pub fn manifest(dim: usize, points: usize, points_crc32: u32) -> Vec<u8> {
    let config = json!({"dim": dim, "distance": "Dot", "graph": "own"});
    let id = "ab".repeat(16);
    let manifest = json!({
        "format": 1, "id": id, "config": config, "generation": 1, "points": points, "points_crc32": points_crc32,
        "last_change": 5,
    });
    manifest.to_string().into_bytes()
}

/// A log that begins where the file of points of [`manifest`] ends, with a header that fits and a record of every body.
pub fn log<'b>(dim: usize, bodies: impl Iterator<Item = &'b [u8]>) -> Vec<u8> {
    let mut bytes = b"SOP-LOG\n".to_vec();
    bytes.extend(1_u32.to_le_bytes());
    bytes.extend((dim as u32).to_le_bytes());
    bytes.extend(ID);
    bytes.extend(1_u64.to_le_bytes());
    bytes.extend(5_u64.to_le_bytes());
    bytes.resize(60, 0);
    bytes.extend(crc32fast::hash(&bytes).to_le_bytes());
    for (number, body) in (6_u64..).zip(bodies) {
        let mut header = (body.len() as u32).to_le_bytes().to_vec();
        header.extend(crc32fast::hash(body).to_le_bytes());
        header.extend(number.to_le_bytes());
        header.extend(crc32fast::hash(&header).to_le_bytes());
        bytes.extend(header);
        bytes.extend_from_slice(body);
    }
    bytes
}

/// A whitening of embeddings of three components to two.
pub fn whitening() -> Vec<u8> {
    let mut bytes = b"SOPWHT1\n".to_vec();
    bytes.extend([3_u32, 2].into_iter().flat_map(u32::to_le_bytes));
    bytes.extend((1..10).flat_map(|value| f64::from(value).to_le_bytes()));
    bytes
}

/// An index folder of this process with nothing in it but a collection of these files.
pub fn index_with(files: &[(&str, &[u8])]) -> PathBuf {
    let root = crate::scratch("index");
    let folder = root.join("collections").join(NAME);
    let _ = std::fs::remove_dir_all(&root);
    std::fs::create_dir_all(&folder).expect("the scratch folder cannot be made");
    for (name, bytes) in files {
        std::fs::write(folder.join(name), bytes).expect("the scratch file cannot be written");
    }
    root
}

/// Opens an index folder for writing.
pub fn open(root: &Path) -> Result<Store, StoreError> {
    Store::open(root, StoreOptions { create: true, ..StoreOptions::default() })
}

/// All points of a collection.
pub fn records(collection: &Collection) -> Vec<Record> {
    let page = collection.scroll(None, None, 10_000, &Parts::all()).expect("points can be listed");
    page.records
}

/// Asks a collection everything that can be asked. What was read must be consistent, whatever it is.
pub fn look_around(collection: &Collection) -> Vec<Record> {
    let records = records(collection);
    assert_eq!(records.len(), collection.len().min(10_000));
    assert_eq!(collection.count(None).expect("points can be counted"), collection.len());
    let ids: Vec<_> = records.iter().map(|record| record.id.clone()).collect();
    // Ids may come back in the form of a text or a number, and are the same then.
    let got = collection.get(&ids, &Parts::all()).expect("points can be read");
    assert_eq!(got, records);
    let _ = collection.info();
    if let Some(first) = records.first() {
        for query in [Query::Point(first.id.clone()), Query::Vector(first.vector.clone().unwrap_or_default())] {
            for exact in [false, true] {
                let answer = collection.search(&SearchRequest { exact, ..SearchRequest::new(query.clone(), 5) });
                if let Ok(answer) = answer {
                    assert!(answer.hits.is_sorted_by(|left, right| left.score >= right.score), "{:?}", answer.hits);
                }
            }
        }
        for key in first.payload.iter().flat_map(|payload| payload.keys()).take(4) {
            let _ = collection.facet(key, None, 10);
        }
    }
    records
}

/// Opens an index, looks at its collection, writes all of it down again, and compares what is read then.
pub fn check_round_trip(root: &Path) {
    let Ok(store) = open(root) else { return };
    let Ok(collection) = store.collection(NAME) else { return };
    let before = look_around(&collection);
    let written = collection.checkpoint();
    written.expect("what was read can be written");
    assert_eq!(look_around(&collection), before);
    let report = collection.verify(&VerifyOptions::default()).expect("a collection can be verified");
    assert!(report.is_good(), "{report:?}");
    drop((collection, store));
    let store = open(root).expect("what was written can be opened");
    assert_eq!(records(&store.collection(NAME).expect("the collection is there")), before);
}
