//! Parquet to embeddings: a file, a folder of parts, or a glob.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::sync_channel;

use arrow::compute::concat_batches;
use arrow::datatypes::{Schema, SchemaRef};
use arrow::error::ArrowError;
use arrow::record_batch::RecordBatch;
use ndarray::Array2;

use super::part::{DatasetHasher, hashes};
use super::{EMBEDDING, EMBEDDING_SCHEMA_VERSION, EmbeddingError, EmbeddingSet, ID, LABEL, SCHEMA_VERSION_KEY, column};
use crate::parquet_file::{decoded_limit, open, read_error};
use crate::{Provenance, Sha256Hasher, check_numbered_files, located_files};

/// Rows decoded at once.
const BATCH_ROWS: usize = 4096;

/// Batches that may be decoded before they are needed.
const DECODED_BATCHES: usize = 2;

impl EmbeddingSet {
    /// Reads a set from a `.parquet` file, a folder of part files, or a glob; parts are taken in the order of their names.
    ///
    /// Files made by other tools are accepted when they have the columns `id` (text or integers), `label` (integers of
    /// any width, nullable) and `embedding` (lists of f16, f32 or f64 of one length). Further columns are kept.
    ///
    /// # Errors
    /// Names the file and what is wrong with it.
    pub fn read(location: &str) -> Result<Self, EmbeddingError> {
        let mut columns = Columns::default();
        let mut parts: Vec<(Provenance, PathBuf)> = Vec::new();
        for path in Self::files(location)? {
            let provenance = columns.read_part(&path)?;
            if let Some((first, _)) = parts.first() {
                check_same_origin(first, &provenance, &path)?;
            }
            parts.push((provenance, path));
        }
        let hash = columns.dataset_hash().or_else(|| dataset_hash(&parts));
        let skipped = parts.iter().flat_map(|(provenance, _)| provenance.skipped.clone()).collect();
        let first = parts.into_iter().next();
        let (first, path) = first.ok_or_else(|| EmbeddingError::NoFiles { location: location.to_owned() })?;
        columns.into_set(Provenance { dataset_sha256: hash, skipped, ..first }, &path)
    }

    /// The Parquet files of a location, as [`Self::read`] takes them, in the order of their names; none is opened.
    ///
    /// # Errors
    /// [`EmbeddingError::NoFiles`] when there is none, [`EmbeddingError::MissingParts`] when they are numbered and some are missing.
    pub fn files(location: &str) -> Result<Vec<PathBuf>, EmbeddingError> {
        let files = located_files(location, ".parquet")?;
        if files.is_empty() {
            return Err(EmbeddingError::NoFiles { location: location.to_owned() });
        }
        // A file that is named itself is what was asked for.
        if !Path::new(location).is_file() {
            check_numbered_files(&files).map_err(EmbeddingError::MissingParts)?;
        }
        Ok(files)
    }
}

/// The data set's hash: the part's own for one part, a hash over the parts' for several; `None` where a part has none.
fn dataset_hash(parts: &[(Provenance, PathBuf)]) -> Option<String> {
    let hashes: Vec<&str> =
        parts.iter().map(|(provenance, _)| provenance.dataset_sha256.as_deref()).collect::<Option<_>>()?;
    match hashes.as_slice() {
        [only] => Some((*only).to_owned()),
        _ => {
            let mut hasher = Sha256Hasher::default();
            hashes.iter().for_each(|hash| hasher.update_field(hash.as_bytes()));
            Some(hasher.finish())
        }
    }
}

#[derive(Default)]
pub(super) struct Columns {
    pub ids: Vec<String>,
    pub labels: Vec<Option<i32>>,
    pub values: Vec<f32>,
    pub dim: Option<usize>,
    pub extra: Vec<RecordBatch>,
    /// Bytes of ids and vectors that the parts may still decode to.
    budget: u64,
    /// Further columns of the first part.
    extra_schema: Option<SchemaRef>,
}

