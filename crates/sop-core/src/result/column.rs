//! Columns of a table by name and type.

use std::path::Path;

use arrow::array::{Array, ArrayRef};
use arrow::compute::cast;
use arrow::datatypes::DataType;
use arrow::record_batch::RecordBatch;

use super::ResultError;

/// A column that a table must have.
#[derive(Clone, Copy)]
pub(super) struct Wanted<'a> {
    /// What the table is, in words.
    pub table: &'static str,
    /// The column's name.
    pub column: &'static str,
    /// The type it is brought to.
    pub kind: &'a DataType,
    /// That type, in words.
    pub expected: &'static str,
}

/// The column brought to the wanted type, when it is there and can be.
pub(super) fn column(batch: &RecordBatch, wanted: Wanted<'_>, path: &Path) -> Result<ArrayRef, ResultError> {
    let Wanted { table, column, kind, expected } = wanted;
    let wrong = || ResultError::Column { column, expected, table, path: path.to_owned() };
    let found = batch.column_by_name(column).ok_or_else(wrong)?;
    let same_kind = match kind {
        DataType::Utf8 => found.data_type().is_string(),
        DataType::UInt64 => found.data_type().is_integer(),
        DataType::Float64 => found.data_type().is_numeric(),
        DataType::Boolean => *found.data_type() == DataType::Boolean,
        _ => matches!(found.data_type(), DataType::Timestamp(_, _)),
    };
    if !same_kind {
        return Err(wrong());
    }
    cast(found, kind).map_err(|_| wrong())
}
