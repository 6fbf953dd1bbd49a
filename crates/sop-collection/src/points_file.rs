//! The points of a collection as an embedding file, which every other command of the suite can read.
//!
//! Besides the columns of every embedding file there are `payload` (JSON, null where it is empty), `id_is_number` (the form in which the
//! id was last given) and `version` (number of the change that last touched the point). `label` is the payload's `label` where that is a
//! whole number from 0; what counts is the payload.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use ndarray::{Array2, ArrayView2};
use rayon::prelude::*;
use serde_json::Value;
use sop_core::{ColumnKind, ColumnValues, EmbeddingTable, EmbeddingWriter, Provenance};

use crate::config::CollectionConfig;
use crate::error::StoreError;
use crate::point_key::PointKey;
use crate::state::{RowInfo, parse};

const PAYLOAD: &str = "payload";
const IS_NUMBER: &str = "id_is_number";
const VERSION: &str = "version";
/// Rows written at once.
const ROWS_AT_ONCE: usize = 4096;

/// Points as they are read.
pub(crate) struct StoredPoints {
    pub rows: Vec<RowInfo>,
    pub vectors: Array2<f32>,
}

/// Writes points, which are `infos` with the vectors that `vector` gives by their places.
pub(crate) fn write<'v>(
    path: &Path,
    config: &CollectionConfig,
    infos: &[RowInfo],
    vector: &dyn Fn(usize) -> Option<&'v [f32]>,
) -> Result<(), StoreError> {
    let kinds = [(PAYLOAD, ColumnKind::Text), (IS_NUMBER, ColumnKind::Bool), (VERSION, ColumnKind::Integer)];
    let mut writer = EmbeddingWriter::with_columns(path, config.dim, &kinds)?;
    let mut values = Vec::with_capacity(ROWS_AT_ONCE * config.dim);
    for (part, infos) in infos.chunks(ROWS_AT_ONCE).enumerate() {
        values.clear();
        for place in 0..infos.len() {
            values.extend_from_slice(vector(part * ROWS_AT_ONCE + place).unwrap_or_default());
        }
        let vectors = ArrayView2::from_shape((infos.len(), config.dim), &values)
            .map_err(|_| StoreError::damaged(path, "vectors are missing in memory"))?;
        let ids: Vec<String> = infos.iter().map(|info| info.key.text()).collect();
        let labels: Vec<Option<i32>> = infos.par_iter().map(label).collect();
        let columns = [
            ColumnValues::Text(infos.iter().map(|info| info.payload.as_deref()).collect()),
            ColumnValues::Bool(infos.iter().map(|info| info.is_number).collect()),
            ColumnValues::Integer(infos.iter().map(|info| info.version as i64).collect()),
        ];
        writer.append_with_columns(&ids, &labels, vectors, &columns)?;
    }
    Ok(writer.finish(&provenance(config))?)
}

/// The payload's `label`, where it is one.
fn label(info: &RowInfo) -> Option<i32> {
    let text = info.payload.as_deref().filter(|text| text.contains("\"label\""))?;
    let label = parse(Some(text)).get("label").and_then(Value::as_i64)?;
    i32::try_from(label).ok().filter(|label| *label >= 0)
}

fn provenance(config: &CollectionConfig) -> Provenance {
    let Some(origin) = &config.origin else { return Provenance::default() };
    Provenance {
        dataset: origin.dataset.clone(),
        encoder: Some(origin.encoder.clone()),
        encoder_sha256: Some(origin.encoder_sha256.clone()),
        feature: config.stored_feature(),
        transform: Some(origin.transform.clone()),
        class_names: origin.class_names.clone(),
        ..Provenance::default()
    }
}

/// CRC-32 of a file.
pub(crate) fn checksum(path: &Path) -> Result<u32, StoreError> {
    let read = || {
        let mut file = File::open(path)?;
        let mut hasher = crc32fast::Hasher::new();
        let mut buffer = vec![0; 1 << 20];
        loop {
            match file.read(&mut buffer)? {
                0 => return Ok(hasher.finalize()),
                count => hasher.update(buffer.get(..count).unwrap_or_default()),
            }
        }
    };
    read().map_err(StoreError::io("read", path))
}

/// Reads points back, and checks them as if anybody had written them, but for the payloads.
pub(crate) fn read(path: &Path, config: &CollectionConfig) -> Result<StoredPoints, StoreError> {
    let damaged = |what: &str| StoreError::damaged(path, what);
    let table = EmbeddingTable::read(path)?;
    if table.vectors.ncols() != config.dim {
        let found = table.vectors.ncols();
        return Err(damaged(&format!("vectors of {found} components in a collection of {}", config.dim)));
    }
    let finite = |values: &[f32]| values.iter().all(|value| value.is_finite());
    if !table.vectors.as_slice().is_some_and(|values| values.par_chunks(1 << 16).all(finite)) {
        return Err(damaged("a vector is not finite"));
    }
    let is_number = table.bools(IS_NUMBER).ok_or_else(|| damaged("it has no column `id_is_number`"))?;
    let versions = table.integers(VERSION).ok_or_else(|| damaged("it has no column `version`"))?;
    let mut payloads = Vec::with_capacity(table.ids.len());
    if !table.texts(PAYLOAD, |text| payloads.push(text.map(Into::into))) {
        return Err(damaged("it has no column `payload` of texts"));
    }
    if table.ids.iter().any(String::is_empty) {
        return Err(damaged("an id is empty"));
    }
    let rows = table.ids.iter().zip(is_number).zip(versions).zip(payloads);
    let rows: Vec<RowInfo> = rows
        .map(|(((id, is_number), version), payload)| RowInfo {
            key: PointKey::of_text(id),
            is_number,
            payload,
            version: version.max(0) as u64,
        })
        .collect();
    if rows.len() != table.vectors.nrows() {
        return Err(damaged("columns of different lengths"));
    }
    Ok(StoredPoints { rows, vectors: table.vectors })
}
