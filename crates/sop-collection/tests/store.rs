//! An index folder: names, aliases, writers, snapshots.

#![allow(clippy::unwrap_used, reason = "tests may unwrap, and so may the functions they share")]

mod common;

use std::path::Path;
use std::sync::Arc;

use common::{collection, config, name, open, payload, point, reopened};
use serde_json::json;
use sop_collection::{
    AliasChange, ChangeError, Collection, CollectionConfig, Distance, GraphChoice, Limits, Name, Origin, Parts, Query,
    Record, SearchRequest, Selection, Store, StoreError, StoreOptions, VerifyOptions,
};

fn all(pets: &Collection) -> Vec<Record> {
    pets.scroll(None, None, 1000, &Parts::all()).unwrap().records
}

fn fill(pets: &Collection, from: u64) {
    let points =
        (from..from + 20).map(|id| point(id, [id as f32, 1.0], json!({"label": id % 3, "note": "ü"}))).collect();
    pets.upsert(points).unwrap();
}

#[test]
fn names_lead_nowhere_else() {
    for text in ["", ".", "..", "a/b", "a\\b", "/a", "-a", ".a", "ä", "a b", "a\0", "a\n", &"a".repeat(201)] {
        assert!(Name::new(text).is_err(), "{text}");
        assert!(serde_json::from_value::<Name>(json!(text)).is_err(), "{text}");
    }
    for text in ["a", "7", "A.b-c_d", &"a".repeat(200)] {
        assert_eq!(Name::new(text).unwrap().as_str(), text);
    }
    let folder = tempfile::tempdir().unwrap();
    let (store, _pets) = collection(folder.path(), 2, Distance::Dot);
    for text in ["../pets", "pets/../pets", "", "x"] {
        assert!(matches!(store.collection(text), Err(StoreError::Missing { .. })), "{text}");
        assert!(!store.delete(text).unwrap());
        assert!(store.snapshot_path("pets", text).is_err());
    }
    assert!(store.snapshots("../collections").is_err());
    assert!(store.delete_snapshot("pets", "../../collections/pets/collection").is_err());
}

#[test]
fn a_second_writer_is_told_who_the_first_is() {
    let folder = tempfile::tempdir().unwrap();
    let (store, pets) = collection(folder.path(), 2, Distance::Dot);
    fill(&pets, 0);
    let second = Store::open(folder.path(), StoreOptions::default()).map(drop).unwrap_err();
    assert!(second.to_string().contains(&format!("process {}", std::process::id())), "{second}");
    // Reading is for everybody, and changes nothing.
    let reader = Store::open(folder.path(), StoreOptions { read_only: true, ..StoreOptions::default() }).unwrap();
    let read = reader.collection("pets").unwrap();
    assert_eq!(all(&read), all(&pets));
    assert!(matches!(read.upsert(vec![point(1, [1.0, 1.0], json!({}))]), Err(ChangeError::ReadOnly)));
    assert!(matches!(read.checkpoint(), Err(StoreError::ReadOnly)));
    assert!(matches!(reader.create(&name("x"), config(2, Distance::Dot)), Err(StoreError::ReadOnly)));
    assert!(matches!(reader.create_snapshot("pets"), Err(StoreError::ReadOnly)));
    // Who still holds a collection still writes.
    drop(store);
    assert!(matches!(Store::open(folder.path(), StoreOptions::default()), Err(StoreError::Locked { .. })));
    drop(pets);
    reopened(folder.path());
    let none = tempfile::tempdir().unwrap();
    assert!(matches!(Store::open(none.path(), StoreOptions::default()), Err(StoreError::NoIndex { .. })));
}

