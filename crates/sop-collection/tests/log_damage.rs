//! A log that is cut at any byte, or has any bit flipped.

#![allow(clippy::unwrap_used, reason = "tests may unwrap, and so may the functions they share")]

mod common;

use std::path::{Path, PathBuf};

use common::{collection, payload, point, reopened};
use serde_json::json;
use sop_collection::{Collection, Distance, Parts, Record, Selection, StoreError};

/// Makes a collection with a small log; returns the log, and the length of it and the points after each change.
fn make(folder: &Path) -> (PathBuf, Vec<(u64, Vec<Record>)>) {
    let (_store, pets) = collection(folder, 2, Distance::Dot);
    let log = folder.join("collections/pets/log-0.sop");
    let mut moments = vec![(std::fs::metadata(&log).unwrap().len(), all(&pets))];
    let changes: [&dyn Fn(&Collection); 4] = [
        &|pets| {
            pets.upsert(vec![point(1, [1.0, 2.0], json!({"a": 1})), point("x", [3.0, 4.0], json!({}))]).unwrap();
        },
        &|pets| {
            pets.set_payload(&Selection::Ids(vec!["x".into()]), payload(json!({"b": 2}))).unwrap();
        },
        &|pets| {
            pets.delete(&Selection::Ids(vec![1.into()])).unwrap();
        },
        &|pets| {
            pets.upsert(vec![point("x", [5.0, 6.0], json!({"c": 3}))]).unwrap();
        },
    ];
    for change in changes {
        change(&pets);
        moments.push((std::fs::metadata(&log).unwrap().len(), all(&pets)));
    }
    (log, moments)
}

fn all(pets: &Collection) -> Vec<Record> {
    pets.scroll(None, None, 100, &Parts::all()).unwrap().records
}

/// Changes that are whole in the first `length` bytes.
fn whole(moments: &[(u64, Vec<Record>)], length: u64) -> usize {
    moments.iter().filter(|(end, _)| *end <= length).count().saturating_sub(1)
}

#[test]
fn a_log_cut_at_any_byte_keeps_the_changes_before() {
    let folder = tempfile::tempdir().unwrap();
    let (log, moments) = make(folder.path());
    let bytes = std::fs::read(&log).unwrap();
    for length in 0..=bytes.len() {
        std::fs::write(&log, &bytes[..length]).unwrap();
        let (store, pets) = reopened(folder.path());
        let kept = whole(&moments, length as u64);
        assert_eq!(all(&pets), moments[kept].1, "cut to {length}");
        let report = pets.open_report();
        let is_whole = moments.iter().any(|(end, _)| *end == length as u64);
        assert_eq!((report.changes, report.losses.is_empty()), (kept as u64, is_whole), "cut to {length}: {report:?}");
        if let [loss] = report.losses.as_slice() {
            let end = if length < 64 { 0 } else { moments[kept].0 };
            assert_eq!((loss.bytes, loss.records), (length as u64 - end, 0), "cut to {length}");
        }
        drop((store, pets));
        let (_store, pets) = reopened(folder.path());
        assert_eq!(
            (all(&pets), pets.open_report().losses.len()),
            (moments[kept].1.clone(), 0),
            "cut to {length}, then again"
        );
    }
}

#[test]
fn a_log_with_any_bit_flipped_keeps_the_changes_before_and_says_what_is_lost() {
    let folder = tempfile::tempdir().unwrap();
    let (log, moments) = make(folder.path());
    let bytes = std::fs::read(&log).unwrap();
    for place in 0..bytes.len() {
        let kept = whole(&moments, place as u64);
        for bit in 0..8 {
            let mut damaged = bytes.clone();
            damaged[place] ^= 1 << bit;
            std::fs::write(&log, &damaged).unwrap();
            let (store, pets) = reopened(folder.path());
            assert_eq!(all(&pets), moments[kept].1, "bit {bit} of byte {place}");
            let [loss] = pets.open_report().losses.as_slice() else {
                panic!("bit {bit} of byte {place} is not noticed")
            };
            let end = if place < 64 { 0 } else { moments[kept].0 };
            assert_eq!(loss.bytes, bytes.len() as u64 - end, "bit {bit} of byte {place}");
            let later = moments.len() as u64 - 2 - kept as u64;
            // The record itself is counted where its header is good.
            assert!([later, later + 1].contains(&loss.records), "bit {bit} of byte {place}: {loss:?}, {later} later");
            drop((store, pets));
        }
    }
    // What may be of use to somebody is kept.
    let kept = std::fs::read_dir(log.parent().unwrap()).unwrap();
    assert!(kept.map(|entry| entry.unwrap().file_name()).any(|name| name.to_string_lossy().contains("lost")));
}

