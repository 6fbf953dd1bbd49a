//! What can be wrong with a file of results.

use std::path::PathBuf;

use crate::ParquetFileError;

/// Why results could not be read or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ResultError {
    /// A column of the contract is missing or has another type.
    #[error("column `{column}` is missing or not {expected}: this is not {table} ({})", path.display())]
    Column {
        /// The column.
        column: &'static str,
        /// Its type, in words.
        expected: &'static str,
        /// What the file should be, in words.
        table: &'static str,
        /// The file.
        path: PathBuf,
    },
    /// A value is null where the contract does not allow it.
    #[error("column `{column}` is null in row {row} ({})", path.display())]
    NullValue {
        /// The column.
        column: &'static str,
        /// Row in the file, from 0.
        row: usize,
        /// The file.
        path: PathBuf,
    },
    /// The parameters or the encoder's metadata are not a JSON object.
    #[error("column `{column}` is not a JSON object in row {row} ({})", path.display())]
    Json {
        /// The column.
        column: &'static str,
        /// Row in the file, from 0.
        row: usize,
        /// The file.
        path: PathBuf,
    },
    /// The file was written by a later version.
    #[error(
        "result schema version {found} is not known to this program (it reads up to {supported}); update it ({})",
        path.display()
    )]
    SchemaVersion {
        /// The version found.
        found: u32,
        /// The latest version known.
        supported: u32,
        /// The file.
        path: PathBuf,
    },
    /// An outcome is infinite or not a number.
    #[error("the outcome of unit `{unit}` is not finite; write the file again or remove it ({})", path.display())]
    OutcomeNotFinite {
        /// The unit.
        unit: String,
        /// The file.
        path: PathBuf,
    },
    /// A unit has two outcomes under one value.
    #[error("unit `{unit}` occurs more than once under one value; write the file again or remove it ({})", path.display())]
    DuplicateUnit {
        /// The unit.
        unit: String,
        /// The file.
        path: PathBuf,
    },
    /// A unit whose outcome is not what its classes say.
    #[error(
        "the outcome of unit `{unit}` is {value}, and its label and prediction are {}; write the file again or remove it ({})",
        if *is_right { "the same" } else { "different" },
        path.display()
    )]
    OutcomeOfOtherClasses {
        /// The unit.
        unit: String,
        /// Its outcome.
        value: f64,
        /// Whether its label and prediction are the same.
        is_right: bool,
        /// The file.
        path: PathBuf,
    },
    /// The file decodes to far more than its size allows.
    #[error("the file decodes to far more than its size: it is damaged or hostile, remove it ({})", path.display())]
    Expansion {
        /// The file.
        path: PathBuf,
    },
    /// A folder that cannot be listed.
    #[error("cannot list {}", path.display())]
    List {
        /// The folder.
        path: PathBuf,
        /// The operating system's error.
        #[source]
        source: std::io::Error,
    },
    /// A location without results.
    #[error("no result file at {}; give a results .parquet file or a folder that holds some", path.display())]
    NoFiles {
        /// The location.
        path: PathBuf,
    },
    /// Opening, reading or writing failed.
    #[error(transparent)]
    File(#[from] ParquetFileError),
}