#[test]
fn collections_are_made_listed_and_removed() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let origin = Origin { encoder: "e".into(), class_names: Some(vec!["x".into()]), ..Origin::default() };
    let of_images = CollectionConfig { graph: GraphChoice::Exact, origin: Some(origin), ..config(3, Distance::Cosine) };
    let b = store.create(&name("b"), of_images.clone()).unwrap();
    store.create(&name("a"), config(2, Distance::Dot)).unwrap();
    assert_eq!(store.names(), [name("a"), name("b")]);
    assert!(matches!(store.create(&name("a"), config(2, Distance::Dot)), Err(StoreError::Exists { .. })));
    assert!(matches!(store.create(&name("c"), config(0, Distance::Dot)), Err(StoreError::NoComponents)));
    assert!(matches!(store.create(&name("c"), config(1 << 20, Distance::Dot)), Err(StoreError::Limit(_))));
    drop((store, b));
    let store = open(folder.path());
    let b = store.collection("b").unwrap();
    assert_eq!(b.config(), &of_images);
    assert!(store.delete("b").unwrap());
    assert!(!store.delete("b").unwrap());
    let change = b.upsert(vec![point(1, [1.0, 0.0, 0.0], json!({}))]);
    assert!(matches!(change, Err(ChangeError::Removed)));
    drop((store, b));
    assert_eq!(open(folder.path()).names(), [name("a")]);
    assert_eq!(std::fs::read_dir(folder.path().join("collections")).unwrap().count(), 1);
}

#[test]
fn aliases_change_all_at_once_or_not_at_all() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    for text in ["old", "new"] {
        store.create(&name(text), config(2, Distance::Dot)).unwrap();
    }
    let create =
        |alias: &str, collection: &str| AliasChange::Create { alias: name(alias), collection: name(collection) };
    store.change_aliases(&[create("live", "old")]).unwrap();
    assert_eq!(store.collection("live").unwrap().name(), &name("old"));
    store.change_aliases(&[AliasChange::Delete { alias: name("live") }, create("live", "new")]).unwrap();
    assert_eq!(store.collection("live").unwrap().name(), &name("new"));
    let before = store.aliases();
    for wrong in [create("x", "none"), create("old", "new"), AliasChange::Delete { alias: name("none") }] {
        store.change_aliases(&[create("y", "old"), wrong]).unwrap_err();
        assert_eq!(store.aliases(), before);
    }
    store.change_aliases(&[AliasChange::Rename { from: name("live"), to: name("prod") }]).unwrap();
    assert!(matches!(store.create(&name("prod"), config(2, Distance::Dot)), Err(StoreError::Exists { .. })));
    drop(store);
    let store = open(folder.path());
    assert_eq!(store.collection("prod").unwrap().name(), &name("new"));
    store.delete("new").unwrap();
    assert!(store.aliases().is_empty());
}

#[test]
fn the_points_are_an_embedding_file() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let origin = Origin { encoder: "e".into(), feature: "cls".into(), transform: "t".into(), ..Origin::default() };
    let pets =
        store.create(&name("pets"), CollectionConfig { origin: Some(origin), ..config(2, Distance::Dot) }).unwrap();
    fill(&pets, 0);
    pets.upsert(vec![point("x", [7.0, 8.0], json!({"label": "cat"}))]).unwrap();
    pets.checkpoint().unwrap();
    let path = folder.path().join("collections/pets/points-1.parquet");
    let set = sop_core::EmbeddingSet::read(path.to_str().unwrap()).unwrap();
    assert_eq!((set.len(), set.dim(), set.ids()[7].as_str(), set.labels()[7]), (21, 2, "7", Some(1)));
    assert_eq!((set.labels()[20], set.vectors().row(20).to_vec()), (None, vec![7.0, 8.0]));
    assert_eq!(set.provenance().feature.as_deref(), Some("cls"));
}

