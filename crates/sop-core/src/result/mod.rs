//! The second table: one row per measured value.

mod column;
mod error;
mod former;
mod outcomes;
mod read;
mod read_classes;
mod read_outcomes;
mod record;
mod write;

pub use error::ResultError;
pub use outcomes::write_outcomes;
pub use read::{read_results, result_files};
pub use read_outcomes::{RecordedOutcomes, read_outcomes};
pub use record::ResultRecord;
pub use write::{results_bytes, write_results};

/// Version of the Parquet schema, in the column `schema_version`.
pub const RESULT_SCHEMA_VERSION: u32 = 2;
