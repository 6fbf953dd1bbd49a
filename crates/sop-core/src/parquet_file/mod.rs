//! Opening and writing Parquet files, with errors that name the file and the remedy.

mod source;
mod thrift_walk;

use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};

use arrow::datatypes::SchemaRef;
use arrow::error::ArrowError;
use arrow::record_batch::RecordBatch;
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_reader::{ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder};
use parquet::basic::{Compression, ZstdLevel};
use parquet::errors::ParquetError;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::{WriterProperties, WriterPropertiesBuilder};
use parquet::file::reader::Length;
use parquet::schema::types::ColumnPath;

use crate::atomic_file::AtomicFile;
use crate::panic_guard::catch_panic;

pub use source::ParquetSource;
pub(crate) use source::decoded_limit;

/// Why a Parquet file could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum ParquetFileError {
    /// The file cannot be opened.
    #[error("cannot open {}", path.display())]
    Open {
        /// The file.
        path: PathBuf,
        /// The operating system's error.
        #[source]
        source: std::io::Error,
    },
    /// The file is not Parquet, or damaged.
    #[error("not a readable Parquet file: {}; write it again or check how it was copied", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// The decoder's error.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The file is Parquet of a kind that is not read.
    #[error("cannot use {}: {reason}", path.display())]
    Unsupported {
        /// The file.
        path: PathBuf,
        /// What it is, and the remedy.
        reason: String,
    },
    /// Another process is writing the same file.
    #[error("another process is writing {}; wait for it or stop it", path.display())]
    Taken {
        /// The file.
        path: PathBuf,
    },
    /// The file cannot be written.
    #[error("cannot write {}; check the free space and the permissions of its folder", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// The operating system's or the encoder's error.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

/// A Parquet file opened for reading: its schema, key-values and a reader of batches.
pub(crate) struct OpenParquet {
    pub schema: SchemaRef,
    pub key_values: BTreeMap<String, String>,
    pub batches: GuardedBatches,
    /// Size of the file.
    pub bytes: u64,
}

/// Opens `path` for reading in batches of at most `batch_rows` rows.
pub(crate) fn open(path: &Path, batch_rows: usize) -> Result<OpenParquet, ParquetFileError> {
    let file = File::open(path).map_err(|source| ParquetFileError::Open { path: path.to_owned(), source })?;
    catch_panic(|| read_outline(file, batch_rows)).map_err(|panic| read_error(path, panic))?.map_err(|source| {
        match source {
            ParquetError::NYI(reason) => ParquetFileError::Unsupported { path: path.to_owned(), reason },
            source => read_error(path, source),
        }
    })
}

fn read_outline(file: File, batch_rows: usize) -> Result<OpenParquet, ParquetError> {
    let source = ParquetSource::new(file)?;
    let bytes = source.len();
    let metadata = source.read_metadata()?;
    let key_values = metadata
        .metadata()
        .file_metadata()
        .key_value_metadata()
        .into_iter()
        .flatten()
        .filter_map(|pair| pair.value.clone().map(|value| (pair.key.clone(), value)))
        .collect();
    let schema = metadata.schema().clone();
    let builder = ParquetRecordBatchReaderBuilder::new_with_metadata(source, metadata);
    let batches = builder.with_batch_size(batch_rows).build()?;
    Ok(OpenParquet { schema, key_values, batches: GuardedBatches(Some(batches)), bytes })
}

/// Batches of a file; a damaged one ends in an error, whatever the decoder makes of it.
pub(crate) struct GuardedBatches(Option<ParquetRecordBatchReader>);

impl Iterator for GuardedBatches {
    type Item = Result<RecordBatch, ArrowError>;

    fn next(&mut self) -> Option<Self::Item> {
        let batches = self.0.as_mut()?;
        match catch_panic(|| batches.next()) {
            Ok(batch) => batch,
            Err(panic) => {
                self.0 = None;
                Some(Err(ArrowError::ExternalError(panic.into())))
            }
        }
    }
}

pub(crate) fn read_error(path: &Path, source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> ParquetFileError {
    ParquetFileError::Read { path: path.to_owned(), source: source.into() }
}

/// A Parquet file being written under a temporary name.
pub(crate) struct AtomicParquet {
    file: AtomicFile,
    writer: ArrowWriter<File>,
}

impl AtomicParquet {
    /// Starts a file; `plain_column` is stored without dictionary and compression (float vectors gain from neither).
    pub fn create(path: &Path, schema: SchemaRef, plain_column: Option<&str>) -> Result<Self, ParquetFileError> {
        let file = AtomicFile::create(path).map_err(|source| match source.kind() {
            std::io::ErrorKind::ResourceBusy => ParquetFileError::Taken { path: path.to_owned() },
            _ => write_error(path, source),
        })?;
        let handle = file.handle().map_err(|source| write_error(path, source))?;
        let mut properties = properties();
        if let Some(name) = plain_column {
            let column = ColumnPath::from(vec![name.to_owned(), "list".to_owned(), "item".to_owned()]);
            properties = properties
                .set_column_compression(column.clone(), Compression::UNCOMPRESSED)
                .set_column_dictionary_enabled(column, false);
        }
        let writer = ArrowWriter::try_new(handle, schema, Some(properties.build()))
            .map_err(|source| write_error(path, source))?;
        Ok(Self { file, writer })
    }

    /// Adds rows.
    pub fn write(&mut self, batch: &RecordBatch) -> Result<(), ParquetFileError> {
        self.writer.write(batch).map_err(|source| write_error(self.file.path(), source))
    }

    /// Adds a key-value pair to the file's metadata.
    pub fn add_key_value(&mut self, key: String, value: String) {
        self.writer.append_key_value_metadata(KeyValue::new(key, value));
    }

    /// Completes the file and gives it its final name.
    pub fn commit(self) -> Result<(), ParquetFileError> {
        let path = self.file.path().to_owned();
        self.writer.close().map_err(|source| write_error(&path, source))?;
        self.file.commit().map_err(|source| write_error(&path, source))
    }
}

/// The bytes of a file with the rows of one batch.
pub(crate) fn parquet_bytes(batch: &RecordBatch) -> Result<Vec<u8>, ParquetError> {
    let mut writer = ArrowWriter::try_new(Vec::new(), batch.schema(), Some(properties().build()))?;
    writer.write(batch)?;
    writer.into_inner()
}

fn properties() -> WriterPropertiesBuilder {
    WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::default()))
        .set_max_row_group_row_count(Some(ROW_GROUP_ROWS))
}

/// Rows of a row group: bounds what writer and reader hold at once.
const ROW_GROUP_ROWS: usize = 16_384;

pub(crate) fn write_error(
    path: &Path,
    source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
) -> ParquetFileError {
    ParquetFileError::Write { path: path.to_owned(), source: source.into() }
}