#[test]
fn a_snapshot_comes_back_under_any_name() {
    let folder = tempfile::tempdir().unwrap();
    let (store, pets) = collection(folder.path(), 2, Distance::Dot);
    let empty = store.create_snapshot("pets").unwrap();
    fill(&pets, 0);
    let full = store.create_snapshot("pets").unwrap();
    assert_eq!(store.snapshots("pets").unwrap(), [empty.clone(), full.clone()]);
    let path = store.snapshot_path("pets", full.name.as_str()).unwrap();
    assert_eq!(full.sha256, Some(sop_core::sha256_file(&path).unwrap()));
    let before = all(&pets);
    fill(&pets, 100);
    let copy = store.restore(&name("copy"), &path).unwrap();
    assert_eq!(all(&copy), before);
    fill(&copy, 200);
    // In place of what is there: who holds the old one can still read it.
    let again = store.restore(&name("pets"), &path).unwrap();
    assert_eq!(
        (all(&again), all(&store.collection("pets").unwrap()), pets.len()),
        (before.clone(), before.clone(), 40)
    );
    assert!(matches!(pets.upsert(vec![point(1, [1.0, 1.0], json!({}))]), Err(ChangeError::Removed)));
    fill(&again, 50);
    store.restore(&name("none"), &store.snapshot_path("pets", empty.name.as_str()).unwrap()).unwrap();
    let after = all(&again);
    drop((store, pets, copy, again));
    let (store, pets) = reopened(folder.path());
    assert_eq!((all(&pets), store.collection("none").unwrap().len()), (after, 0));
    assert_eq!(store.collection("copy").unwrap().len(), 40);
    assert!(store.delete_snapshot("pets", full.name.as_str()).unwrap());
    assert!(!store.delete_snapshot("pets", full.name.as_str()).unwrap());
    assert_eq!(store.snapshots("pets").unwrap(), [empty]);
    let entries = std::fs::read_dir(folder.path().join("snapshots/pets")).unwrap();
    assert_eq!(entries.count(), 2);
}

fn restore(store: &Store, folder: &Path, archive: &[u8]) -> Result<Arc<Collection>, StoreError> {
    let path = folder.join("from-anywhere.tar");
    std::fs::write(&path, archive).unwrap();
    store.restore(&name("pets"), &path)
}

/// Header and content of a file in an archive, written by another hand than the crate's.
fn file(path: &str, kind: tar::EntryType, content: &[u8]) -> Vec<u8> {
    let mut header = tar::Header::new_ustar();
    header.as_mut_bytes()[..path.len()].copy_from_slice(path.as_bytes());
    header.set_entry_type(kind);
    header.set_size(content.len() as u64);
    header.set_mode(0o644);
    header.set_cksum();
    let mut bytes = header.as_bytes().to_vec();
    bytes.extend(content);
    bytes.resize(bytes.len().next_multiple_of(512), 0);
    bytes
}

#[test]
fn a_collection_that_cannot_be_read_is_mended_beside_the_others() {
    let folder = tempfile::tempdir().unwrap();
    let (store, pets) = collection(folder.path(), 2, Distance::Dot);
    fill(&pets, 0);
    let before = all(&pets);
    let snapshot = store.create_snapshot("pets").unwrap();
    let path = store.snapshot_path("pets", snapshot.name.as_str()).unwrap();
    fill(&store.create(&name("birds"), config(2, Distance::Dot)).unwrap(), 5);
    let alias = AliasChange::Create { alias: name("live"), collection: name("pets") };
    store.change_aliases(&[alias]).unwrap();
    drop((store, pets));
    let manifest = folder.path().join("collections/pets/collection.json");
    std::fs::write(&manifest, "{").unwrap();
    let reader = StoreOptions { read_only: true, ..StoreOptions::default() };
    for store in [Store::open(folder.path(), reader).unwrap(), open(folder.path())] {
        assert_eq!((store.names(), store.collection("birds").unwrap().len()), (vec![name("birds")], 20));
        for text in ["pets", "live"] {
            let error = store.collection(text).unwrap_err().to_string();
            assert!(error.contains("collection.json") && error.contains("restore a snapshot"), "{error}");
        }
    }
    let store = open(folder.path());
    assert!(matches!(store.create(&name("pets"), config(2, Distance::Dot)), Err(StoreError::Exists { .. })));
    store.restore(&name("pets"), &path).unwrap();
    assert_eq!((all(&store.collection("live").unwrap()), store.unreadable().len()), (before.clone(), 0));
    drop(store);
    assert_eq!(all(&open(folder.path()).collection("live").unwrap()), before);
    std::fs::write(&manifest, "{").unwrap();
    let store = open(folder.path());
    assert!(store.delete("pets").unwrap());
    assert!(!store.delete("pets").unwrap());
    store.create(&name("pets"), config(3, Distance::Dot)).unwrap();
    drop(store);
    let store = open(folder.path());
    assert_eq!((store.names().len(), store.aliases().len()), (2, 0));
}

