//! Every way a set of embeddings can be wrong, with what the message says.

use std::path::Path;
use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, FixedSizeListArray, Float32Array, Float64Array, Int32Array, Int64Array, ListArray, StringArray,
    UInt64Array,
};
use arrow::buffer::{NullBuffer, OffsetBuffer};
use arrow::datatypes::{DataType, Field};
use ndarray::{Array2, array};
use sop_core::{EmbeddingError, EmbeddingSet, EmbeddingWriter, ParquetFileError, Provenance};

use crate::parquet_fixture::{columns, text, vectors, with, write};

/// The error of a file with these columns, whose message must name the file.
fn refused(columns: &[(&str, ArrayRef)], key_values: &[(&str, &str)]) -> EmbeddingError {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("wrong.parquet");
    write(&path, columns, key_values);
    let error = EmbeddingSet::read(path.to_str().unwrap()).unwrap_err();
    assert!(error.to_string().contains(&path.display().to_string()), "{error}");
    error
}

fn ids(ids: &[&str]) -> Vec<String> {
    ids.iter().map(|&id| id.to_owned()).collect()
}

fn set(ids_of: &[&str], labels: Vec<Option<i32>>, vectors: Array2<f32>) -> Result<EmbeddingSet, EmbeddingError> {
    EmbeddingSet::try_new(ids(ids_of), labels, vectors, Provenance::default())
}

fn item() -> Arc<Field> {
    Arc::new(Field::new("item", DataType::Float32, true))
}

#[test]
fn parts_of_unequal_length() {
    let error = set(&["a"], vec![None, None], array![[1.0], [2.0], [3.0]]).unwrap_err();
    assert!(matches!(error, EmbeddingError::RowMismatch { ids: 1, labels: 2, vectors: 3 }), "{error}");
    assert_eq!(error.to_string(), "1 ids, 2 labels and 3 vectors: every image needs one of each");
}

#[test]
fn no_rows_or_no_components() {
    let error = set(&[], vec![], Array2::zeros((0, 4))).unwrap_err();
    assert!(matches!(error, EmbeddingError::Empty { rows: 0, dim: 4 }), "{error}");
    let error = set(&["a"], vec![None], Array2::zeros((1, 0))).unwrap_err();
    assert!(matches!(error, EmbeddingError::Empty { rows: 1, dim: 0 }), "{error}");
    let folder = tempfile::tempdir().unwrap();
    let error = EmbeddingWriter::create(&folder.path().join("x.parquet"), 0).err().unwrap();
    assert!(matches!(error, EmbeddingError::Empty { .. }), "{error}");
    let path = folder.path().join("no-rows.parquet");
    let none: Vec<(&str, ArrayRef)> = columns().into_iter().map(|(name, column)| (name, column.slice(0, 0))).collect();
    write(&path, &none, &[]);
    let error = EmbeddingSet::read(path.to_str().unwrap()).unwrap_err();
    assert!(matches!(error, EmbeddingError::Empty { rows: 0, .. }), "{error}");
}

#[test]
fn values_that_are_not_finite() {
    for value in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
        let error = set(&["a", "b"], vec![None, None], array![[1.0, 2.0], [3.0, value]]).unwrap_err();
        assert!(matches!(&error, EmbeddingError::NotFinite { id, component: 1 } if id == "b"), "{error}");
    }
    let folder = tempfile::tempdir().unwrap();
    let mut writer = EmbeddingWriter::create(&folder.path().join("x.parquet"), 1).unwrap();
    let error = writer.append(&ids(&["a"]), &[None], array![[f32::NAN]].view()).unwrap_err();
    assert!(matches!(error, EmbeddingError::NotFinite { component: 0, .. }), "{error}");
    // Finite as f64, not as f32.
    let values = Arc::new(Float64Array::from(vec![1.0, 2.0, 3.0, 1e300]));
    let item = Arc::new(Field::new("item", DataType::Float64, true));
    let path = folder.path().join("wide.parquet");
    write(&path, &with("embedding", Arc::new(FixedSizeListArray::new(item, 2, values, None))), &[]);
    let error = EmbeddingSet::read(path.to_str().unwrap()).unwrap_err();
    assert!(matches!(&error, EmbeddingError::NotFinite { id, component: 1 } if id == "b"), "{error}");
}

