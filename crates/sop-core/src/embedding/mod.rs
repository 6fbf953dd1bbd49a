//! The central type: embeddings of one split of one data set by one encoder.

mod column;
mod error;
mod read;
mod set;
mod write;

pub use error::EmbeddingError;
pub use set::EmbeddingSet;
pub use write::EmbeddingWriter;

/// Version of the Parquet schema, in the key `sop.schema_version`. Files without the key are accepted as foreign ones.
pub const EMBEDDING_SCHEMA_VERSION: u32 = 1;

/// Column names of the contract.
const ID: &str = "id";
const LABEL: &str = "label";
const EMBEDDING: &str = "embedding";
const SCHEMA_VERSION_KEY: &str = "sop.schema_version";
