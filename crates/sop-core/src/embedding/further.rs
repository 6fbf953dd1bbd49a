//! Further columns of an embedding file by name: written as they are, read as JSON or as what they were written as.

use std::path::Path;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, Int64Array, StringArray};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Field, Float64Type, Int64Type, UInt64Type};
use arrow::record_batch::RecordBatch;
use ndarray::{Array2, ArrayView2};
use serde_json::{Map, Value};

use super::read::Columns;
use super::{EmbeddingError, EmbeddingSet, EmbeddingWriter};
use crate::Provenance;

/// What a further column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ColumnKind {
    /// Texts, some of which may be missing.
    Text,
    /// Truth values.
    Bool,
    /// Whole numbers of 64 bits.
    Integer,
}

/// Values of a further column, row for row.
#[derive(Clone, Debug, PartialEq)]
pub enum ColumnValues<'a> {
    /// Texts, some of which may be missing.
    Text(Vec<Option<&'a str>>),
    /// Truth values.
    Bool(Vec<bool>),
    /// Whole numbers of 64 bits.
    Integer(Vec<i64>),
}

impl ColumnValues<'_> {
    fn to_array(&self) -> ArrayRef {
        match self {
            Self::Text(values) => Arc::new(values.iter().copied().collect::<StringArray>()),
            Self::Bool(values) => Arc::new(BooleanArray::from(values.clone())),
            Self::Integer(values) => Arc::new(Int64Array::from_iter_values(values.iter().copied())),
        }
    }
}

impl EmbeddingWriter {
    /// As [`Self::create`], with further columns, which every [`Self::append_with_columns`] must bring in this order.
    ///
    /// # Errors
    /// As [`Self::create`].
    pub fn with_columns(path: &Path, dim: usize, columns: &[(&str, ColumnKind)]) -> Result<Self, EmbeddingError> {
        let field = |(name, kind): &(&str, ColumnKind)| {
            let (kind, nullable) = match kind {
                ColumnKind::Text => (DataType::Utf8, true),
                ColumnKind::Bool => (DataType::Boolean, false),
                ColumnKind::Integer => (DataType::Int64, false),
            };
            Arc::new(Field::new(*name, kind, nullable))
        };
        let fields: Vec<_> = columns.iter().map(field).collect();
        Self::with_extra_fields(path, dim, &fields)
    }

    /// Adds rows with their further columns.
    ///
    /// # Errors
    /// As [`Self::append`], and when the columns are others than those that were announced.
    pub fn append_with_columns(
        &mut self,
        ids: &[String],
        labels: &[Option<i32>],
        vectors: ArrayView2<'_, f32>,
        columns: &[ColumnValues<'_>],
    ) -> Result<(), EmbeddingError> {
        let arrays: Vec<ArrayRef> = columns.iter().map(ColumnValues::to_array).collect();
        self.append_with_extra(ids, labels, vectors, &arrays)
    }
}

/// An embedding file with its further columns by name. Unlike an [`EmbeddingSet`] it is checked for nothing but its form: its ids may
/// occur twice, its values need not be finite.
#[derive(Clone, Debug)]
pub struct EmbeddingTable {
    /// Ids of the rows.
    pub ids: Vec<String>,
    /// Label of each row, where it has one.
    pub labels: Vec<Option<i32>>,
    /// The vectors, `[rows, dim]`; `[0, 0]` where there is no row.
    pub vectors: Array2<f32>,
    /// Where the vectors come from.
    pub provenance: Provenance,
    further: Vec<RecordBatch>,
}

impl EmbeddingTable {
    /// Reads a file.
    ///
    /// # Errors
    /// Names the file and what is wrong with it.
    pub fn read(path: &Path) -> Result<Self, EmbeddingError> {
        let mut columns = Columns::default();
        let provenance = columns.read_part(path)?;
        let Columns { ids, labels, values, dim, extra, .. } = columns;
        let rows = (ids.len(), dim.filter(|_| !ids.is_empty()).unwrap_or(0));
        let vectors = Array2::from_shape_vec(rows, values);
        let (num_ids, num_labels) = (ids.len(), labels.len());
        let vectors =
            vectors.map_err(|_| EmbeddingError::RowMismatch { ids: num_ids, labels: num_labels, vectors: 0 })?;
        Ok(Self { ids, labels, vectors, provenance, further: extra })
    }