#[test]
fn an_id_twice() {
    let error = set(&["a", "b", "a"], vec![None; 3], array![[1.0], [2.0], [3.0]]).unwrap_err();
    assert!(matches!(&error, EmbeddingError::DuplicateId { id, first: 0, second: 2 } if id == "a"), "{error}");
    assert!(error.to_string().contains("`a`"), "{error}");
}

#[test]
fn vectors_of_two_lengths() {
    let folder = tempfile::tempdir().unwrap();
    let mut writer = EmbeddingWriter::create(&folder.path().join("x.parquet"), 2).unwrap();
    let error = writer.append(&ids(&["a"]), &[None], array![[1.0]].view()).unwrap_err();
    assert!(matches!(error, EmbeddingError::DimMismatch { expected: 2, found: 1 }), "{error}");
    let values = Arc::new(Float32Array::from(vec![1.0, 2.0, 3.0]));
    let ragged = ListArray::new(item(), OffsetBuffer::from_lengths([2, 1]), values, None);
    let error = refused(&with("embedding", Arc::new(ragged)), &[]);
    assert!(error.to_string().contains("2 and of 1 components"), "{error}");
}

#[test]
fn a_column_that_is_missing() {
    for missing in ["id", "label", "embedding"] {
        let rest: Vec<(&str, ArrayRef)> = columns().into_iter().filter(|(name, _)| *name != missing).collect();
        let error = refused(&rest, &[]);
        assert!(matches!(error, EmbeddingError::MissingColumn { column, .. } if column == missing), "{error}");
        for (name, _) in rest {
            assert!(error.to_string().contains(name), "{error}");
        }
    }
}

#[test]
fn a_column_of_another_type() {
    let floats: ArrayRef = Arc::new(Float64Array::from(vec![1.0, 2.0]));
    let whole = Arc::new(Field::new("item", DataType::Int32, true));
    let whole = FixedSizeListArray::new(whole, 2, Arc::new(Int32Array::from(vec![1, 2, 3, 4])), None);
    let wrong: [(&str, ArrayRef, &str); 5] = [
        ("id", floats.clone(), "Float64"),
        ("label", floats.clone(), "Float64"),
        ("label", text(&["cat", "dog"]), "Utf8"),
        ("embedding", floats, "Float64"),
        ("embedding", Arc::new(whole), "List(Int32)"),
    ];
    for (name, column, found) in wrong {
        let error = refused(&with(name, column), &[]);
        assert!(matches!(error, EmbeddingError::ColumnType { column, .. } if column == name), "{error}");
        assert!(error.to_string().contains(found), "{error}");
    }
}

#[test]
fn a_page_that_claims_billions_of_booleans() {
    let root = tempfile::tempdir().unwrap();
    let path = root.path().join("claims.parquet");
    write(&path, &columns(), &[]);
    let mut bytes = std::fs::read(&path).unwrap();
    // The first page header, after the magic number: field 20, a list of 2^31 - 1 booleans, and the end.
    bytes[4..13].copy_from_slice(&[9, 40, 0xf1, 0xff, 0xff, 0xff, 0xff, 7, 0]);
    std::fs::write(&path, bytes).unwrap();
    let error = EmbeddingSet::read(&path.display().to_string()).unwrap_err();
    let cause = std::error::Error::source(&error).map(ToString::to_string).unwrap_or_default();
    assert!(cause.contains("number of booleans"), "{error}: {cause}");
}

#[test]
fn a_null_where_none_may_be() {
    let error = refused(&with("id", Arc::new(StringArray::from(vec![Some("a"), None]))), &[]);
    assert!(matches!(error, EmbeddingError::NullValue { column: "id", row: 1, .. }), "{error}");

    let values = Arc::new(Float32Array::from(vec![1.0, 2.0, 3.0, 4.0]));
    let nulls = Some(NullBuffer::from(vec![true, false]));
    let error = refused(&with("embedding", Arc::new(FixedSizeListArray::new(item(), 2, values, nulls))), &[]);
    assert!(matches!(error, EmbeddingError::NullValue { column: "embedding", row: 1, .. }), "{error}");

    let values: ArrayRef = Arc::new(Float32Array::from(vec![Some(1.0), Some(2.0), Some(3.0), None]));
    let fixed: ArrayRef = Arc::new(FixedSizeListArray::new(item(), 2, values.clone(), None));
    let list: ArrayRef = Arc::new(ListArray::new(item(), OffsetBuffer::from_lengths([2, 2]), values, None));
    for vectors in [fixed, list] {
        let error = refused(&with("embedding", vectors), &[]);
        assert!(matches!(error, EmbeddingError::NullValue { column: "embedding", row: 1, .. }), "{error}");
    }
}

