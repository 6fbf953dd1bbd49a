//! The second table: one row per measured value.

mod error;
mod outcomes;
mod read;
mod record;
mod write;

pub use error::ResultError;
pub use outcomes::write_outcomes;
pub use read::read_results;
pub use record::ResultRecord;
pub use write::write_results;

/// Version of the Parquet schema, in the column `schema_version`.
pub const RESULT_SCHEMA_VERSION: u32 = 1;
