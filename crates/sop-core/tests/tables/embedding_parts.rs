//! A set in several files.

use std::path::Path;

use arrow::array::ArrayRef;
use ndarray::array;
use sop_core::{EmbeddingError, EmbeddingSet, Provenance};

use crate::parquet_fixture::{columns, labels, text, vectors, write};

fn part(path: &Path, id: &str, value: f32, provenance: Provenance) {
    EmbeddingSet::try_new(vec![id.to_owned()], vec![None], array![[value]], provenance).unwrap().write(path).unwrap();
}

fn columns_of(ids: [&str; 2]) -> Vec<(&'static str, ArrayRef)> {
    let mut columns = columns();
    columns[0].1 = text(&ids);
    columns
}

#[test]
fn parts_are_read_from_a_folder_and_by_glob_in_the_order_of_their_names() {
    let parent = tempfile::tempdir().unwrap();
    // A folder whose name would mean something in a glob.
    let folder = parent.path().join("set [1]");
    for (file, id, value) in [("b-2.parquet", "c", 2.0), ("a.parquet", "z", 0.0), ("b-1.parquet", "y", 1.0)] {
        part(&folder.join(file), id, value, Provenance::default());
    }
    std::fs::write(folder.join("README.md"), "not a part").unwrap();
    let set = EmbeddingSet::read(folder.to_str().unwrap()).unwrap();
    assert_eq!(set.ids(), ["z", "y", "c"]);
    assert_eq!(set.vectors(), array![[0.0], [1.0], [2.0]]);
    let set = EmbeddingSet::read(&format!("{}/*/b-*.parquet", parent.path().display())).unwrap();
    assert_eq!(set.ids(), ["y", "c"]);
    let file = folder.join("a.parquet");
    assert_eq!(EmbeddingSet::read(file.to_str().unwrap()).unwrap().ids(), ["z"]);
}

#[test]
fn parts_of_another_origin_are_refused_by_name() {
    let first = Provenance {
        encoder_sha256: Some("e1".to_owned()),
        feature: Some("cls".to_owned()),
        transform: Some("t1".to_owned()),
        dataset: Some("d1".to_owned()),
        split: Some("train".to_owned()),
        ..Provenance::default()
    };
    let others = [
        ("encoder_sha256", Provenance { encoder_sha256: Some("e2".to_owned()), ..first.clone() }),
        ("feature", Provenance { feature: None, ..first.clone() }),
        ("transform", Provenance { transform: Some("t2".to_owned()), ..first.clone() }),
        ("dataset", Provenance { dataset: Some("d2".to_owned()), ..first.clone() }),
        ("split", Provenance { split: Some("test".to_owned()), ..first.clone() }),
    ];
    for (what, other) in others {
        let folder = tempfile::tempdir().unwrap();
        part(&folder.path().join("a.parquet"), "a", 0.0, first.clone());
        part(&folder.path().join("b.parquet"), "b", 1.0, other);
        let error = EmbeddingSet::read(folder.path().to_str().unwrap()).unwrap_err();
        assert!(matches!(&error, EmbeddingError::PartMismatch { what: found, .. } if *found == what), "{error}");
        assert!(error.to_string().contains(what) && error.to_string().contains("b.parquet"), "{error}");
    }
}

#[test]
fn parts_with_other_further_columns_are_refused() {
    let further = |name: &'static str| (name, labels(&[Some(1), Some(2)]));
    let cases: [(Vec<_>, Vec<_>); 3] =
        [(vec![further("year")], vec![]), (vec![], vec![further("year")]), (vec![further("x")], vec![further("y")])];
    for (first, second) in cases {
        let folder = tempfile::tempdir().unwrap();
        write(&folder.path().join("a.parquet"), &[columns_of(["a", "b"]), first].concat(), &[]);
        write(&folder.path().join("b.parquet"), &[columns_of(["c", "d"]), second].concat(), &[]);
        let error = EmbeddingSet::read(folder.path().to_str().unwrap()).unwrap_err();
        assert!(matches!(error, EmbeddingError::PartMismatch { what: "further columns", .. }), "{error}");
        assert!(error.to_string().contains("b.parquet"), "{error}");
    }
}

#[test]
fn further_columns_of_the_parts_are_joined() {
    let folder = tempfile::tempdir().unwrap();
    for (file, ids, years) in [("a.parquet", ["a", "b"], [1, 2]), ("b.parquet", ["c", "d"], [3, 4])] {
        let year = ("year", labels(&years.map(Some)));
        write(&folder.path().join(file), &[columns_of(ids), vec![year]].concat(), &[]);
    }
    let set = EmbeddingSet::read(folder.path().to_str().unwrap()).unwrap();
    assert_eq!(set.ids(), ["a", "b", "c", "d"]);
    assert_eq!(set.extra().unwrap().column(0), &labels(&[Some(1), Some(2), Some(3), Some(4)]));
}

#[test]
fn an_id_in_two_parts_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    part(&folder.path().join("a.parquet"), "same", 0.0, Provenance::default());
    part(&folder.path().join("b.parquet"), "same", 1.0, Provenance::default());
    let error = EmbeddingSet::read(folder.path().to_str().unwrap()).unwrap_err();
    assert!(matches!(&error, EmbeddingError::DuplicateId { id, first: 0, second: 1 } if id == "same"), "{error}");
}

#[test]
fn parts_of_another_dimension_are_refused_by_name() {
    let folder = tempfile::tempdir().unwrap();
    part(&folder.path().join("a.parquet"), "z", 0.0, Provenance::default());
    let columns = vec![("id", text(&["a"])), ("label", labels(&[None])), ("embedding", vectors(&[1.0, 2.0]))];
    write(&folder.path().join("b.parquet"), &columns, &[]);
    let error = EmbeddingSet::read(folder.path().to_str().unwrap()).unwrap_err().to_string();
    assert!(error.contains("1 here, 2 in") && error.contains("b.parquet"), "{error}");
}
