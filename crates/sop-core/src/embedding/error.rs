//! What can be wrong with embeddings.

use std::path::PathBuf;

use crate::{LocationError, NumberedFilesError, ParquetFileError};

/// Why a set of embeddings could not be made, read or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EmbeddingError {
    /// The parts do not have one row per image.
    #[error("{ids} ids, {labels} labels and {vectors} vectors: every image needs one of each")]
    RowMismatch {
        /// Number of ids.
        ids: usize,
        /// Number of labels.
        labels: usize,
        /// Number of vectors.
        vectors: usize,
    },
    /// There is no row, or the vectors have no components.
    #[error("the set is empty: {rows} rows of {dim} components")]
    Empty {
        /// Number of rows.
        rows: usize,
        /// Components of a vector.
        dim: usize,
    },
    /// A component is NaN or infinite.
    #[error(
        "embedding of `{id}` is not finite at component {component}: the encoder overflowed or its weights are broken"
    )]
    NotFinite {
        /// The image.
        id: String,
        /// Index of the component.
        component: usize,
    },
    /// Two rows have the same id.
    #[error("id `{id}` occurs more than once (rows {first} and {second}): ids must be unique across all parts")]
    DuplicateId {
        /// The id.
        id: String,
        /// Its first row.
        first: usize,
        /// Its second row.
        second: usize,
    },
    /// Vectors of another length than the set's.
    #[error("vectors of {found} components in a set of {expected}")]
    DimMismatch {
        /// Components of the set's vectors.
        expected: usize,
        /// Components found.
        found: usize,
    },
    /// A column of the contract is missing.
    #[error(
        "no column `{column}`; an embedding file has `id`, `label` and `embedding`, this one has: {found} ({})",
        path.display()
    )]
    MissingColumn {
        /// The missing column.
        column: &'static str,
        /// The columns there are, separated by commas.
        found: String,
        /// The file.
        path: PathBuf,
    },
    /// A column has a type that cannot be taken.
    #[error("column `{column}` is {found}, expected {expected} ({})", path.display())]
    ColumnType {
        /// The column.
        column: &'static str,
        /// Types that are taken, in words.
        expected: &'static str,
        /// The type found.
        found: String,
        /// The file.
        path: PathBuf,
    },
    /// An id or an embedding is null.
    #[error("column `{column}` is null in row {row} ({})", path.display())]
    NullValue {
        /// The column.
        column: &'static str,
        /// Row in the file, from 0.
        row: usize,
        /// The file.
        path: PathBuf,
    },
    /// A label does not fit into 32 bits.
    #[error("label {label} in row {row} does not fit into a signed 32-bit number ({})", path.display())]
    LabelRange {
        /// The label.
        label: String,
        /// Row in the file, from 0.
        row: usize,
        /// The file.
        path: PathBuf,
    },
    /// The file was written by a later version, or its version is not a number.
    #[error(
        "embedding schema version `{found}` is not known to this program (it reads up to {supported}); update it ({})",
        path.display()
    )]
    SchemaVersion {
        /// The version found.
        found: String,
        /// The latest version known.
        supported: u32,
        /// The file.
        path: PathBuf,
    },
    /// A key-value pair of the file is not the JSON it should be.
    #[error("metadata `{key}` is not valid JSON ({})", path.display())]
    BadMetadata {
        /// The key.
        key: String,
        /// The file.
        path: PathBuf,
    },
    /// A file decodes to far more than its size.
    #[error("{} decodes to more than 64 times its size, which no embeddings do: it is damaged or hostile", path.display())]
    Expansion {
        /// The file.
        path: PathBuf,
    },
    /// Parts that do not belong together.
    #[error("parts of one set must agree in {what}: {first} here, {second} in {}", path.display())]
    PartMismatch {
        /// What differs.
        what: &'static str,
        /// Value of the first part.
        first: String,
        /// Value of the other part.
        second: String,
        /// The other part.
        path: PathBuf,
    },
    /// A set whose parts are not all there, or are there twice. The text says which: the cause is not printed a second time.
    #[error("{0}; run the same `sop embed` again, or copy the missing parts there")]
    MissingParts(NumberedFilesError),
    /// A folder, file or glob that holds no Parquet file.
    #[error("no Parquet file at {location}; give a .parquet file, a folder of them or a glob")]
    NoFiles {
        /// What was asked for.
        location: String,
    },
    /// A pattern or folder that cannot be read.
    #[error(transparent)]
    Location(#[from] LocationError),
    /// The set has rows without a label where labels are needed.
    #[error("image `{id}` has no label, but this protocol needs labels; --on-missing skip leaves such images out")]
    MissingLabel {
        /// The first image without a label.
        id: String,
    },
    /// Rows of the further columns could not be chosen.
    #[error("cannot choose rows of the set's further columns")]
    Rows(#[source] arrow::error::ArrowError),
    /// A further column that cannot be taken over.
    #[error("column `{column}` is {kind}: {reason}; leave it out of the file or convert it")]
    FurtherColumn {
        /// The column.
        column: String,
        /// Its type.
        kind: String,
        /// Why it cannot be taken.
        reason: &'static str,
    },
    /// A label below 0; what has no label is `None`.
    #[error("image `{id}` has the label {label}; labels are numbered from 0")]
    NegativeLabel {
        /// The image.
        id: String,
        /// Its label.
        label: i32,
    },
    /// Opening, reading or writing failed.
    #[error(transparent)]
    File(#[from] ParquetFileError),
}