    /// Calls `take` with every text of a column, in order of the rows; `false` where there is no such column of texts.
    pub fn texts(&self, name: &str, mut take: impl FnMut(Option<&str>)) -> bool {
        self.further.iter().all(|batch| {
            let column = batch.column_by_name(name).and_then(|column| column.as_string_opt::<i32>());
            column.map(|column| column.iter().for_each(&mut take)).is_some()
        })
    }

    /// The truth values of a column; `None` where there is no such column, or a value is null.
    #[must_use]
    pub fn bools(&self, name: &str) -> Option<Vec<bool>> {
        let mut values = Vec::with_capacity(self.ids.len());
        for batch in &self.further {
            let column = batch.column_by_name(name)?.as_boolean_opt().filter(|column| column.null_count() == 0)?;
            values.extend(column.values().iter());
        }
        Some(values)
    }

    /// The whole numbers of a column; `None` where there is no such column, or a value is null.
    #[must_use]
    pub fn integers(&self, name: &str) -> Option<Vec<i64>> {
        let mut values = Vec::with_capacity(self.ids.len());
        for batch in &self.further {
            let column = batch.column_by_name(name)?.as_primitive_opt::<Int64Type>();
            values.extend_from_slice(column.filter(|column| column.null_count() == 0)?.values());
        }
        Some(values)
    }
}

impl EmbeddingSet {
    /// The further columns of each row as a JSON object: numbers, texts, truth values and lists of them; times as texts. A null is left
    /// out.
    ///
    /// # Errors
    /// [`EmbeddingError::FurtherColumn`] names a column that is of another type, or holds what JSON has no number for.
    pub fn further_values(&self) -> Result<Vec<Map<String, Value>>, EmbeddingError> {
        let mut rows = vec![Map::new(); self.len()];
        let Some(extra) = self.extra() else { return Ok(rows) };
        for (field, column) in extra.schema().fields().iter().zip(extra.columns()) {
            let values = json_values(column).map_err(|reason| EmbeddingError::FurtherColumn {
                column: field.name().clone(),
                kind: column.data_type().to_string(),
                reason,
            })?;
            for (row, value) in rows.iter_mut().zip(values) {
                if !value.is_null() {
                    row.insert(field.name().clone(), value);
                }
            }
        }
        Ok(rows)
    }
}

/// The values of a column, null where there is none.
fn json_values(column: &ArrayRef) -> Result<Vec<Value>, &'static str> {
    const FAILED: &str = "it cannot be converted";
    let to = |kind: &DataType| cast(column, kind).map_err(|_| FAILED);
    match column.data_type() {
        DataType::Null => Ok(vec![Value::Null; column.len()]),
        DataType::Boolean => Ok(column.as_boolean().iter().map(Value::from).collect()),
        DataType::UInt64 => Ok(column.as_primitive::<UInt64Type>().iter().map(Value::from).collect()),
        kind if kind.is_integer() => {
            Ok(to(&DataType::Int64)?.as_primitive::<Int64Type>().iter().map(Value::from).collect())
        }
        kind if kind.is_floating() => {
            let wide = to(&DataType::Float64)?;
            let numbers = wide.as_primitive::<Float64Type>().iter();
            numbers
                .map(|number| match number {
                    Some(number) if !number.is_finite() => Err("a value is not finite, which JSON cannot say"),
                    number => Ok(Value::from(number)),
                })
                .collect()
        }
        DataType::Utf8
        | DataType::LargeUtf8
        | DataType::Utf8View
        | DataType::Date32
        | DataType::Date64
        | DataType::Time32(_)
        | DataType::Time64(_)
        | DataType::Timestamp(_, _)
        | DataType::Decimal128(_, _) => {
            let text = to(&DataType::Utf8)?;
            let is_lost = |row: usize| text.is_null(row) && column.is_valid(row);
            if (0..text.len()).any(is_lost) {
                return Err(FAILED);
            }
            Ok(text.as_string::<i32>().iter().map(Value::from).collect())
        }
        DataType::Dictionary(_, value) => json_values(&to(value)?),
        DataType::List(_) => {
            let list = column.as_list::<i32>();
            let rows = (0..list.len()).map(|row| list_value(list.is_null(row), || list.value(row)));
            rows.collect()
        }
        DataType::LargeList(_) => {
            let list = column.as_list::<i64>();
            (0..list.len()).map(|row| list_value(list.is_null(row), || list.value(row))).collect()
        }
        DataType::FixedSizeList(_, _) => {
            let list = column.as_fixed_size_list();
            (0..list.len()).map(|row| list_value(list.is_null(row), || list.value(row))).collect()
        }
        _ => Err("its type has no form in JSON here: numbers, texts, truth values, times and lists of them have"),
    }
}

