//! The vocabulary of the suite: the two tables that every program and every person relies on, and the encoder between them.
//!
//! - [`EmbeddingSet`]: embeddings of one split of one data set by one encoder, stored as Parquet.
//! - [`ResultRecord`]: one measured value with everything that is needed to repeat it, stored as Parquet.
//! - [`Measurement`]: what a protocol returns, before provenance is added.
//! - [`ProtocolInfo`]: what a protocol is, for those who list, check and show its results.
//! - [`Encoder`]: images in, features out; [`OutputKind`] says which there are.
//!
//! This crate is the only one that names Parquet columns.
//!
//! ```
//! use ndarray::array;
//! use sop_core::{EmbeddingSet, Provenance};
//!
//! let ids = vec!["a".to_owned(), "b".to_owned()];
//! let set = EmbeddingSet::try_new(ids, vec![Some(0), None], array![[1.0, 0.0], [0.0, 1.0]], Provenance::default())?;
//! assert_eq!((set.len(), set.dim()), (2, 2));
//! # Ok::<(), sop_core::EmbeddingError>(())
//! ```

pub mod atomic_file;
mod choice;
mod classified;
mod digest;
mod embedding;
mod encoder;
mod feature;
mod file_kind;
mod label;
mod located_files;
mod measurement;
mod metric_table;
mod numbered_files;
pub mod panic_guard;
mod parquet_file;
mod protocol_info;
mod provenance;
mod result;
pub mod shared_folder;
pub mod tolerance;

pub use choice::Choice;
pub use classified::Classified;
pub use digest::{Sha256Hasher, sha256_file, sha256_hex};
pub use embedding::{
    ColumnKind, ColumnValues, CommonImages, DatasetHasher, EMBEDDING_SCHEMA_VERSION, EmbeddingError, EmbeddingPart,
    EmbeddingSet, EmbeddingTable, EmbeddingWriter, PartWriter, common_images, part_file_name,
};
pub use encoder::{
    EncodeError, Encoder, EncoderOutput, EncoderSpec, NoPatchGrid, OutputAxis, OutputKind, OutputKinds, PATCH_SIZE,
    PatchGrid, PatchValues,
};
pub use feature::{Feature, UnknownFeature};
pub use file_kind::FileKind;
pub use label::{LabelRangeError, label_of_number};
pub use located_files::{LocationError, is_hidden, located_files};
pub use measurement::{Measurement, Outcomes, Params, param_value};
pub use metric_table::MetricTable;
pub use numbered_files::{NumberedFilesError, check_numbered_files, part_of};
pub use parquet_file::{ParquetFileError, ParquetSource};
pub use protocol_info::{Condition, Curve, Headline, MetricInfo, Parts, ProtocolInfo, SPREAD_SUFFIX, Sweep, Unit};
pub use provenance::{Provenance, SkippedImage};
pub use result::{
    RESULT_SCHEMA_VERSION, RecordedOutcomes, ResultError, ResultRecord, read_outcomes, read_results, result_files,
    results_bytes, write_outcomes, write_results,
};