impl Columns {
    pub fn read_part(&mut self, path: &Path) -> Result<Provenance, EmbeddingError> {
        let file = open(path, BATCH_ROWS)?;
        check_version(&file.key_values, path)?;
        let provenance = Provenance::from_key_values(&file.key_values)
            .map_err(|key| EmbeddingError::BadMetadata { key, path: path.to_owned() })?;
        let index = |column: &'static str| {
            file.schema.index_of(column).map_err(|_| EmbeddingError::MissingColumn {
                column,
                found: file.schema.fields().iter().map(|field| field.name().as_str()).collect::<Vec<_>>().join(", "),
                path: path.to_owned(),
            })
        };
        let (id, label, embedding) = (index(ID)?, index(LABEL)?, index(EMBEDDING)?);
        let extra: Vec<usize> =
            (0..file.schema.fields().len()).filter(|field| ![id, label, embedding].contains(field)).collect();
        let further = file.schema.project(&extra).map_err(|source| read_error(path, source))?;
        self.check_same_columns(further.into(), path)?;
        self.budget += decoded_limit(file.bytes);
        // One thread decodes while this one takes over what is decoded.
        let (sender, receiver) = sync_channel(DECODED_BATCHES);
        let mut batches = file.batches;
        std::thread::scope(|scope| {
            let decoder = std::thread::Builder::new().name("parquet".to_owned());
            let decode = move || batches.try_for_each(|batch| sender.send(batch));
            decoder.spawn_scoped(scope, decode).map_err(|source| read_error(path, source))?;
            self.take_batches(receiver, [id, label, embedding], &extra, path)
        })?;
        Ok(provenance)
    }

    /// Takes over the rows of one part; `contract` are the places of its id, label and embedding.
    fn take_batches(
        &mut self,
        batches: impl IntoIterator<Item = Result<RecordBatch, ArrowError>>,
        contract: [usize; 3],
        extra: &[usize],
        path: &Path,
    ) -> Result<(), EmbeddingError> {
        let [id, label, embedding] = contract;
        let dim_before = self.dim;
        let mut row = 0;
        for batch in batches {
            let batch = batch.map_err(|source| read_error(path, source))?;
            let size = batch.get_array_memory_size() as u64;
            self.budget =
                self.budget.checked_sub(size).ok_or_else(|| EmbeddingError::Expansion { path: path.to_owned() })?;
            column::ids(batch.column(id), row, path, &mut self.ids)?;
            column::labels(batch.column(label), row, path, &mut self.labels)?;
            let vectors = column::vectors(batch.column(embedding), row, path, self.dim, &mut self.values);
            self.dim = vectors.map_err(|error| match error {
                EmbeddingError::DimMismatch { expected, found } if dim_before == Some(expected) => {
                    let (first, second) = (expected.to_string(), found.to_string());
                    EmbeddingError::PartMismatch { what: "dimension", first, second, path: path.to_owned() }
                }
                EmbeddingError::DimMismatch { expected, found } => EmbeddingError::ColumnType {
                    column: EMBEDDING,
                    expected: "vectors of one length",
                    found: format!("vectors of {expected} and of {found} components"),
                    path: path.to_owned(),
                },
                error => error,
            })?;
            if !extra.is_empty() {
                self.extra.push(batch.project(extra).map_err(|source| read_error(path, source))?);
            }
            row += batch.num_rows();
        }
        Ok(())
    }

    /// The data set's hash from the hashes of its image files, so that it does not depend on how the set is cut into parts.
    fn dataset_hash(&self) -> Option<String> {
        let mut hasher = DatasetHasher::default();
        let mut rows = self.ids.iter().zip(&self.labels);
        for batch in &self.extra {
            for hash in hashes(batch)? {
                let (id, label) = rows.next()?;
                hasher.add(id, *label, hash?);
            }
        }
        (!self.extra.is_empty()).then(|| hasher.finish())
    }

    /// Parts have the same further columns, so that these stay row for row with the ids.
    fn check_same_columns(&mut self, schema: SchemaRef, path: &Path) -> Result<(), EmbeddingError> {
        let describe = |schema: &SchemaRef| {
            let columns = schema.fields().iter().map(|field| format!("{} {}", field.name(), field.data_type()));
            let columns: Vec<String> = columns.collect();
            if columns.is_empty() { "none".to_owned() } else { columns.join(", ") }
        };
        let first = self.extra_schema.get_or_insert_with(|| schema.clone());
        let (first, second) = (describe(first), describe(&schema));
        if first == second {
            return Ok(());
        }
        Err(EmbeddingError::PartMismatch { what: "further columns", first, second, path: path.to_owned() })
    }

    fn into_set(self, provenance: Provenance, path: &Path) -> Result<EmbeddingSet, EmbeddingError> {
        let dim = self.dim.unwrap_or(0);
        let rows = self.ids.len();
        let vectors = Array2::from_shape_vec((rows, dim), self.values).map_err(|_| EmbeddingError::RowMismatch {
            ids: rows,
            labels: self.labels.len(),
            vectors: 0,
        })?;
        let extra = match self.extra_schema.filter(|_| !self.extra.is_empty()) {
            None => None,
            Some(schema) => {
                // One part may have nulls where another one has none.
                let fields = schema.fields().iter().map(|field| field.as_ref().clone().with_nullable(true));
                let schema = Arc::new(Schema::new(fields.collect::<Vec<_>>()));
                Some(concat_batches(&schema, &self.extra).map_err(|source| read_error(path, source))?)
            }
        };
        Ok(EmbeddingSet::try_new(self.ids, self.labels, vectors, provenance)?.with_extra(extra))
    }
}

fn check_version(key_values: &BTreeMap<String, String>, path: &Path) -> Result<(), EmbeddingError> {
    match key_values.get(SCHEMA_VERSION_KEY) {
        None => Ok(()),
        Some(text) => match text.parse::<u32>() {
            Ok(version) if (1..=EMBEDDING_SCHEMA_VERSION).contains(&version) => Ok(()),
            _ => Err(EmbeddingError::SchemaVersion {
                found: text.clone(),
                supported: EMBEDDING_SCHEMA_VERSION,
                path: path.to_owned(),
            }),
        },
    }
}

/// Parts of one set come from one encoder, one feature and one transform.
fn check_same_origin(first: &Provenance, other: &Provenance, path: &Path) -> Result<(), EmbeddingError> {
    let names = |provenance: &Provenance| provenance.class_names.as_ref().map(|names| names.join(", "));
    let pairs = [
        ("encoder_sha256", &first.encoder_sha256, &other.encoder_sha256),
        ("feature", &first.feature, &other.feature),
        ("transform", &first.transform, &other.transform),
        ("dataset", &first.dataset, &other.dataset),
        ("split", &first.split, &other.split),
        ("class names", &names(first), &names(other)),
    ];
    for (what, first, second) in pairs {
        if first != second {
            let show = |value: &Option<String>| value.clone().unwrap_or_else(|| "nothing".to_owned());
            let (first, second) = (show(first), show(second));
            return Err(EmbeddingError::PartMismatch { what, first, second, path: path.to_owned() });
        }
    }
    Ok(())
}