#[test]
fn who_reads_while_a_snapshot_is_restored_always_finds_the_collection() {
    let folder = tempfile::tempdir().unwrap();
    let (store, pets) = collection(folder.path(), 2, Distance::Dot);
    fill(&pets, 0);
    let snapshot = store.create_snapshot("pets").unwrap();
    let path = store.snapshot_path("pets", snapshot.name.as_str()).unwrap();
    drop(pets);
    let is_done = std::sync::atomic::AtomicBool::new(false);
    std::thread::scope(|scope| {
        let readers: Vec<_> = (0..2)
            .map(|_| {
                scope.spawn(|| {
                    let mut reads = 0;
                    while !is_done.load(std::sync::atomic::Ordering::SeqCst) {
                        assert_eq!(store.collection("pets").unwrap().count(None).unwrap(), 20);
                        reads += 1;
                    }
                    reads
                })
            })
            .collect();
        for _ in 0..30 {
            let restored = store.restore(&name("pets"), &path).unwrap();
            // What is written to it is where the next start looks for it.
            restored.upsert(vec![point(3, [1.0, 1.0], json!({}))]).unwrap();
        }
        is_done.store(true, std::sync::atomic::Ordering::SeqCst);
        assert!(readers.into_iter().all(|reader| reader.join().unwrap() > 0));
    });
    drop(store);
    let (_store, pets) = reopened(folder.path());
    assert_eq!(pets.get(&[3.into()], &Parts::all()).unwrap()[0].vector, Some(vec![1.0, 1.0]));
}

#[test]
fn hostile_archives_are_refused_and_change_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let (store, pets) = collection(folder.path(), 2, Distance::Dot);
    fill(&pets, 0);
    let before = all(&pets);
    let snapshot = store.create_snapshot("pets").unwrap();
    let good = std::fs::read(store.snapshot_path("pets", snapshot.name.as_str()).unwrap()).unwrap();
    // Another reader takes it, too.
    let mut archive = tar::Archive::new(good.as_slice());
    let mut entries: Vec<(String, Vec<u8>)> = Vec::new();
    for entry in archive.entries().unwrap() {
        let mut entry = entry.unwrap();
        let mut content = Vec::new();
        std::io::Read::read_to_end(&mut entry, &mut content).unwrap();
        entries.push((entry.path().unwrap().display().to_string(), content));
    }
    let [(first, manifest), (second, points)] = entries.as_slice() else { panic!("{} entries", entries.len()) };
    assert_eq!((first.as_str(), second.as_str()), ("snapshot.json", "points.parquet"));
    let regular = tar::EntryType::Regular;
    let end = vec![0; 1024];
    let archive = |parts: &[Vec<u8>]| [parts.concat(), end.clone()].concat();
    let manifest_file = file(first, regular, manifest);
    let points_file = file(second, regular, points);
    restore(&store, folder.path(), &archive(&[manifest_file.clone(), points_file.clone()])).unwrap();

    let edited = |edit: &dyn Fn(&mut serde_json::Value)| {
        let mut value: serde_json::Value = serde_json::from_slice(manifest).unwrap();
        edit(&mut value);
        let text = serde_json::to_vec(&value).unwrap();
        archive(&[file("snapshot.json", regular, &text), points_file.clone()])
    };
    let mut huge = file(second, regular, points);
    huge[124..136].copy_from_slice(b"77777777777\0");
    let mut other_points = points.clone();
    let middle = other_points.len() / 2;
    other_points[middle] ^= 1;
    let hostile: Vec<(&str, Vec<u8>)> = vec![
        ("empty", Vec::new()),
        ("no entry", end.clone()),
        ("not an archive", b"PK\x03\x04".repeat(400)),
        ("a path that leads out", archive(&[manifest_file.clone(), file("../points.parquet", regular, points)])),
        ("an absolute path", archive(&[manifest_file.clone(), file("/points.parquet", regular, points)])),
        ("a link", archive(&[manifest_file.clone(), file(second, tar::EntryType::Symlink, points)])),
        ("a hard link", archive(&[manifest_file.clone(), file(second, tar::EntryType::Link, points)])),
        ("a device", archive(&[manifest_file.clone(), file(second, tar::EntryType::Char, points)])),
        ("a long name", archive(&[file("././@LongLink", tar::EntryType::GNULongName, &[b'x'; 5000])])),
        ("another order", archive(&[points_file.clone(), manifest_file.clone()])),
        ("no points", archive(std::slice::from_ref(&manifest_file))),
        ("one more file", archive(&[manifest_file.clone(), points_file.clone(), file("more", regular, b"x")])),
        ("points twice", archive(&[manifest_file.clone(), points_file.clone(), points_file.clone()])),
        ("changed points", archive(&[manifest_file.clone(), file(second, regular, &other_points)])),
        ("a size that lies", archive(&[manifest_file.clone(), huge])),
        ("another version", edited(&|value| value["format"] = json!(2))),
        ("another dimension", edited(&|value| value["config"]["dim"] = json!(3))),
        ("no dimension", edited(&|value| value["config"]["dim"] = json!(0))),
        ("a huge dimension", edited(&|value| value["config"]["dim"] = json!(u64::MAX))),
        ("other points", edited(&|value| value["points"] = json!(21))),
        ("too many points", edited(&|value| value["points"] = json!(u64::MAX))),
        ("changes beyond counting", edited(&|value| value["last_change"] = json!(u64::MAX))),
        ("unknown fields", edited(&|value| value["more"] = json!(1))),
        ("another hash", edited(&|value| value["file"]["sha256"] = json!("00"))),
        ("another size", edited(&|value| value["file"]["bytes"] = json!(1))),
    ];
    for (what, bytes) in hostile {
        assert!(restore(&store, folder.path(), &bytes).is_err(), "{what}");
        assert_eq!(all(&store.collection("pets").unwrap()), before, "{what}");
    }
    for length in (0..good.len() - 1024).step_by(97) {
        assert!(restore(&store, folder.path(), &good[..length]).is_err(), "cut to {length}");
    }
    assert_eq!(std::fs::read_dir(folder.path().join("collections")).unwrap().count(), 1);
    assert_eq!(all(&store.collection("pets").unwrap()), before);
}