#[test]
fn a_label_beyond_32_bits() {
    let beyond: [ArrayRef; 2] =
        [Arc::new(Int64Array::from(vec![0, 1 << 31])), Arc::new(UInt64Array::from(vec![0, u64::MAX]))];
    for labels in beyond {
        let error = refused(&with("label", labels), &[]);
        assert!(matches!(error, EmbeddingError::LabelRange { row: 1, .. }), "{error}");
    }
    let ends: ArrayRef = Arc::new(Int64Array::from(vec![i64::MIN, i64::from(i32::MAX)]));
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ends.parquet");
    write(&path, &with("label", ends), &[]);
    let set = EmbeddingSet::read(path.to_str().unwrap()).unwrap();
    assert_eq!(set.labels(), [None, Some(i32::MAX)]);
}

#[test]
fn a_version_from_the_future() {
    for version in ["2", "0", "-1", "one", ""] {
        let error = refused(&columns(), &[("sop.schema_version", version)]);
        assert!(matches!(error, EmbeddingError::SchemaVersion { supported: 1, .. }), "{error}");
        assert!(error.to_string().contains(&format!("`{version}`")), "{error}");
    }
}

#[test]
fn metadata_that_is_not_the_json_it_should_be() {
    for key in ["sop.class_names", "sop.encoder_meta"] {
        let error = refused(&columns(), &[(key, "[1, {")]);
        assert!(matches!(&error, EmbeddingError::BadMetadata { key: found, .. } if found == key), "{error}");
    }
}

#[test]
fn nothing_to_read() {
    let folder = tempfile::tempdir().unwrap();
    let empty = folder.path().display().to_string();
    for location in [empty.clone(), format!("{empty}/absent.parquet"), format!("{empty}/*.parquet")] {
        let error = EmbeddingSet::read(&location).unwrap_err();
        assert!(matches!(error, EmbeddingError::NoFiles { .. }), "{error}");
        assert!(error.to_string().contains(&location), "{error}");
    }
    let error = EmbeddingSet::read("[").unwrap_err();
    assert!(matches!(error, EmbeddingError::Location(_)) && error.to_string().contains('['), "{error}");
}

#[test]
fn a_row_without_a_label_where_labels_are_needed() {
    let set = set(&["a", "b"], vec![Some(1), None], array![[1.0], [2.0]]).unwrap();
    let error = set.required_labels().unwrap_err();
    assert!(matches!(&error, EmbeddingError::MissingLabel { id } if id == "b"), "{error}");
}

#[test]
fn files_that_are_no_parquet_or_cannot_be_written() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("text.parquet");
    write(&path, &with("embedding", vectors(&[1.0, 2.0, 3.0, 4.0])), &[]);
    let whole = std::fs::read(&path).unwrap();
    for bytes in [&b"id,label\n"[..], &[], &whole[..whole.len() / 2], &whole[..whole.len() - 1]] {
        std::fs::write(&path, bytes).unwrap();
        let error = EmbeddingSet::read(path.to_str().unwrap()).unwrap_err();
        assert!(matches!(error, EmbeddingError::File(ParquetFileError::Read { .. })), "{error}");
        assert!(error.to_string().contains("text.parquet"), "{error}");
    }
    // A file where a folder should be.
    let below = path.join("set.parquet");
    let error = set(&["a"], vec![None], array![[1.0]]).unwrap().write(Path::new(&below)).unwrap_err();
    assert!(matches!(error, EmbeddingError::File(ParquetFileError::Write { .. })), "{error}");
    assert!(error.to_string().contains("set.parquet"), "{error}");
}
