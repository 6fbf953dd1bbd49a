//! One Parquet file of a data set: its columns, ids and labels.

use std::fs::File;
use std::path::{Path, PathBuf};

use arrow::array::{Array, ArrayRef, AsArray, LargeStringArray};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Int64Type};
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder, RowSelection, RowSelector,
};
use parquet::errors::ParquetError;
use parquet::file::reader::Length;
use sop_core::{LabelRangeError, ParquetSource, label_of_number};

use super::columns::{ImageColumns, class_names};
use super::guard::{guarded, malformed};
use crate::error::DatasetError;

/// Rows read at a time where only ids and labels are read.
const BATCH_ROWS: usize = 8192;

/// Images decoded at a time: a column may repeat a large one in a few bytes.
const IMAGES_AT_ONCE: usize = 16;

/// Images of a window; it aims at 16 MiB by the sizes that the file states.
const MAX_WINDOW_BYTES: usize = 256 << 20;

/// One file, with its metadata parsed once.
#[derive(Debug)]
pub(super) struct Part {
    pub(super) path: PathBuf,
    metadata: ArrowReaderMetadata,
    columns: ImageColumns,
}

/// Ids and labels of a file.
pub(super) struct Rows {
    /// The stored path of every image, `None` where it is null.
    pub(super) paths: Vec<Option<String>>,
    /// The label of every image, `None` where it is null or negative (Hugging Face writes -1 for hidden labels).
    pub(super) labels: Vec<Option<i32>>,
}

impl Part {
    /// Reads the metadata of a file and finds its columns.
    pub(super) fn open(path: &Path, label: Option<&str>) -> Result<Self, DatasetError> {
        let source = open_source(path)?;
        let metadata = guarded(path, || source.read_metadata().map_err(parquet_error(path)))?;
        let columns = ImageColumns::find(path, metadata.schema(), label)?;
        Ok(Self { path: path.to_owned(), metadata, columns })
    }

    /// Names of the classes, `None` where the file has none.
    pub(super) fn class_names(&self) -> Option<Vec<String>> {
        class_names(self.metadata.metadata().file_metadata().key_value_metadata(), self.columns.label.as_deref()?)
    }

    /// Number of rows and uncompressed bytes of every row group, as the file states them.
    pub(super) fn row_groups(&self) -> Result<Vec<(usize, u64)>, DatasetError> {
        let groups = self.metadata.metadata().row_groups().iter();
        let counts = groups.map(|group| {
            let rows = usize::try_from(group.num_rows());
            rows.map(|rows| (rows, u64::try_from(group.total_byte_size()).unwrap_or(u64::MAX)))
        });
        counts.collect::<Result<_, _>>().map_err(|_| self.malformed("negative number of rows"))
    }

    /// Reads the paths and labels of all rows, and no image.
    pub(super) fn rows(&self) -> Result<Rows, DatasetError> {
        guarded(&self.path, || self.read_rows())
    }

    /// Reads the image files of some rows of a row group, `None` where they are null.
    pub(super) fn images(&self, group: usize, skip: usize, count: usize) -> Result<Vec<Option<Vec<u8>>>, DatasetError> {
        guarded(&self.path, || self.read_images(group, skip, count))
    }

    fn read_rows(&self) -> Result<Rows, DatasetError> {
        let stated: usize = self.row_groups()?.iter().map(|(rows, _)| *rows).fold(0, usize::saturating_add);
        let mut rows = Rows { paths: Vec::new(), labels: Vec::new() };
        let path_leaf = [self.columns.image.as_str(), "path"];
        let mut leaves: Vec<&[&str]> = Vec::new();
        if self.columns.has_path {
            leaves.push(&path_leaf);
        }
        let label_leaf: Option<[&str; 1]> = self.columns.label.as_deref().map(|label| [label]);
        if let Some(leaf) = &label_leaf {
            leaves.push(leaf);
        }
        if !leaves.is_empty() {
            let reader =
                self.builder(&leaves)?.with_batch_size(BATCH_ROWS).build().map_err(parquet_error(&self.path))?;
            for batch in reader {
                let batch = batch.map_err(|source| self.failed(source))?;
                if let Some(images) = batch.column_by_name(&self.columns.image) {
                    let child = images.as_struct_opt().and_then(|images| images.column_by_name("path"));
                    let paths = self.converted(child, &DataType::LargeUtf8)?;
                    let paths: &LargeStringArray = paths.as_string();
                    rows.paths.extend(paths.iter().map(|path| path.map(str::to_owned)));
                }
                if let Some(label) = &self.columns.label {
                    self.append_labels(&mut rows.labels, batch.column_by_name(label))?;
                }
            }
        }
        let complete = |read: usize, wanted: bool| read == if wanted { stated } else { 0 };
        if !complete(rows.paths.len(), self.columns.has_path)
            || !complete(rows.labels.len(), self.columns.label.is_some())
        {
            return Err(self.malformed("a column has another number of rows than the file states"));
        }
        // A number of rows that no column has confirmed is believed only up to one byte of file for every image.
        let bytes = open_source(&self.path)?.len();
        if leaves.is_empty() && stated as u64 > bytes {
            return Err(self.malformed("the file states more rows than it has bytes"));
        }
        rows.paths.resize(stated, None);
        rows.labels.resize(stated, None);
        Ok(rows)
    }

