//! Protection from damaged Parquet files, on whose metadata the library may panic.

use std::fs::File;
use std::path::Path;

use parquet::file::metadata::ParquetMetaData;
use sop_core::columns_lie_within;
use sop_core::panic_guard::catch_panic;

use crate::error::DatasetError;

/// Checks that every column chunk lies within the file: the library takes these numbers for granted.
pub(super) fn check_chunks(path: &Path, file: &File, metadata: &ParquetMetaData) -> Result<(), DatasetError> {
    let length = file.metadata().map_err(|source| DatasetError::Io { path: path.to_owned(), source })?.len();
    if columns_lie_within(metadata, length) {
        return Ok(());
    }
    Err(malformed(path, "a column lies outside of the file"))
}

/// Runs code that calls the Parquet library, and turns a panic of it into an error.
pub(super) fn guarded<T>(path: &Path, read: impl FnOnce() -> Result<T, DatasetError>) -> Result<T, DatasetError> {
    catch_panic(read).unwrap_or_else(|panic| Err(malformed(path, &panic.to_string())))
}

/// An error of our own about a Parquet file.
pub(super) fn malformed(path: &Path, what: &str) -> DatasetError {
    DatasetError::Parquet { path: path.to_owned(), source: what.into() }
}
