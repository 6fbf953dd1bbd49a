//! Hugging Face image Parquet.

mod columns;
mod files;
mod guard;
mod part;
mod set;
mod window;

pub(crate) use files::{parquet_files, parquet_in};
pub use set::ParquetImages;
