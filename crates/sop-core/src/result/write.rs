//! Results to Parquet: one file per run.

use std::path::Path;
use std::sync::Arc;

use arrow::array::{
    ArrayRef, BooleanArray, Float64Array, StringArray, TimestampMicrosecondArray, UInt32Array, UInt64Array,
};
use arrow::datatypes::{DataType, Field, Schema};
use arrow::error::ArrowError;
use arrow::record_batch::RecordBatch;
use serde_json::Value;

use super::{ResultError, ResultRecord};
use crate::parquet_file::{AtomicParquet, parquet_bytes, write_error};

/// Writes the rows of one run to `path`, through a temporary name.
///
/// # Errors
/// When writing fails; nothing is left under the final name then.
pub fn write_results(path: &Path, records: &[ResultRecord]) -> Result<(), ResultError> {
    let batch = batch(records).map_err(|source| write_error(path, source))?;
    let mut file = AtomicParquet::create(path, batch.schema(), None)?;
    file.write(&batch)?;
    Ok(file.commit()?)
}

/// The bytes of a result file with these rows, of whatever runs.
///
/// # Errors
/// When encoding fails; the error names the file `results.parquet`, although none is written.
pub fn results_bytes(records: &[ResultRecord]) -> Result<Vec<u8>, ResultError> {
    let name = Path::new("results.parquet");
    let batch = batch(records).map_err(|source| write_error(name, source))?;
    Ok(parquet_bytes(&batch).map_err(|source| write_error(name, source))?)
}

fn batch(records: &[ResultRecord]) -> Result<RecordBatch, ArrowError> {
    let columns = columns(records);
    let fields: Vec<Field> = columns
        .iter()
        .map(|(name, nullable, column)| Field::new(*name, column.data_type().clone(), *nullable))
        .collect();
    RecordBatch::try_new(Arc::new(Schema::new(fields)), columns.into_iter().map(|(_, _, column)| column).collect())
}

/// Name, nullability and values of every column, in the contract's order.
fn columns(records: &[ResultRecord]) -> Vec<(&'static str, bool, ArrayRef)> {
    let text = |get: &dyn Fn(&ResultRecord) -> String| -> ArrayRef {
        Arc::new(StringArray::from_iter_values(records.iter().map(get)))
    };
    let maybe_text = |get: &dyn Fn(&ResultRecord) -> Option<String>| -> ArrayRef {
        Arc::new(StringArray::from_iter(records.iter().map(get)))
    };
    let small = |get: &dyn Fn(&ResultRecord) -> u32| -> ArrayRef {
        Arc::new(UInt32Array::from_iter_values(records.iter().map(get)))
    };
    let large = |get: &dyn Fn(&ResultRecord) -> u64| -> ArrayRef {
        Arc::new(UInt64Array::from_iter_values(records.iter().map(get)))
    };
    let maybe_large = |get: &dyn Fn(&ResultRecord) -> Option<u64>| -> ArrayRef {
        Arc::new(UInt64Array::from_iter(records.iter().map(get)))
    };
    let number = |get: &dyn Fn(&ResultRecord) -> Option<f64>| -> ArrayRef {
        Arc::new(Float64Array::from_iter(records.iter().map(get)))
    };
    let times = TimestampMicrosecondArray::from_iter_values(records.iter().map(|r| r.created_at.timestamp_micros()));
    let better = BooleanArray::from_iter(records.iter().map(|r| Some(r.higher_is_better)));
    vec![
        ("schema_version", false, small(&|r| r.schema_version)),
        ("run_id", false, text(&|r| r.run_id.clone())),
        ("created_at", false, Arc::new(times.with_timezone("UTC"))),
        ("protocol", false, text(&|r| r.protocol.clone())),
        ("protocol_version", false, small(&|r| r.protocol_version)),
        ("dataset", true, maybe_text(&|r| r.dataset.clone())),
        ("split", true, maybe_text(&|r| r.split.clone())),
        ("dataset_sha256", true, maybe_text(&|r| r.dataset_sha256.clone())),
        ("reference_dataset", true, maybe_text(&|r| r.reference_dataset.clone())),
        ("reference_split", true, maybe_text(&|r| r.reference_split.clone())),
        ("reference_sha256", true, maybe_text(&|r| r.reference_sha256.clone())),
        ("encoder", true, maybe_text(&|r| r.encoder.clone())),
        ("encoder_sha256", true, maybe_text(&|r| r.encoder_sha256.clone())),
        ("encoder_meta", false, text(&|r| Value::Object(r.encoder_meta.clone()).to_string())),
        ("feature", true, maybe_text(&|r| r.feature.clone())),
        ("transform", true, maybe_text(&|r| r.transform.clone())),
        ("params", false, text(&ResultRecord::params_json)),
        ("params_sha256", false, text(&ResultRecord::params_sha256)),
        ("seed", false, large(&|r| r.seed)),
        ("metric", false, text(&|r| r.metric.clone())),
        ("value", true, number(&|r| r.value)),
        ("ci_low", true, number(&|r| r.ci_low)),
        ("ci_high", true, number(&|r| r.ci_high)),
        ("std_error", true, number(&|r| r.std_error)),
        ("num_samples", false, large(&|r| r.num_samples)),
        ("num_skipped", true, maybe_large(&|r| r.num_skipped)),
        ("reference_skipped", true, maybe_large(&|r| r.reference_skipped)),
        ("higher_is_better", false, Arc::new(better)),
        ("code_version", false, text(&|r| r.code_version.clone())),
        ("runtime", true, maybe_text(&|r| r.runtime.clone())),
        ("wall_secs", false, number(&|r| Some(r.wall_secs))),
    ]
}

/// Arrow type of the column that holds the time of a run.
pub(super) const TIME_TYPE: DataType = DataType::Timestamp(arrow::datatypes::TimeUnit::Microsecond, None);
