//! Outcomes per unit, beside the results that average over them.

use std::path::Path;
use std::sync::Arc;

use arrow::array::{Float64Array, StringArray, UInt32Array};
use arrow::datatypes::{DataType, Field, Schema};
use arrow::record_batch::RecordBatch;

use super::{ResultError, ResultRecord};
use crate::parquet_file::{AtomicParquet, write_error};
use crate::{Classified, Measurement};

/// Writes `outcomes.parquet`: one row per unit of every measurement that has outcomes, with its group where the value is a mean over groups,
/// its cluster where units belong together, and the names of the true class (`label`) and of the predicted one (`prediction`) where the
/// value is an accuracy.
///
/// `records[i]` is the row made from `measurements[i]`.
///
/// # Errors
/// When writing fails; nothing is left under the final name then.
pub fn write_outcomes(path: &Path, records: &[ResultRecord], measurements: &[Measurement]) -> Result<(), ResultError> {
    let schema = Arc::new(Schema::new(vec![
        Field::new("run_id", DataType::Utf8, false),
        Field::new("metric", DataType::Utf8, false),
        Field::new("params_sha256", DataType::Utf8, false),
        Field::new("unit_id", DataType::Utf8, false),
        Field::new("value", DataType::Float64, false),
        Field::new("group", DataType::UInt32, true),
        Field::new("cluster", DataType::UInt32, true),
        Field::new("label", DataType::Utf8, true),
        Field::new("prediction", DataType::Utf8, true),
    ]));
    let mut file = AtomicParquet::create(path, schema.clone(), None)?;
    for (record, measurement) in records.iter().zip(measurements) {
        let Some(outcomes) = &measurement.outcomes else { continue };
        let rows = outcomes.values.len();
        let numbers = |numbers: Option<&[u32]>| match numbers {
            Some(numbers) => Arc::new(UInt32Array::from_iter_values(numbers.iter().copied())),
            None => Arc::new(UInt32Array::new_null(rows)),
        };
        let repeat = |text: &str| Arc::new(StringArray::from_iter_values(std::iter::repeat_n(text, rows)));
        let names = |classes: fn(&Classified) -> &[u32]| match &outcomes.classified {
            Some(classified) => {
                let names = classes(classified).iter().map(|&class| classified.name(class));
                Arc::new(StringArray::from_iter_values(names))
            }
            None => Arc::new(StringArray::new_null(rows)),
        };
        let batch = RecordBatch::try_new(
            schema.clone(),
            vec![
                repeat(&record.run_id),
                repeat(&record.metric),
                repeat(&record.params_sha256()),
                Arc::new(StringArray::from_iter_values(outcomes.unit_ids.iter())),
                Arc::new(Float64Array::from_iter_values(outcomes.values.iter().copied())),
                numbers(outcomes.groups.as_deref()),
                numbers(outcomes.clusters.as_deref()),
                names(Classified::labels),
                names(Classified::predictions),
            ],
        );
        file.write(&batch.map_err(|source| write_error(path, source))?)?;
    }
    Ok(file.commit()?)
}
