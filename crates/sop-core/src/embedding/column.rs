//! Columns as other tools write them, brought to the contract's types.

use std::path::Path;

use arrow::array::{Array, ArrayRef, AsArray, Float32Array};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Float32Type, Int64Type};

use super::{EMBEDDING, EmbeddingError, ID, LABEL};
use crate::label_of_number;
use crate::parquet_file::read_error;

/// Reads ids: strings of any Arrow kind, or integers, which become their decimal text.
pub(super) fn ids(
    column: &ArrayRef,
    first_row: usize,
    path: &Path,
    into: &mut Vec<String>,
) -> Result<(), EmbeddingError> {
    let taken = matches!(column.data_type(), DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View)
        || matches!(column.data_type(), DataType::Dictionary(_, value) if **value == DataType::Utf8)
        || column.data_type().is_integer();
    if !taken {
        return Err(column_type(ID, "a string or integer column", column, path));
    }
    no_nulls(ID, column, first_row, path)?;
    let text = cast(column, &DataType::Utf8).map_err(|source| read_error(path, source))?;
    into.extend(text.as_string::<i32>().iter().flatten().map(str::to_owned));
    Ok(())
}

/// What labels may be, and how others become that.
const LABELS: &str = "an integer column, null where there is no label (pandas: df[\"label\"].astype(\"Int32\") for whole numbers, \
                      for text pd.Categorical(df[\"label\"], categories=names).codes with one list of names for all sets)";

/// Reads labels: integers of any width, nullable; negative ones are no label.
pub(super) fn labels(
    column: &ArrayRef,
    first_row: usize,
    path: &Path,
    into: &mut Vec<Option<i32>>,
) -> Result<(), EmbeddingError> {
    if *column.data_type() == DataType::Null {
        into.extend(std::iter::repeat_n(None, column.len()));
        return Ok(());
    }
    if !column.data_type().is_integer() {
        return Err(column_type(LABEL, LABELS, column, path));
    }
    // u64 beyond i64 becomes null in the cast: told apart from a true null below.
    let wide = cast(column, &DataType::Int64).map_err(|source| read_error(path, source))?;
    let wide = wide.as_primitive::<Int64Type>();
    for row in 0..wide.len() {
        if column.is_null(row) {
            into.push(None);
            continue;
        }
        let label = wide.is_valid(row).then(|| wide.value(row)).and_then(|label| label_of_number(label).ok());
        into.push(label.ok_or_else(|| EmbeddingError::LabelRange {
            label: if wide.is_valid(row) { wide.value(row).to_string() } else { "beyond 63 bits".to_owned() },
            row: first_row + row,
            path: path.to_owned(),
        })?);
    }
    Ok(())
}

/// Reads vectors: fixed-size or variable lists of f16, f32 or f64, all of one length; returns that length.
pub(super) fn vectors(
    column: &ArrayRef,
    first_row: usize,
    path: &Path,
    dim: Option<usize>,
    into: &mut Vec<f32>,
) -> Result<Option<usize>, EmbeddingError> {
    const EXPECTED: &str = "a list of f32 (or f16, f64) of one length";
    no_nulls(EMBEDDING, column, first_row, path)?;
    let mut dim = dim;
    let mut check = |found: usize| match dim {
        Some(expected) if expected != found => Err(EmbeddingError::DimMismatch { expected, found }),
        _ => {
            dim = Some(found);
            Ok(())
        }
    };
    // `values` belong to rows of `dim_of_row` components, the first of which is `row`.
    let mut push = |values: &ArrayRef, row: usize, dim_of_row: usize| -> Result<(), EmbeddingError> {
        let values = floats(values, path).ok_or_else(|| column_type(EMBEDDING, EXPECTED, column, path))??;
        let null = if values.null_count() == 0 { None } else { (0..values.len()).find(|&index| values.is_null(index)) };
        if let Some(null) = null {
            let row = first_row + row + null / dim_of_row;
            return Err(EmbeddingError::NullValue { column: EMBEDDING, row, path: path.to_owned() });
        }
        into.extend_from_slice(values.values());
        Ok(())
    };
    match column.data_type() {
        DataType::FixedSizeList(_, width) => {
            let list = column.as_fixed_size_list();
            let width = usize::try_from(*width).unwrap_or(0);
            check(width)?;
            // `values` of a batch starts at its first row: the arrays come from the reader unsliced.
            push(&list.values().slice(0, list.len() * width), 0, width)?;
        }
        DataType::List(_) => {
            let list = column.as_list::<i32>();
            if let Some((start, width)) = lists_of_one_length(list.value_offsets()) {
                check(width)?;
                push(&list.values().slice(start, list.len() * width), 0, width)?;
                return Ok(dim);
            }
            for row in 0..list.len() {
                let values = list.value(row);
                check(values.len())?;
                push(&values, row, values.len())?;
            }
        }
        DataType::LargeList(_) => {
            let list = column.as_list::<i64>();
            for row in 0..list.len() {
                let values = list.value(row);
                check(values.len())?;
                push(&values, row, values.len())?;
            }
        }
        _ => return Err(column_type(EMBEDDING, EXPECTED, column, path)),
    }
    Ok(dim)
}

/// Where the values of lists begin and how many each has, where all have as many.
fn lists_of_one_length(offsets: &[i32]) -> Option<(usize, usize)> {
    let (&[first, second], _) = offsets.split_first_chunk()?;
    let width = second - first;
    let is_even = offsets.windows(2).all(|pair| matches!(pair, [from, to] if to - from == width));
    if is_even { Some((usize::try_from(first).ok()?, usize::try_from(width).ok()?)) } else { None }
}

/// The values as f32; `None` when they are not floats.
fn floats(values: &ArrayRef, path: &Path) -> Option<Result<Float32Array, EmbeddingError>> {
    match values.data_type() {
        DataType::Float32 => Some(Ok(values.as_primitive::<Float32Type>().clone())),
        DataType::Float16 | DataType::Float64 => Some(
            cast(values, &DataType::Float32)
                .map(|cast| cast.as_primitive::<Float32Type>().clone())
                .map_err(|source| read_error(path, source).into()),
        ),
        _ => None,
    }
}

fn no_nulls(name: &'static str, column: &ArrayRef, first_row: usize, path: &Path) -> Result<(), EmbeddingError> {
    match (0..column.len()).find(|&row| column.is_null(row)) {
        None => Ok(()),
        Some(row) => Err(EmbeddingError::NullValue { column: name, row: first_row + row, path: path.to_owned() }),
    }
}

fn column_type(name: &'static str, expected: &'static str, column: &ArrayRef, path: &Path) -> EmbeddingError {
    let found = column.data_type().to_string();
    EmbeddingError::ColumnType { column: name, expected, found, path: path.to_owned() }
}
