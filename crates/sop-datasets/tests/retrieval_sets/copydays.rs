//! The layout of Copydays.

use sop_datasets::dataset::ImageDataset;
use sop_datasets::retrieval::copydays::{Copydays, CopydaysError};
use tempfile::TempDir;

fn tree(files: &[&str]) -> TempDir {
    let root = tempfile::tempdir().unwrap();
    for file in files {
        let path = root.path().join(file);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, file).unwrap();
    }
    root
}

fn refused(files: &[&str]) -> CopydaysError {
    Copydays::open(tree(files).path()).unwrap_err()
}

#[test]
fn copies_find_their_original_by_number() {
    let root = tree(&[
        "original/200100.jpg",
        "original/200000.jpg",
        "original/readme.txt",
        "strong/200102.jpg",
        "strong/200001.jpg",
        "strong/200101.jpg",
        "jpegqual/3/200100.jpg",
        "crops/80/200000.jpg",
        "crops/80/200100.jpg",
    ]);
    let copydays = Copydays::open(root.path()).unwrap();
    let blocks: Vec<_> = copydays.blocks().iter().map(|block| (block.split(), block.originals().collect())).collect();
    let expected: [(&str, Vec<u32>); 4] =
        [("original", vec![0, 1]), ("strong", vec![0, 1, 1]), ("jpegqual/3", vec![1]), ("crops/80", vec![0, 1])];
    assert_eq!(blocks, expected);
    let strong = &copydays.blocks()[1];
    assert_eq!((strong.id(1), strong.label(1)), ("strong/200101.jpg", Some(1)));
    assert_eq!(strong.read(0).unwrap(), b"strong/200001.jpg");
    assert!(strong.read(3).is_err());
}

#[test]
fn other_folders_are_refused_with_the_layout() {
    let error = refused(&["a.jpg"]);
    assert!(matches!(error, CopydaysError::NoOriginals { .. }) && error.to_string().contains("original"), "{error}");
    let error = refused(&["original/200000.jpg"]);
    assert!(matches!(error, CopydaysError::NoCopies { .. }) && error.to_string().contains("strong"), "{error}");
}

#[test]
fn names_that_tell_no_original_are_refused() {
    let error = refused(&["original/200000.jpg", "strong/beach.jpg"]);
    assert!(matches!(error, CopydaysError::Name { .. }) && error.to_string().contains("beach.jpg"), "{error}");
    let error = refused(&["original/200000.jpg", "strong/200101.jpg"]);
    assert!(matches!(error, CopydaysError::NoOriginal { .. }) && error.to_string().contains("200101.jpg"), "{error}");
    let error = refused(&["original/200000.jpg", "original/200001.jpg", "strong/200002.jpg"]);
    assert!(matches!(error, CopydaysError::SameBlock { .. }) && error.to_string().contains("200001.jpg"), "{error}");
}

#[test]
fn a_number_names_one_copy() {
    for (one, other) in [("200001.jpg", "200001.png"), ("200001.JPG", "200001.jpg"), ("0200001.jpg", "200001.jpg")] {
        let (one, other) = (format!("strong/{one}"), format!("strong/{other}"));
        let error = refused(&["original/200000.jpg", &one, &other]);
        assert!(matches!(error, CopydaysError::SameNumber { .. }), "{error}");
        assert!(error.to_string().contains(&one) && error.to_string().contains(&other), "{error}");
    }
    // Copies of other blocks are other copies.
    Copydays::open(tree(&["original/200000.jpg", "strong/200001.jpg", "jpegqual/3/200001.jpg"]).path()).unwrap();
}
