//! Files of every schema version as they were first published: they stay readable.

use std::path::PathBuf;

use ndarray::array;
use sop_core::{EmbeddingSet, Provenance, ResultRecord, read_results};

use crate::results::{bare_record, record, record_with_skipped};

fn file(name: &str) -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/compat")).join(name)
}

fn embeddings() -> EmbeddingSet {
    let some = |text: &str| Some(text.to_owned());
    let ids = ["cat/1.png", "dog/2.png", "unknown/3.png"].map(str::to_owned).to_vec();
    let vectors = array![[1.0, -0.5, 0.25], [0.0, 2.0, 1e-30], [3.5, f32::MAX, f32::MIN_POSITIVE]];
    let mut encoder_meta = serde_json::Map::new();
    encoder_meta.insert("method".to_owned(), "dino".into());
    encoder_meta.insert("pretrain_epochs".to_owned(), 300.into());
    let provenance = Provenance {
        dataset: some("animals"),
        split: some("test"),
        dataset_sha256: some("d5"),
        encoder: some("vit_small"),
        encoder_sha256: some("e5"),
        encoder_meta,
        feature: some("cls"),
        transform: some("resize_short(256,bicubic)|center_crop(224)|normalize(imagenet)"),
        runtime: some("tract 0.23"),
        class_names: Some(vec!["cat".to_owned(), "dog".to_owned()]),
        skipped: Vec::new(),
    };
    EmbeddingSet::try_new(ids, vec![Some(0), Some(1), None], vectors, provenance).unwrap()
}

#[test]
fn embeddings_of_version_1_are_read() {
    let (read, expected) = (EmbeddingSet::read(file("embedding_v1.parquet").to_str().unwrap()).unwrap(), embeddings());
    assert_eq!(read.ids(), expected.ids());
    assert_eq!(read.labels(), expected.labels());
    assert_eq!(read.vectors(), expected.vectors());
    assert_eq!(read.provenance(), expected.provenance());
}

#[test]
fn results_of_version_1_are_read() {
    assert_eq!(read_results(&file("results_v1.parquet")).unwrap(), [record("run-1"), bare_record("run-1")]);
}

#[test]
fn results_of_version_2_are_read() {
    let expected = [record_with_skipped("run-1"), ResultRecord { schema_version: 2, ..bare_record("run-1") }];
    assert_eq!(read_results(&file("results_v2.parquet")).unwrap(), expected);
}

/// Writes the two files. They are never written again: a new schema version gets files of its own.
#[test]
#[ignore = "writes tests/compat, once per schema version"]
fn write_files_of_the_current_version() {
    embeddings().write(&file(&format!("embedding_v{}.parquet", sop_core::EMBEDDING_SCHEMA_VERSION))).unwrap();
    let path = file(&format!("results_v{}.parquet", sop_core::RESULT_SCHEMA_VERSION));
    let bare = ResultRecord { schema_version: sop_core::RESULT_SCHEMA_VERSION, ..bare_record("run-1") };
    sop_core::write_results(&path, &[record_with_skipped("run-1"), bare]).unwrap();
}