#[test]
fn a_log_of_another_collection_is_not_taken() {
    let folder = tempfile::tempdir().unwrap();
    let (log, moments) = make(folder.path());
    let other = tempfile::tempdir().unwrap();
    let (other_log, _) = make(other.path());
    std::fs::copy(other_log, &log).unwrap();
    let (_store, pets) = reopened(folder.path());
    assert_eq!(all(&pets), moments[0].1);
    assert!(pets.open_report().losses[0].reason.contains("another collection"), "{:?}", pets.open_report());
}

#[test]
fn damaged_points_keep_their_collection_closed_and_no_other() {
    let folder = tempfile::tempdir().unwrap();
    let (store, pets) = collection(folder.path(), 2, Distance::Dot);
    pets.upsert((0..50).map(|id| point(id, [id as f32, 1.0], json!({"id": id}))).collect()).unwrap();
    pets.checkpoint().unwrap();
    drop((store, pets));
    let path = folder.path().join("collections/pets/points-1.parquet");
    let bytes = std::fs::read(&path).unwrap();
    for place in (0..bytes.len()).step_by(7) {
        let mut damaged = bytes.clone();
        damaged[place] ^= 0x10;
        std::fs::write(&path, &damaged).unwrap();
        let store = common::open(folder.path());
        let error = store.collection("pets").unwrap_err().to_string();
        assert!(error.contains("`pets`") && error.contains("points-1.parquet"), "byte {place}: {error}");
        assert!(store.names().is_empty() && store.unreadable().contains_key("pets"));
    }
    std::fs::remove_file(&path).unwrap();
    let store = common::open(folder.path());
    let error = store.collection("pets").unwrap_err();
    assert!(
        matches!(&error, StoreError::Unreadable { name, reason } if name.as_str() == "pets" && reason.contains("points-1.parquet")),
        "{error}"
    );
}

#[test]
fn numbers_that_nothing_could_follow_are_an_error_that_names_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let (store, pets) = collection(folder.path(), 2, Distance::Dot);
    pets.upsert(vec![point(1, [1.0, 1.0], json!({}))]).unwrap();
    drop((store, pets));
    let path = folder.path().join("collections/pets/collection.json");
    let good = std::fs::read(&path).unwrap();
    for field in ["generation", "last_change"] {
        let mut manifest: serde_json::Value = serde_json::from_slice(&good).unwrap();
        manifest[field] = json!(u64::MAX);
        std::fs::write(&path, manifest.to_string()).unwrap();
        let error = common::open(folder.path()).collection("pets").map(drop).unwrap_err();
        assert!(error.to_string().contains("collection.json"), "{field}: {error}");
    }
    std::fs::write(&path, &good).unwrap();
    assert_eq!(reopened(folder.path()).1.len(), 1);
}

/// A log after its header, with the bytes of its only record's body changed, and checksums that are right.
fn with_body(log: &[u8], change: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
    let (head, record) = log.split_at(64);
    let (header, body) = record.split_at(20);
    let mut body = body.to_vec();
    change(&mut body);
    let mut sealed = (body.len() as u32).to_le_bytes().to_vec();
    sealed.extend(crc32fast::hash(&body).to_le_bytes());
    sealed.extend(&header[8..16]);
    sealed.extend(crc32fast::hash(&sealed).to_le_bytes());
    [head, &sealed, &body].concat()
}

#[test]
fn a_record_with_values_that_no_change_has_is_lost_and_not_carried_on() {
    let nan = |body: &mut Vec<u8>| {
        let end = body.len() - 4;
        body[end..].copy_from_slice(&f32::NAN.to_le_bytes());
    };
    // The payload `{"a":1}` stands before two numbers of four bytes.
    let no_object = |body: &mut Vec<u8>| {
        let start = body.len() - 8 - 7;
        body[start] = b'[';
    };
    type Case<'a> = (&'a dyn Fn(&mut Vec<u8>), Option<&'static str>);
    let cases: [Case<'_>; 3] = [(&|_| (), None), (&nan, Some("not finite")), (&no_object, Some("no JSON object"))];
    for (change, reason) in cases {
        let folder = tempfile::tempdir().unwrap();
        let (store, pets) = collection(folder.path(), 2, Distance::Dot);
        pets.upsert(vec![point(1, [1.0, 2.0], json!({"a": 1}))]).unwrap();
        drop((store, pets));
        let path = folder.path().join("collections/pets/log-0.sop");
        let log = std::fs::read(&path).unwrap();
        std::fs::write(&path, with_body(&log, change)).unwrap();
        let (store, pets) = reopened(folder.path());
        let losses = &pets.open_report().losses;
        match reason {
            None => assert_eq!((losses.len(), pets.len()), (0, 1)),
            Some(reason) => {
                assert!(losses[0].reason.contains(reason) && losses[0].records == 1, "{losses:?}");
                assert!(pets.is_empty());
            }
        }
        // Carried on, it would make a file of points that nobody can open.
        pets.upsert(vec![point(2, [1.0, 2.0], json!({}))]).unwrap();
        pets.checkpoint().unwrap();
        let count = pets.len();
        drop((store, pets));
        assert_eq!(reopened(folder.path()).1.len(), count);
    }
}