    fn append_labels(&self, labels: &mut Vec<Option<i32>>, column: Option<&ArrayRef>) -> Result<(), DatasetError> {
        let column = self.converted(column, &DataType::Int64)?;
        for label in column.as_primitive::<Int64Type>().iter() {
            let row = labels.len();
            let label = label.map(label_of_number).transpose();
            labels.push(
                label
                    .map_err(|LabelRangeError(label)| DatasetError::LabelRange { path: self.path.clone(), row, label })?
                    .flatten(),
            );
        }
        Ok(())
    }

    fn read_images(&self, group: usize, skip: usize, count: usize) -> Result<Vec<Option<Vec<u8>>>, DatasetError> {
        let selection = RowSelection::from(vec![RowSelector::skip(skip), RowSelector::select(count)]);
        let reader: ParquetRecordBatchReader = self
            .builder(&[&[&self.columns.image, "bytes"]])?
            .with_row_groups(vec![group])
            .with_row_selection(selection)
            .with_batch_size(count.min(IMAGES_AT_ONCE))
            .build()
            .map_err(parquet_error(&self.path))?;
        let mut images = Vec::new();
        let mut bytes_left = MAX_WINDOW_BYTES;
        for batch in reader {
            let batch = batch.map_err(|source| self.failed(source))?;
            bytes_left = bytes_left
                .checked_sub(batch.get_array_memory_size())
                .ok_or_else(|| self.malformed("its images are far larger than the file states"))?;
            let image = batch.column_by_name(&self.columns.image).and_then(|images| images.as_struct_opt());
            let bytes =
                self.converted(image.and_then(|image| image.column_by_name("bytes")), &DataType::LargeBinary)?;
            let files = bytes.as_binary::<i64>().iter().enumerate();
            images.extend(files.map(|(row, file)| {
                let is_null = image.is_some_and(|image| image.is_null(row));
                file.filter(|_| !is_null).map(<[u8]>::to_vec)
            }));
        }
        if images.len() != count {
            return Err(self.malformed("a row group has fewer rows than it states"));
        }
        Ok(images)
    }

    /// A reader of the leaves with these column paths.
    fn builder(&self, leaves: &[&[&str]]) -> Result<ParquetRecordBatchReaderBuilder<ParquetSource>, DatasetError> {
        let schema = self.metadata.parquet_schema();
        let indices = schema.columns().iter().enumerate().filter(|(_, column)| {
            let parts = column.path().parts();
            leaves.iter().any(|leaf| parts.iter().eq(leaf.iter()))
        });
        let mask = ProjectionMask::leaves(schema, indices.map(|(index, _)| index));
        let builder =
            ParquetRecordBatchReaderBuilder::new_with_metadata(open_source(&self.path)?, self.metadata.clone());
        Ok(builder.with_projection(mask))
    }

    fn converted(&self, column: Option<&ArrayRef>, to: &DataType) -> Result<ArrayRef, DatasetError> {
        let column = column.ok_or_else(|| self.malformed("a column of the schema is missing from the data"))?;
        cast(column, to).map_err(|source| self.failed(source))
    }

    fn failed(&self, source: impl std::error::Error + Send + Sync + 'static) -> DatasetError {
        DatasetError::Parquet { path: self.path.clone(), source: Box::new(source) }
    }

    fn malformed(&self, what: &str) -> DatasetError {
        malformed(&self.path, what)
    }
}

fn open_source(path: &Path) -> Result<ParquetSource, DatasetError> {
    let source = File::open(path).and_then(ParquetSource::new);
    source.map_err(|source| DatasetError::Io { path: path.to_owned(), source })
}

fn parquet_error(path: &Path) -> impl Fn(ParquetError) -> DatasetError {
    move |source| match source {
        ParquetError::NYI(reason) => DatasetError::Unsupported { path: path.to_owned(), reason },
        source => DatasetError::Parquet { path: path.to_owned(), source: Box::new(source) },
    }
}
