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

/// What `read_results` makes of these rows in a file.
fn read_back(rows: &[ResultRecord]) -> Vec<ResultRecord> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("rows.parquet");
    sop_core::write_results(&path, rows).unwrap();
    read_results(&path).unwrap()
}

fn with_param(row: ResultRecord, name: &str, value: &str) -> ResultRecord {
    let mut row = row;
    row.params.insert(name.to_owned(), value.into());
    row
}

#[test]
fn copy_detection_is_copydays_and_every_row_has_its_own_block() {
    let of = |protocol: &str, split: &str, sha256: Option<&str>, block: &str| {
        let (split, dataset_sha256) = (Some(split.to_owned()), sha256.map(str::to_owned));
        let row = ResultRecord { protocol: protocol.to_owned(), split, dataset_sha256, ..record("run-1") };
        with_param(row, "block", block)
    };
    let former = ["strong", "crops/50"].map(|block| of("copy_detection", "strong", Some("d5"), block));
    let now = [of("copydays", "strong", Some("d5"), "strong"), of("copydays", "crops/50", None, "crops/50")];
    assert_eq!(read_back(&former), now);
    assert_eq!(read_back(&now), now);
}

#[test]
fn rows_of_maps_have_their_own_encoder() {
    let of = |encoder: Option<&str>, points: &str| {
        let row = ResultRecord { protocol: "tsne".to_owned(), encoder: encoder.map(str::to_owned), ..record("run-1") };
        with_param(row, "points", points)
    };
    let unknown = |row: ResultRecord| ResultRecord {
        encoder_sha256: None,
        encoder_meta: serde_json::Map::new(),
        feature: None,
        transform: None,
        runtime: None,
        dataset_sha256: None,
        ..row
    };
    let former = ["a", "b", "points 3"].map(|points| of(Some("a"), points));
    let now = [of(Some("a"), "a"), unknown(of(Some("b"), "b")), unknown(of(None, "points 3"))];
    assert_eq!(read_back(&former), now);
    let written_now = [of(Some("a"), "a"), of(Some("b"), "b"), of(None, "points 3")];
    assert_eq!(read_back(&written_now), written_now);
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