#[test]
fn verification_finds_other_files_and_writes_them_again() {
    let folder = tempfile::tempdir().unwrap();
    let (store, pets) = collection(folder.path(), 2, Distance::Cosine);
    fill(&pets, 1);
    pets.checkpoint().unwrap();
    fill(&pets, 15);
    let good = pets.verify(&VerifyOptions::default()).unwrap();
    assert!(good.is_good() && (good.points, good.compared) == (34, 34), "{good:?}");
    let before = all(&pets);
    // Somebody writes other points there.
    let other = tempfile::tempdir().unwrap();
    let (_other_store, other_pets) = collection(other.path(), 2, Distance::Cosine);
    fill(&other_pets, 2);
    other_pets.checkpoint().unwrap();
    let file = "collections/pets/points-1.parquet";
    std::fs::copy(other.path().join(file), folder.path().join(file)).unwrap();
    let found = pets.verify(&VerifyOptions { repair: true, ..VerifyOptions::default() }).unwrap();
    assert!(found.num_problems > 0 && found.problems[0].contains("points-1.parquet"), "{found:?}");
    assert_eq!(found.repaired.len(), 1, "{found:?}");
    assert!(pets.verify(&VerifyOptions::default()).unwrap().is_good());
    drop((store, pets));
    let (_store, pets) = reopened(folder.path());
    assert_eq!(all(&pets), before);
}

#[test]
fn readers_see_what_was_acknowledged_while_somebody_writes() {
    let folder = tempfile::tempdir().unwrap();
    let (_store, pets) = collection(folder.path(), 2, Distance::Dot);
    let written = std::sync::atomic::AtomicU64::new(0);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for round in 0..60 {
                pets.upsert((0..10).map(|id| point(10 * round + id, [1.0, 2.0], json!({}))).collect()).unwrap();
                written.store(round + 1, std::sync::atomic::Ordering::SeqCst);
                if round % 7 == 0 {
                    pets.checkpoint().unwrap();
                }
            }
        });
        for _ in 0..40 {
            let before = written.load(std::sync::atomic::Ordering::SeqCst);
            let options = StoreOptions { read_only: true, ..StoreOptions::default() };
            let reader = Store::open(folder.path(), options).unwrap();
            let found = reader.collection("pets").unwrap().len() as u64;
            assert!(found >= 10 * before && found.is_multiple_of(10), "{found} of {before}");
        }
    });
}