fn list_value(is_null: bool, elements: impl FnOnce() -> ArrayRef) -> Result<Value, &'static str> {
    if is_null { Ok(Value::Null) } else { json_values(&elements()).map(Value::from) }
}

#[cfg(test)]
mod tests {
    use ndarray::array;

    use super::*;

    #[test]
    fn columns_come_back_as_they_were_written() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("set.parquet");
        let kinds = [("note", ColumnKind::Text), ("seen", ColumnKind::Bool), ("count", ColumnKind::Integer)];
        let mut writer = EmbeddingWriter::with_columns(&path, 2, &kinds).unwrap();
        let ids = ["a".to_owned(), "b".to_owned()];
        let columns = [
            ColumnValues::Text(vec![Some("ü"), None]),
            ColumnValues::Bool(vec![true, false]),
            ColumnValues::Integer(vec![i64::MIN, 7]),
        ];
        writer.append_with_columns(&ids, &[Some(1), None], array![[1.0, 2.0], [3.0, 4.0]].view(), &columns).unwrap();
        writer
            .append_with_columns(&[], &[], Array2::zeros((0, 2)).view(), &columns.map(|_| ColumnValues::Bool(vec![])))
            .unwrap_err();
        writer.finish(&Provenance::default()).unwrap();

        let table = EmbeddingTable::read(&path).unwrap();
        assert_eq!((table.ids.as_slice(), &table.vectors), (ids.as_slice(), &array![[1.0, 2.0], [3.0, 4.0]]));
        let mut notes = Vec::new();
        assert!(table.texts("note", |text| notes.push(text.map(str::to_owned))));
        assert_eq!(notes, [Some("ü".to_owned()), None]);
        assert!(!table.texts("seen", |_| ()));
        assert_eq!(table.bools("seen"), Some(vec![true, false]));
        assert_eq!(table.integers("count"), Some(vec![i64::MIN, 7]));
        assert_eq!((table.integers("note"), table.bools("other")), (None, None));

        let set = EmbeddingSet::read(path.to_str().unwrap()).unwrap();
        let rows = set.further_values().unwrap();
        assert_eq!(Value::Object(rows[0].clone()), serde_json::json!({"note": "ü", "seen": true, "count": i64::MIN}));
        assert_eq!(Value::Object(rows[1].clone()), serde_json::json!({"seen": false, "count": 7}));
    }

    #[test]
    fn columns_of_other_tools_become_json() {
        use arrow::array::{DictionaryArray, Float32Array, ListArray, TimestampMillisecondArray, UInt64Array};
        let json = |array: ArrayRef| json_values(&array).map(Value::from);
        let numbers = Float32Array::from(vec![Some(0.5), None]);
        assert_eq!(json(Arc::new(numbers)).unwrap(), serde_json::json!([0.5, null]));
        assert!(json(Arc::new(Float32Array::from(vec![f32::NAN]))).unwrap_err().contains("finite"));
        let large = UInt64Array::from(vec![u64::MAX]);
        assert_eq!(json(Arc::new(large)).unwrap(), serde_json::json!([u64::MAX]));
        let time = TimestampMillisecondArray::from(vec![Some(1_500), None]);
        assert_eq!(json(Arc::new(time)).unwrap(), serde_json::json!(["1970-01-01T00:00:01.500", null]));
        let words: DictionaryArray<arrow::datatypes::Int8Type> = ["x", "y", "x"].into_iter().collect();
        assert_eq!(json(Arc::new(words)).unwrap(), serde_json::json!(["x", "y", "x"]));
        let lists = ListArray::from_iter_primitive::<Int64Type, _, _>(vec![Some(vec![Some(1), None]), None]);
        assert_eq!(json(Arc::new(lists)).unwrap(), serde_json::json!([[1, null], null]));
        let bytes = arrow::array::BinaryArray::from(vec![&b"x"[..]]);
        assert!(json(Arc::new(bytes)).unwrap_err().contains("no form"));
    }
}
