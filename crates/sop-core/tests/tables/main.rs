//! The two tables as files: what is written, what is read, and what is refused.

#![allow(clippy::unwrap_used, reason = "tests, and the functions they share")]

mod compatibility;
mod embedding_errors;
mod embedding_parts;
mod foreign_embeddings;
mod outcomes;
mod parquet_fixture;
mod results;
mod round_trip;
