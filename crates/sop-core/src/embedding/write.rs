//! Embeddings to Parquet, as a stream of batches.

use std::path::Path;
use std::sync::Arc;

use arrow::array::{ArrayRef, FixedSizeListArray, Float32Array, Int32Array, StringArray};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use arrow::record_batch::RecordBatch;
use ndarray::ArrayView2;

use super::{EMBEDDING, EMBEDDING_SCHEMA_VERSION, EmbeddingError, EmbeddingSet, ID, LABEL, SCHEMA_VERSION_KEY};
use crate::Provenance;
use crate::parquet_file::{AtomicParquet, write_error};

/// Writes one embedding file batch by batch; memory is bounded by a row group.
///
/// The rows are checked for finite values as they come; ids are checked for uniqueness when the set is read.
pub struct EmbeddingWriter {
    file: AtomicParquet,
    schema: SchemaRef,
    dim: usize,
    path: std::path::PathBuf,
}

impl EmbeddingWriter {
    /// Starts a file of vectors with `dim` components; it appears under `path` when it is finished.
    ///
    /// # Errors
    /// When the folder cannot be written, or `dim` is 0 or larger than Parquet can store.
    pub fn create(path: &Path, dim: usize) -> Result<Self, EmbeddingError> {
        Self::with_extra_fields(path, dim, &[])
    }

    pub(super) fn with_extra_fields(path: &Path, dim: usize, extra: &[Arc<Field>]) -> Result<Self, EmbeddingError> {
        let width = i32::try_from(dim).ok().filter(|&width| width > 0);
        let width = width.ok_or(EmbeddingError::Empty { rows: 0, dim })?;
        let mut fields = vec![
            Arc::new(Field::new(ID, DataType::Utf8, false)),
            Arc::new(Field::new(LABEL, DataType::Int32, true)),
            Arc::new(Field::new(EMBEDDING, DataType::FixedSizeList(component_field(), width), false)),
        ];
        fields.extend(extra.iter().cloned());
        let schema = Arc::new(Schema::new(fields));
        let file = AtomicParquet::create(path, schema.clone(), Some(EMBEDDING))?;
        Ok(Self { file, schema, dim, path: path.to_owned() })
    }

    /// Adds rows: `vectors` is `[ids.len(), dim]`.
    ///
    /// # Errors
    /// When the row counts or the dimension differ, a value is not finite, or writing fails.
    pub fn append(
        &mut self,
        ids: &[String],
        labels: &[Option<i32>],
        vectors: ArrayView2<'_, f32>,
    ) -> Result<(), EmbeddingError> {
        self.append_with_extra(ids, labels, vectors, &[])
    }

    pub(super) fn append_with_extra(
        &mut self,
        ids: &[String],
        labels: &[Option<i32>],
        vectors: ArrayView2<'_, f32>,
        extra: &[ArrayRef],
    ) -> Result<(), EmbeddingError> {
        if ids.len() != vectors.nrows() || labels.len() != vectors.nrows() {
            let (ids, labels) = (ids.len(), labels.len());
            return Err(EmbeddingError::RowMismatch { ids, labels, vectors: vectors.nrows() });
        }
        if vectors.ncols() != self.dim {
            return Err(EmbeddingError::DimMismatch { expected: self.dim, found: vectors.ncols() });
        }
        for (id, row) in ids.iter().zip(vectors.rows()) {
            if let Some(component) = row.iter().position(|value| !value.is_finite()) {
                return Err(EmbeddingError::NotFinite { id: id.clone(), component });
            }
        }
        let components = Float32Array::from_iter_values(vectors.iter().copied());
        let width = i32::try_from(self.dim).unwrap_or(i32::MAX);
        let embeddings = FixedSizeListArray::try_new(component_field(), width, Arc::new(components), None);
        let embeddings = embeddings.map_err(|source| write_error(&self.path, source))?;
        let mut columns: Vec<ArrayRef> = vec![
            Arc::new(StringArray::from_iter_values(ids)),
            Arc::new(Int32Array::from_iter(labels.iter().copied())),
            Arc::new(embeddings),
        ];
        columns.extend(extra.iter().cloned());
        let batch =
            RecordBatch::try_new(self.schema.clone(), columns).map_err(|source| write_error(&self.path, source))?;
        Ok(self.file.write(&batch)?)
    }

    /// Completes the file with its provenance and gives it its final name.
    ///
    /// # Errors
    /// When writing or renaming fails; nothing is left under the final name then.
    pub fn finish(mut self, provenance: &Provenance) -> Result<(), EmbeddingError> {
        self.file.add_key_value(SCHEMA_VERSION_KEY.to_owned(), EMBEDDING_SCHEMA_VERSION.to_string());
        for (key, value) in provenance.to_key_values() {
            self.file.add_key_value(key, value);
        }
        Ok(self.file.commit()?)
    }
}

impl EmbeddingSet {
    /// Writes the set as one Parquet file, further columns included.
    ///
    /// # Errors
    /// When writing fails; nothing is left under the final name then.
    pub fn write(&self, path: &Path) -> Result<(), EmbeddingError> {
        let (fields, columns) = match self.extra() {
            Some(extra) => (extra.schema().fields().to_vec(), extra.columns().to_vec()),
            None => (Vec::new(), Vec::new()),
        };
        let mut writer = EmbeddingWriter::with_extra_fields(path, self.dim(), &fields)?;
        writer.append_with_extra(self.ids(), self.labels(), self.vectors(), &columns)?;
        writer.finish(self.provenance())
    }
}

fn component_field() -> Arc<Field> {
    Arc::new(Field::new("item", DataType::Float32, false))
}
