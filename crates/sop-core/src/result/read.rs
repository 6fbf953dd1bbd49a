//! Results from Parquet: a file, or a folder walked through.

use std::path::{Path, PathBuf};

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::datatypes::{DataType, Float64Type, TimestampMicrosecondType, UInt64Type};
use arrow::record_batch::RecordBatch;
use chrono::DateTime;

use super::column::{Wanted, column};
use super::former::brought_up_to_date;
use super::write::TIME_TYPE;
use super::{RESULT_SCHEMA_VERSION, ResultError, ResultRecord};
use crate::parquet_file::{open, read_error};

/// Reads the rows of a result file, or of all result files in a folder and the folders in it, in the order of their names.
///
/// Parquet files of another kind (embeddings, outcomes) inside a folder are passed over.
/// Rows of earlier versions are read as this one writes them: the protocol `copy_detection` is `copydays`.
///
/// # Errors
/// Names the file and what is wrong with it; a location without results is an error.
pub fn read_results(location: &Path) -> Result<Vec<ResultRecord>, ResultError> {
    let mut records = Vec::new();
    for file in result_files(location)? {
        records.extend(read_file(&file)?);
    }
    // A folder of empty files holds nothing, an empty file of its own is what was asked for.
    if records.is_empty() && !location.is_file() {
        return Err(ResultError::NoFiles { path: location.to_owned() });
    }
    Ok(records)
}

/// The result files of a location, as [`read_results`] takes them, in the order of their names.
///
/// A file that is named itself is not looked into.
///
/// # Errors
/// Names the folder that cannot be listed or the file that is not Parquet; a location without result files is an error.
pub fn result_files(location: &Path) -> Result<Vec<PathBuf>, ResultError> {
    if location.is_file() {
        return Ok(vec![location.to_owned()]);
    }
    let mut files = Vec::new();
    if location.is_dir() {
        find_files(location, 0, &mut files)?;
    }
    let mut results = Vec::new();
    for file in files {
        if is_result_file(&file)? {
            results.push(file);
        }
    }
    if results.is_empty() { Err(ResultError::NoFiles { path: location.to_owned() }) } else { Ok(results) }
}

/// First version of the schema whose rows say how many samples were left out.
const SKIPPED_SINCE: u32 = 2;

/// Deeper folders are not looked into: a link that leads back up must end.
const MAX_DEPTH: usize = 8;

fn find_files(folder: &Path, depth: usize, files: &mut Vec<PathBuf>) -> Result<(), ResultError> {
    let list_error = |source| ResultError::List { path: folder.to_owned(), source };
    let mut entries = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(list_error)? {
        entries.push(entry.map_err(list_error)?.path());
    }
    entries.sort();
    for entry in entries {
        if entry.is_dir() && depth < MAX_DEPTH {
            find_files(&entry, depth + 1, files)?;
        } else if entry.is_file() && entry.extension().is_some_and(|extension| extension == "parquet") {
            files.push(entry);
        }
    }
    Ok(())
}

fn is_result_file(path: &Path) -> Result<bool, ResultError> {
    let schema = open(path, 1)?.schema;
    Ok(["protocol", "metric", "params", "value"].iter().all(|column| schema.index_of(column).is_ok()))
}

fn read_file(path: &Path) -> Result<Vec<ResultRecord>, ResultError> {
    let mut records = Vec::new();
    for batch in open(path, 4096)?.batches {
        let batch = batch.map_err(|source| read_error(path, source))?;
        let rows = Rows { batch: &batch, path, first_row: records.len() };
        for row in 0..batch.num_rows() {
            records.push(rows.record(row)?);
        }
    }
    Ok(records)
}

/// Access to the columns of a batch by name and type.
struct Rows<'a> {
    batch: &'a RecordBatch,
    path: &'a Path,
    first_row: usize,
}

