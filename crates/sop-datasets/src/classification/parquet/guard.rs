//! Protection from damaged Parquet files, on which the library may panic.

use std::path::Path;

use sop_core::panic_guard::catch_panic;

use crate::error::DatasetError;

/// Runs code that calls the Parquet library, and turns a panic of it into an error.
pub(super) fn guarded<T>(path: &Path, read: impl FnOnce() -> Result<T, DatasetError>) -> Result<T, DatasetError> {
    catch_panic(read).unwrap_or_else(|panic| Err(malformed(path, &panic.to_string())))
}

/// An error of our own about a Parquet file.
pub(super) fn malformed(path: &Path, what: &str) -> DatasetError {
    DatasetError::Parquet { path: path.to_owned(), source: what.into() }
}
