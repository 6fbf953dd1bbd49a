//! The central type: embeddings of one split of one data set by one encoder.

mod column;
mod common;
mod error;
mod further;
mod part;
mod read;
mod set;
mod write;

pub use common::{CommonImages, common_images};
pub use error::EmbeddingError;
pub use further::{ColumnKind, ColumnValues, EmbeddingTable};
pub use part::{DatasetHasher, EmbeddingPart, PartWriter, part_file_name};
pub use set::EmbeddingSet;
pub use write::EmbeddingWriter;

/// Version of the Parquet schema, in the key `sop.schema_version`. Files without the key are accepted as foreign ones.
pub const EMBEDDING_SCHEMA_VERSION: u32 = 1;

/// Column names of the contract.
const ID: &str = "id";
const LABEL: &str = "label";
const EMBEDDING: &str = "embedding";
/// Further column of part files: the hash of each image file.
const IMAGE_SHA256: &str = "image_sha256";
const SCHEMA_VERSION_KEY: &str = "sop.schema_version";