impl Rows<'_> {
    fn record(&self, row: usize) -> Result<ResultRecord, ResultError> {
        let version = self.small("schema_version", row)?;
        if !(1..=RESULT_SCHEMA_VERSION).contains(&version) {
            let path = self.path.to_owned();
            return Err(ResultError::SchemaVersion { found: version, supported: RESULT_SCHEMA_VERSION, path });
        }
        Ok(brought_up_to_date(ResultRecord {
            schema_version: version,
            run_id: self.text("run_id", row)?,
            created_at: self.time("created_at", row)?,
            protocol: self.text("protocol", row)?,
            protocol_version: self.small("protocol_version", row)?,
            dataset: self.maybe_text("dataset", row)?,
            split: self.maybe_text("split", row)?,
            dataset_sha256: self.maybe_text("dataset_sha256", row)?,
            reference_dataset: self.maybe_text("reference_dataset", row)?,
            reference_split: self.maybe_text("reference_split", row)?,
            reference_sha256: self.maybe_text("reference_sha256", row)?,
            encoder: self.maybe_text("encoder", row)?,
            encoder_sha256: self.maybe_text("encoder_sha256", row)?,
            encoder_meta: self.json("encoder_meta", row)?,
            feature: self.maybe_text("feature", row)?,
            transform: self.maybe_text("transform", row)?,
            params: self.json("params", row)?.into_iter().collect(),
            seed: self.whole("seed", row)?,
            metric: self.text("metric", row)?,
            value: self.maybe_number("value", row)?,
            ci_low: self.maybe_number("ci_low", row)?,
            ci_high: self.maybe_number("ci_high", row)?,
            std_error: self.maybe_number("std_error", row)?,
            num_samples: self.whole("num_samples", row)?,
            num_skipped: self.since(SKIPPED_SINCE, version, "num_skipped", row)?,
            reference_skipped: self.since(SKIPPED_SINCE, version, "reference_skipped", row)?,
            higher_is_better: self.flag("higher_is_better", row)?,
            code_version: self.text("code_version", row)?,
            runtime: self.maybe_text("runtime", row)?,
            wall_secs: self.required("wall_secs", row, self.maybe_number("wall_secs", row)?)?,
        }))
    }

    fn column(&self, name: &'static str, kind: &DataType, expected: &'static str) -> Result<ArrayRef, ResultError> {
        column(self.batch, Wanted { table: "a result file", column: name, kind, expected }, self.path)
    }

    fn required<T>(&self, column: &'static str, row: usize, value: Option<T>) -> Result<T, ResultError> {
        value.ok_or_else(|| ResultError::NullValue { column, row: self.first_row + row, path: self.path.to_owned() })
    }

    fn maybe_text(&self, name: &'static str, row: usize) -> Result<Option<String>, ResultError> {
        let column = self.column(name, &DataType::Utf8, "text")?;
        Ok(column.is_valid(row).then(|| column.as_string::<i32>().value(row).to_owned()))
    }

    fn text(&self, name: &'static str, row: usize) -> Result<String, ResultError> {
        self.required(name, row, self.maybe_text(name, row)?)
    }

    fn json(&self, name: &'static str, row: usize) -> Result<serde_json::Map<String, serde_json::Value>, ResultError> {
        serde_json::from_str(&self.text(name, row)?).map_err(|_| ResultError::Json {
            column: name,
            row: self.first_row + row,
            path: self.path.to_owned(),
        })
    }

    fn maybe_number(&self, name: &'static str, row: usize) -> Result<Option<f64>, ResultError> {
        let column = self.column(name, &DataType::Float64, "a number")?;
        Ok(column.is_valid(row).then(|| column.as_primitive::<Float64Type>().value(row)))
    }

    /// A number that rows have since a version of the schema; `None` in older ones.
    fn since(&self, since: u32, version: u32, name: &'static str, row: usize) -> Result<Option<u64>, ResultError> {
        if version < since {
            return Ok(None);
        }
        let column = self.column(name, &DataType::UInt64, "a whole number")?;
        Ok(column.is_valid(row).then(|| column.as_primitive::<UInt64Type>().value(row)))
    }

    fn whole(&self, name: &'static str, row: usize) -> Result<u64, ResultError> {
        let column = self.column(name, &DataType::UInt64, "a whole number")?;
        let value = column.is_valid(row).then(|| column.as_primitive::<UInt64Type>().value(row));
        self.required(name, row, value)
    }

    fn small(&self, name: &'static str, row: usize) -> Result<u32, ResultError> {
        Ok(u32::try_from(self.whole(name, row)?).unwrap_or(u32::MAX))
    }

    fn flag(&self, name: &'static str, row: usize) -> Result<bool, ResultError> {
        let column = self.column(name, &DataType::Boolean, "true or false")?;
        let value = column.is_valid(row).then(|| column.as_boolean().value(row));
        self.required(name, row, value)
    }

    fn time(&self, name: &'static str, row: usize) -> Result<DateTime<chrono::Utc>, ResultError> {
        let column = self.column(name, &TIME_TYPE, "a time")?;
        let micros = column.is_valid(row).then(|| column.as_primitive::<TimestampMicrosecondType>().value(row));
        self.required(name, row, micros.and_then(DateTime::from_timestamp_micros))
    }
}
