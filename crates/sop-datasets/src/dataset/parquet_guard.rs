//! Protection from damaged Parquet files, on whose metadata the library may panic.

use std::fs::File;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use parquet::file::metadata::{ColumnChunkMetaData, ParquetMetaData};

use crate::error::DatasetError;

/// Checks that every column chunk lies within the file: the library takes these numbers for granted.
pub(super) fn check_chunks(path: &Path, file: &File, metadata: &ParquetMetaData) -> Result<(), DatasetError> {
    let length = file.metadata().map_err(|source| DatasetError::Io { path: path.to_owned(), source })?.len();
    let is_inside = |chunk: &ColumnChunkMetaData| {
        let start = chunk.dictionary_page_offset().unwrap_or_else(|| chunk.data_page_offset());
        let end = start.checked_add(chunk.compressed_size()).and_then(|end| u64::try_from(end).ok());
        start >= 0 && chunk.compressed_size() >= 0 && end.is_some_and(|end| end <= length)
    };
    if metadata.row_groups().iter().flat_map(|group| group.columns()).all(is_inside) {
        return Ok(());
    }
    Err(malformed(path, "a column lies outside of the file"))
}

/// Runs code that calls the Parquet library, and turns a panic of it into an error.
pub(super) fn guarded<T>(path: &Path, read: impl FnOnce() -> Result<T, DatasetError>) -> Result<T, DatasetError> {
    catch_unwind(AssertUnwindSafe(read)).unwrap_or_else(|payload| {
        let text = payload.downcast_ref::<String>().map(String::as_str).or(payload.downcast_ref::<&str>().copied());
        Err(malformed(path, text.unwrap_or("the decoder gave up")))
    })
}

/// An error of our own about a Parquet file.
pub(super) fn malformed(path: &Path, what: &str) -> DatasetError {
    DatasetError::Parquet { path: path.to_owned(), source: what.into() }
}
