//! Parquet to embeddings: a file, a folder of parts, or a glob.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use arrow::compute::concat_batches;
use arrow::record_batch::RecordBatch;
use ndarray::Array2;

use super::{EMBEDDING, EMBEDDING_SCHEMA_VERSION, EmbeddingError, EmbeddingSet, ID, LABEL, SCHEMA_VERSION_KEY, column};
use crate::Provenance;
use crate::parquet_file::{open, read_error};

/// Rows decoded at once.
const BATCH_ROWS: usize = 4096;

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
        let mut first: Option<(Provenance, PathBuf)> = None;
        for path in part_files(location)? {
            let provenance = columns.read_part(&path)?;
            match &first {
                None => first = Some((provenance, path)),
                Some((first, _)) => check_same_origin(first, &provenance, &path)?,
            }
        }
        let (provenance, path) = first.ok_or_else(|| EmbeddingError::NoFiles { location: location.to_owned() })?;
        columns.into_set(provenance, &path)
    }
}

/// The Parquet files of a location, in the order of their names.
fn part_files(location: &str) -> Result<Vec<PathBuf>, EmbeddingError> {
    let path = Path::new(location);
    if path.is_file() {
        return Ok(vec![path.to_owned()]);
    }
    let none = || EmbeddingError::NoFiles { location: location.to_owned() };
    let pattern =
        if path.is_dir() { format!("{}/*.parquet", glob::Pattern::escape(location)) } else { location.to_owned() };
    let mut files: Vec<PathBuf> = glob::glob(&pattern).map_err(|_| none())?.flatten().collect();
    files.retain(|file| file.is_file());
    files.sort();
    if files.is_empty() { Err(none()) } else { Ok(files) }
}

#[derive(Default)]
struct Columns {
    ids: Vec<String>,
    labels: Vec<Option<i32>>,
    values: Vec<f32>,
    dim: Option<usize>,
    extra: Vec<RecordBatch>,
}

impl Columns {
    fn read_part(&mut self, path: &Path) -> Result<Provenance, EmbeddingError> {
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
        let dim_before = self.dim;
        let mut row = 0;
        for batch in file.batches {
            let batch = batch.map_err(|source| read_error(path, source))?;
            column::ids(batch.column(id), row, path, &mut self.ids)?;
            column::labels(batch.column(label), row, path, &mut self.labels)?;
            let vectors = column::vectors(batch.column(embedding), row, path, self.dim, &mut self.values);
            self.dim = vectors.map_err(|error| match error {
                EmbeddingError::DimMismatch { expected, found } if dim_before == Some(expected) => {
                    let (first, second) = (expected.to_string(), found.to_string());
                    EmbeddingError::PartMismatch { what: "dimension", first, second, path: path.to_owned() }
                }
                error => error,
            })?;
            if !extra.is_empty() {
                self.extra.push(batch.project(&extra).map_err(|source| read_error(path, source))?);
            }
            row += batch.num_rows();
        }
        Ok(provenance)
    }

    fn into_set(self, provenance: Provenance, path: &Path) -> Result<EmbeddingSet, EmbeddingError> {
        let dim = self.dim.unwrap_or(0);
        let rows = self.ids.len();
        let vectors = Array2::from_shape_vec((rows, dim), self.values).map_err(|_| EmbeddingError::RowMismatch {
            ids: rows,
            labels: self.labels.len(),
            vectors: 0,
        })?;
        let extra = match self.extra.first() {
            None => None,
            Some(first) => {
                Some(concat_batches(&first.schema(), &self.extra).map_err(|source| read_error(path, source))?)
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
    let pairs = [
        ("encoder_sha256", &first.encoder_sha256, &other.encoder_sha256),
        ("feature", &first.feature, &other.feature),
        ("transform", &first.transform, &other.transform),
        ("dataset", &first.dataset, &other.dataset),
        ("split", &first.split, &other.split),
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