#[test]
fn limits_say_which_they_are() {
    let folder = tempfile::tempdir().unwrap();
    let limits = Limits { rows: 5, hits: 10, change_bytes: 400, answer_bytes: 220, searches: 2, ..Limits::default() };
    let options = StoreOptions { create: true, limits, ..StoreOptions::default() };
    let store = Store::open(folder.path(), options).unwrap();
    let pets = store.create(&name("pets"), config(2, Distance::Dot)).unwrap();
    let points = |range: std::ops::Range<u64>| range.map(|id| point(id, [1.0, 1.0], json!({}))).collect::<Vec<_>>();
    pets.upsert(points(0..3)).unwrap();
    assert!(pets.upsert(points(3..6)).unwrap_err().to_string().contains("rows of a collection: 6"));
    pets.upsert(points(3..5)).unwrap();
    let large = vec![point(9, [1.0, 1.0], json!({"a": "x".repeat(500)}))];
    assert!(pets.upsert(large).unwrap_err().to_string().contains("bytes of a change"));
    // A payload is once in the request, and once for every point in memory.
    let (hundred, everything) = (payload(json!({"a": "x".repeat(100)})), Selection::Filter(Default::default()));
    let listed = Selection::Ids((0..5_u64).map(Into::into).collect());
    for selection in [&everything, &listed] {
        let set = pets.set_payload(selection, hundred.clone()).unwrap_err().to_string();
        let overwritten = pets.overwrite_payload(selection, hundred.clone()).unwrap_err().to_string();
        assert!(
            [set, overwritten].iter().all(|error| error.contains("payloads that a change makes: 540")),
            "{selection:?}"
        );
    }
    pets.set_payload(&Selection::Ids(vec![1.into()]), hundred).unwrap();
    let request = SearchRequest::new(Query::Vector(vec![1.0, 0.0]), 6);
    let too_deep = SearchRequest { offset: 5, ..request.clone() };
    assert!(pets.search(&too_deep).unwrap_err().to_string().contains("points asked for: 11, and the limit is 10"));
    assert!(pets.search_batch(&vec![request; 3]).unwrap_err().to_string().contains("searches in a batch"));
    assert!(pets.scroll(None, None, 11, &Parts::default()).is_err());
    // The same points again and again are an answer as long.
    let parts = Parts { payload: sop_collection::PayloadParts::All, vector: true };
    let four: Vec<sop_collection::PointId> = (0..4).map(Into::into).collect();
    assert_eq!(pets.get(&four, &parts).unwrap().len(), 4);
    let often: Vec<sop_collection::PointId> = std::iter::repeat_n(1.into(), 20).collect();
    assert_eq!(pets.get(&often, &Parts::default()).unwrap().len(), 20);
    let error = pets.get(&often, &parts).unwrap_err().to_string();
    assert!(error.contains("bytes of an answer: 240, and the limit is 220"), "{error}");
    assert!(pets.scroll(None, None, 5, &parts).is_err() && pets.sample(None, 5, 0, &parts).is_err());
    let near = SearchRequest { parts: parts.clone(), ..SearchRequest::new(Query::Vector(vec![1.0, 0.0]), 3) };
    assert_eq!(pets.search(&near).unwrap().hits.len(), 3);
    assert!(pets.search_batch(&[near.clone(), near]).is_err());
    // Small additions to a payload add up.
    let other = tempfile::tempdir().unwrap();
    let store = Store::open(
        other.path(),
        StoreOptions {
            create: true,
            limits: Limits { payload_bytes: 60, ..Limits::default() },
            ..StoreOptions::default()
        },
    )
    .unwrap();
    let pets = store.create(&name("pets"), config(2, Distance::Dot)).unwrap();
    pets.upsert(points(0..1)).unwrap();
    let all = Selection::Ids(vec![0.into()]);
    let results: Vec<bool> =
        (0..9).map(|key| pets.set_payload(&all, payload(json!({(format!("key{key}")): 1}))).is_ok()).collect();
    assert!(results[0] && !results[8], "{results:?}");
}
