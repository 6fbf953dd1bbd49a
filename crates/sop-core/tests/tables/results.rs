//! Result records to Parquet and back.

use std::path::Path;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, BooleanArray, Float32Array, Int64Array, RecordBatch, UInt32Array};
use chrono::DateTime;
use proptest::prelude::*;
use sop_core::{RESULT_SCHEMA_VERSION, ResultError, ResultRecord, read_results, write_results};

use crate::parquet_fixture::{read, text, write};

/// A record with every field set.
pub fn record(run_id: &str) -> ResultRecord {
    let some = |text: &str| Some(text.to_owned());
    let json = |text: &str| serde_json::from_str(text).unwrap();
    ResultRecord {
        schema_version: 1,
        run_id: run_id.to_owned(),
        created_at: DateTime::from_timestamp_micros(1_700_000_000_123_456).unwrap(),
        protocol: "knn".to_owned(),
        protocol_version: 1,
        dataset: some("cifar10"),
        split: some("test"),
        dataset_sha256: some("d5"),
        reference_dataset: some("cifar10"),
        reference_split: some("train"),
        reference_sha256: some("7a"),
        encoder: some("dino"),
        encoder_sha256: some("e5"),
        encoder_meta: json(r#"{"method": "dino", "pretrain_epochs": 300}"#),
        feature: some("cls"),
        transform: some("normalize(imagenet)"),
        params: serde_json::from_str(r#"{"temperature": 0.07, "k": 20}"#).unwrap(),
        seed: u64::MAX,
        metric: "top1".to_owned(),
        value: Some(0.7421),
        ci_low: Some(0.73),
        ci_high: Some(0.75),
        std_error: Some(0.004),
        num_samples: 10_000,
        num_skipped: None,
        reference_skipped: None,
        higher_is_better: true,
        code_version: "0.1.0".to_owned(),
        runtime: some("tract 0.23"),
        wall_secs: 12.5,
    }
}

/// A record of the second version of the schema, which says what was left out.
pub fn record_with_skipped(run_id: &str) -> ResultRecord {
    ResultRecord { schema_version: 2, num_skipped: Some(3), reference_skipped: Some(0), ..record(run_id) }
}

/// A record with every field empty that may be.
pub fn bare_record(run_id: &str) -> ResultRecord {
    ResultRecord {
        dataset: None,
        split: None,
        dataset_sha256: None,
        reference_dataset: None,
        reference_split: None,
        reference_sha256: None,
        encoder: None,
        encoder_sha256: None,
        encoder_meta: serde_json::Map::new(),
        feature: None,
        transform: None,
        params: sop_core::Params::new(),
        value: None,
        ci_low: None,
        ci_high: None,
        std_error: None,
        higher_is_better: false,
        runtime: None,
        ..record(run_id)
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn any_records_come_back(
        texts in proptest::collection::vec((".{0,12}", any::<bool>()), 1..20),
        seed in any::<u64>(),
        thousandths in any::<i32>(),
        micros in 0_i64..4_000_000_000_000_000,
    ) {
        // Decimals of few digits, as parameters are; see `parameters_of_many_digits_keep_their_hash`.
        let number = f64::from(thousandths) / 1000.0;
        let records: Vec<ResultRecord> = texts
            .into_iter()
            .map(|(text, bare)| {
                let created_at = DateTime::from_timestamp_micros(micros).unwrap();
                let record = if bare { bare_record(&text) } else { record(&text) };
                let value = record.value.map(|_| number);
                let params = [(text.clone(), text.as_str().into()), ("number".to_owned(), number.into())].into();
                ResultRecord { metric: text, seed, value, created_at, params, ..record }
            })
            .collect();
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("results.parquet");
        write_results(&path, &records).unwrap();
        prop_assert_eq!(read_results(&path).unwrap(), records);
    }
}

#[test]
fn the_fields_of_the_json_are_the_columns_of_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("results.parquet");
    let record = record("r");
    write_results(&path, std::slice::from_ref(&record)).unwrap();
    let batch = read(&path);
    let columns: Vec<&str> = batch.schema_ref().fields().iter().map(|field| field.name().as_str()).collect();
    let json = record.to_json();
    let fields: Vec<&str> = json.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(fields, columns);
    assert_eq!(json["params"], serde_json::json!({"k": 20, "temperature": 0.07}));
    assert_eq!(json["encoder_meta"]["pretrain_epochs"], 300);
    assert_eq!(json["created_at"], "2023-11-14T22:13:20.123456Z");
    assert_eq!(json["seed"], u64::MAX);
}

#[test]
fn equal_parameters_have_one_hash_whatever_their_order() {
    let with = |params: &str| ResultRecord { params: serde_json::from_str(params).unwrap(), ..record("r") };
    let (one, other) = (with(r#"{"k": 20, "temperature": 0.07}"#), with(r#"{ "temperature" :0.07,"k":20}"#));
    assert_eq!(one.params_json(), r#"{"k":20,"temperature":0.07}"#);
    assert_eq!(one.params_sha256(), other.params_sha256());
    assert_eq!(one.params_sha256(), sop_core::sha256_hex(br#"{"k":20,"temperature":0.07}"#));
    assert_ne!(one.params_sha256(), with(r#"{"k": 21, "temperature": 0.07}"#).params_sha256());
}

#[test]
fn parameters_of_many_digits_keep_their_hash() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("results.parquet");
    let params = [("lambda".to_owned(), (-5.135_725_478_843_146e298).into())].into();
    let record = ResultRecord { params, ..record("r") };
    write_results(&path, std::slice::from_ref(&record)).unwrap();
    let read = read_results(&path).unwrap();
    assert_eq!(read[0].params_sha256(), record.params_sha256());
    assert_eq!(read, [record]);
}

#[test]
fn a_folder_is_walked_in_the_order_of_its_names_and_other_tables_are_passed_over() {
    let folder = tempfile::tempdir().unwrap();
    for (name, run) in [("b/1.parquet", "second"), ("a.parquet", "first"), ("b/2.parquet", "third")] {
        write_results(&folder.path().join(name), &[record(run)]).unwrap();
    }
    write(&folder.path().join("b/embeddings.parquet"), &crate::parquet_fixture::columns(), &[]);
    std::fs::write(folder.path().join("notes.txt"), "not a table").unwrap();
    let runs: Vec<String> = read_results(folder.path()).unwrap().into_iter().map(|record| record.run_id).collect();
    assert_eq!(runs, ["first", "second", "third"]);
}

#[test]
fn nothing_to_read() {
    let folder = tempfile::tempdir().unwrap();
    for location in [folder.path().to_owned(), folder.path().join("absent")] {
        let error = read_results(&location).unwrap_err();
        assert!(matches!(error, ResultError::NoFiles { .. }), "{error}");
        assert!(error.to_string().contains(&location.display().to_string()), "{error}");
    }
}

/// The error of a file whose column `name` is `column` (`None`: left out); its message must name the file.
fn refused(name: &str, column: Option<ArrayRef>) -> ResultError {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("wrong.parquet");
    write_changed(&path, name, column);
    let error = read_results(&path).unwrap_err();
    assert!(error.to_string().contains("wrong.parquet"), "{error}");
    error
}

fn write_changed(path: &Path, name: &str, column: Option<ArrayRef>) {
    write_results(path, &[record("a"), record("b")]).unwrap();
    let batch: RecordBatch = read(path);
    let schema = batch.schema();
    let columns: Vec<(&str, ArrayRef)> = schema
        .fields()
        .iter()
        .zip(batch.columns())
        .filter_map(|(field, old)| match field.name() == name {
            true => column.clone().map(|column| (field.name().as_str(), column)),
            false => Some((field.name().as_str(), old.clone())),
        })
        .collect();
    write(path, &columns, &[]);
}

#[test]
fn a_version_from_the_future_is_refused() {
    for version in [RESULT_SCHEMA_VERSION + 1, 0, u32::MAX] {
        let error = refused("schema_version", Some(Arc::new(UInt32Array::from(vec![1, version]))));
        assert!(
            matches!(error, ResultError::SchemaVersion { found, supported: RESULT_SCHEMA_VERSION, .. } if found == version),
            "{error}"
        );
    }
}

#[test]
fn columns_that_are_missing_null_or_of_another_type_are_refused() {
    for name in ["run_id", "value", "created_at", "higher_is_better"] {
        let error = refused(name, None);
        assert!(matches!(error, ResultError::Column { column, .. } if column == name), "{error}");
        let flags: ArrayRef = Arc::new(BooleanArray::from(vec![true, false]));
        let other = if name == "higher_is_better" { text(&["yes", "no"]) } else { flags };
        let error = refused(name, Some(other));
        assert!(matches!(error, ResultError::Column { column, .. } if column == name), "{error}");
    }
    let error = refused("num_samples", Some(Arc::new(Int64Array::from(vec![Some(1), None]))));
    assert!(matches!(error, ResultError::NullValue { column: "num_samples", row: 1, .. }), "{error}");
    for json in ["[]", "{", "3", ""] {
        let error = refused("params", Some(text(&["{}", json])));
        assert!(matches!(error, ResultError::Json { column: "params", row: 1, .. }), "{error}");
    }
}

#[test]
fn columns_as_other_tools_write_them_are_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("foreign.parquet");
    let changed: [(&str, ArrayRef); 3] = [
        ("run_id", Arc::new(arrow::array::LargeStringArray::from(vec!["a", "b"]))),
        ("num_samples", Arc::new(Int64Array::from(vec![5, 6]))),
        ("value", Arc::new(Float32Array::from(vec![Some(0.5), None]))),
    ];
    for (name, column) in changed {
        let what = format!("{name} as {}", column.data_type());
        write_changed(&path, name, Some(column));
        let records = read_results(&path).unwrap();
        let seen: Vec<_> = records.iter().map(|r| (r.run_id.as_str(), r.num_samples, r.value)).collect();
        let expected = match name {
            "run_id" => [("a", 10_000, Some(0.7421)), ("b", 10_000, Some(0.7421))],
            "num_samples" => [("a", 5, Some(0.7421)), ("b", 6, Some(0.7421))],
            _ => [("a", 10_000, Some(0.5)), ("b", 10_000, None)],
        };
        assert_eq!(seen, expected, "{what}");
    }
}
