//! Parquet files as other tools write them.

use std::path::Path;
use std::sync::Arc;

use arrow::array::{ArrayRef, FixedSizeListArray, Float32Array, Int32Array, RecordBatch, StringArray};
use arrow::datatypes::{DataType, Field, Schema};
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::WriterProperties;

/// Writes nullable columns with key-values.
pub fn write(path: &Path, columns: &[(&str, ArrayRef)], key_values: &[(&str, &str)]) {
    let field = |(name, column): &(&str, ArrayRef)| Field::new(*name, column.data_type().clone(), true);
    let schema = Arc::new(Schema::new(columns.iter().map(field).collect::<Vec<_>>()));
    let columns = columns.iter().map(|(_, column)| column.clone()).collect();
    let batch = RecordBatch::try_new(schema.clone(), columns).unwrap();
    let pairs = key_values.iter().map(|(key, value)| KeyValue::new((*key).to_owned(), (*value).to_owned())).collect();
    let properties = WriterProperties::builder().set_key_value_metadata(Some(pairs)).build();
    let file = std::fs::File::create(path).unwrap();
    let mut writer = ArrowWriter::try_new(file, schema, Some(properties)).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
}

/// The whole file as one batch.
pub fn read(path: &Path) -> RecordBatch {
    let builder = ParquetRecordBatchReaderBuilder::try_new(std::fs::File::open(path).unwrap()).unwrap();
    let schema = builder.schema().clone();
    let batches: Vec<RecordBatch> = builder.build().unwrap().map(Result::unwrap).collect();
    arrow::compute::concat_batches(&schema, &batches).unwrap()
}

/// `id`, `label` and `embedding` of two rows with two components: a 3 [1, 2], b null [3, 4].
pub fn columns() -> Vec<(&'static str, ArrayRef)> {
    vec![("id", text(&["a", "b"])), ("label", labels(&[Some(3), None])), ("embedding", vectors(&[1.0, 2.0, 3.0, 4.0]))]
}

/// [`columns`] with one replaced.
pub fn with(name: &str, column: ArrayRef) -> Vec<(&'static str, ArrayRef)> {
    columns().into_iter().map(|(other, old)| (other, if other == name { column.clone() } else { old })).collect()
}

pub fn text(values: &[&str]) -> ArrayRef {
    Arc::new(StringArray::from(values.to_vec()))
}

pub fn labels(values: &[Option<i32>]) -> ArrayRef {
    Arc::new(Int32Array::from(values.to_vec()))
}

/// Vectors of two components.
pub fn vectors(values: &[f32]) -> ArrayRef {
    let item = Arc::new(Field::new("item", DataType::Float32, true));
    let values = Arc::new(Float32Array::from(values.to_vec()));
    Arc::new(FixedSizeListArray::try_new(item, 2, values, None).unwrap())
}
