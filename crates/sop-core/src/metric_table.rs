//! Metrics of a training run as Parquet: one row per step.

use std::path::Path;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Float64Array, UInt64Array};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Field, Float64Type, Schema, UInt64Type};
use arrow::record_batch::RecordBatch;

use crate::parquet_file::{AtomicParquet, ParquetFileError, open, read_error, write_error};

/// Column that counts the steps.
const STEP: &str = "step";

/// Rows that are read at once.
const BATCH_ROWS: usize = 8192;

/// Metrics over the steps of a run; every column has a value, or none, for each step.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MetricTable {
    /// Ascending, counted from 0.
    pub steps: Vec<u64>,
    /// Name and values.
    pub columns: Vec<(String, Vec<Option<f64>>)>,
}

impl MetricTable {
    /// Writes `path` with a column `step: UInt64` and one of nullable Float64 per metric, through a temporary name.
    ///
    /// # Errors
    /// When writing fails, or columns have different lengths; nothing is left under the final name then.
    pub fn write(&self, path: &Path) -> Result<(), ParquetFileError> {
        let steps: ArrayRef = Arc::new(UInt64Array::from(self.steps.clone()));
        let values =
            self.columns.iter().map(|(_, values)| -> ArrayRef { Arc::new(Float64Array::from(values.clone())) });
        let arrays: Vec<ArrayRef> = std::iter::once(steps).chain(values).collect();
        let step = Field::new(STEP, DataType::UInt64, false);
        let fields = self.columns.iter().map(|(name, _)| Field::new(name, DataType::Float64, true));
        let fields: Vec<Field> = std::iter::once(step).chain(fields).collect();
        let schema = Arc::new(Schema::new(fields));
        let batch = RecordBatch::try_new(schema.clone(), arrays).map_err(|source| write_error(path, source))?;
        let mut file = AtomicParquet::create(path, schema, None)?;
        file.write(&batch)?;
        file.commit()
    }

    /// Reads what [`Self::write`] writes; columns of numbers of any kind are metrics, others are passed over.
    ///
    /// # Errors
    /// [`ParquetFileError`] where the file is damaged, or has no column `step`.
    pub fn read(path: &Path) -> Result<Self, ParquetFileError> {
        let file = open(path, BATCH_ROWS)?;
        let fields: Vec<(usize, String)> = file
            .schema
            .fields()
            .iter()
            .enumerate()
            .filter(|(_, field)| field.name() != STEP && field.data_type().is_numeric())
            .map(|(place, field)| (place, field.name().clone()))
            .collect();
        let step = match file.schema.index_of(STEP) {
            Ok(place) if file.schema.field(place).data_type().is_integer() => place,
            _ => return Err(read_error(path, "it has no column `step` of whole numbers")),
        };
        let mut table =
            Self { steps: Vec::new(), columns: fields.iter().map(|(_, name)| (name.clone(), Vec::new())).collect() };
        for batch in file.batches {
            let batch = batch.map_err(|source| read_error(path, source))?;
            let number = |place: usize, kind: &DataType| {
                cast(batch.column(place), kind).map_err(|source| read_error(path, source))
            };
            let steps = number(step, &DataType::UInt64)?;
            if steps.null_count() > 0 {
                return Err(read_error(path, "a row has no `step`"));
            }
            table.steps.extend(steps.as_primitive::<UInt64Type>().values());
            for ((place, _), (_, values)) in fields.iter().zip(&mut table.columns) {
                values.extend(number(*place, &DataType::Float64)?.as_primitive::<Float64Type>());
            }
        }
        Ok(table)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("metrics.parquet");
        let columns = vec![
            ("loss".to_owned(), vec![Some(2.5), Some(1.25), Some(0.1)]),
            ("knn_top1".to_owned(), vec![None, Some(0.5), None]),
        ];
        let table = MetricTable { steps: vec![0, 1, 2], columns };
        table.write(&path).unwrap();
        assert_eq!(MetricTable::read(&path).unwrap(), table);
    }

    #[test]
    fn unequal_columns_and_other_files_are_errors() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("metrics.parquet");
        let uneven = MetricTable { steps: vec![0, 1], columns: vec![("loss".to_owned(), vec![None])] };
        uneven.write(&path).unwrap_err();
        assert!(!path.exists());
        std::fs::write(&path, b"no Parquet").unwrap();
        MetricTable::read(&path).unwrap_err();
    }
}
