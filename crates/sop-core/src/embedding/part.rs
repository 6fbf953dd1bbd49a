//! Sets written piece by piece: part files, and the hash that tells what they were made of.

use std::path::Path;
use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, StringArray};
use arrow::datatypes::{DataType, Field};
use arrow::record_batch::RecordBatch;
use ndarray::{Array2, ArrayView2};

use super::read::Columns;
use super::{EmbeddingError, EmbeddingWriter, IMAGE_SHA256};
use crate::{Provenance, Sha256Hasher};

/// The name of part `index` of `count`, such as `part-00003-of-00016.parquet`; the form of Hugging Face's data sets.
#[must_use]
pub fn part_file_name(index: usize, count: usize) -> String {
    format!("part-{index:05}-of-{count:05}.parquet")
}

/// Hash of a data set: SHA-256 over id, label and image file of every row, in order.
#[derive(Clone, Default)]
pub struct DatasetHasher(Sha256Hasher);

impl DatasetHasher {
    /// Adds a row; `image_sha256` is the SHA-256 of the image file in lower-case hex.
    pub fn add(&mut self, id: &str, label: Option<i32>, image_sha256: &str) {
        self.0.update_field(id.as_bytes());
        self.0.update_field(&label.map_or(Vec::new(), |label| label.to_le_bytes().to_vec()));
        self.0.update_field(image_sha256.as_bytes());
    }

    /// The digest as 64 lower-case hex digits.
    #[must_use]
    pub fn finish(self) -> String {
        self.0.finish()
    }
}

/// One part of a set: like an [`EmbeddingSet`](crate::EmbeddingSet), but it may be empty, and it knows its image files.
#[derive(Clone, Debug)]
pub struct EmbeddingPart {
    /// Ids of the images.
    pub ids: Vec<String>,
    /// Label of each image, where it has one.
    pub labels: Vec<Option<i32>>,
    /// SHA-256 of each image file, lower-case hex.
    pub image_sha256: Vec<String>,
    /// The vectors, `[rows, dim]`; `[0, 0]` for a part without a usable image.
    pub vectors: Array2<f32>,
    /// Where the vectors come from.
    pub provenance: Provenance,
}

impl EmbeddingPart {
    /// Reads a part file.
    ///
    /// # Errors
    /// Names the file and what is wrong with it.
    pub fn read(path: &Path) -> Result<Self, EmbeddingError> {
        let mut columns = Columns::default();
        let provenance = columns.read_part(path)?;
        let missing = || EmbeddingError::MissingColumn {
            column: IMAGE_SHA256,
            found: "none such".to_owned(),
            path: path.to_owned(),
        };
        let mut image_sha256 = Vec::with_capacity(columns.ids.len());
        for batch in &columns.extra {
            image_sha256.extend(hashes(batch).ok_or_else(missing)?.iter().map(|hash| hash.unwrap_or("").to_owned()));
        }
        let rows = (columns.ids.len(), columns.dim.filter(|_| !columns.ids.is_empty()).unwrap_or(0));
        if image_sha256.len() != rows.0 {
            return Err(missing());
        }
        let (ids, labels) = (columns.ids, columns.labels);
        let vectors = Array2::from_shape_vec(rows, columns.values).map_err(|_| EmbeddingError::RowMismatch {
            ids: ids.len(),
            labels: labels.len(),
            vectors: 0,
        })?;
        Ok(Self { ids, labels, image_sha256, vectors, provenance })
    }
}

/// The column of image hashes, where there is one.
pub(super) fn hashes(batch: &RecordBatch) -> Option<&StringArray> {
    batch.column_by_name(IMAGE_SHA256).and_then(|column| column.as_string_opt::<i32>())
}

/// Writes a part: an embedding file with the further column `image_sha256`.
pub struct PartWriter(EmbeddingWriter);

impl PartWriter {
    /// Starts a part of vectors with `dim` components; it appears under `path` when it is finished.
    ///
    /// # Errors
    /// When the folder cannot be written, another process is writing the part, or `dim` is 0 or larger than Parquet can
    /// store.
    pub fn create(path: &Path, dim: usize) -> Result<Self, EmbeddingError> {
        let column = Arc::new(Field::new(IMAGE_SHA256, DataType::Utf8, false));
        Ok(Self(EmbeddingWriter::with_extra_fields(path, dim, &[column])?))
    }

    /// Adds rows: `vectors` is `[ids.len(), dim]`.
    ///
    /// # Errors
    /// When the row counts or the dimension differ, a value is not finite, or writing fails.
    pub fn append(
        &mut self,
        ids: &[String],
        labels: &[Option<i32>],
        image_sha256: &[String],
        vectors: ArrayView2<'_, f32>,
    ) -> Result<(), EmbeddingError> {
        let column: ArrayRef = Arc::new(StringArray::from_iter_values(image_sha256));
        self.0.append_with_extra(ids, labels, vectors, &[column])
    }

    /// Completes the part with its provenance and gives it its final name.
    ///
    /// # Errors
    /// When writing or renaming fails; nothing is left under the final name then.
    pub fn finish(self, provenance: &Provenance) -> Result<(), EmbeddingError> {
        self.0.finish(provenance)
    }
}
