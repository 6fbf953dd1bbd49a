//! The whitening of a collection as a file: 8 bytes that say what it is, components of an embedding and of a stored vector (little-endian
//! `u32`), then the mean and the rows of the projection (little-endian `f64`).

use std::path::Path;

use ndarray::{Array1, Array2};
use sop_core::sha256_hex;
use sop_index::Whitening;

use crate::config::WhiteningConfig;
use crate::error::StoreError;
use crate::files::Files;

const MAGIC: &[u8; 8] = b"SOPWHT1\n";
const HEADER: usize = MAGIC.len() + 2 * size_of::<u32>();

/// The bytes of the file.
pub(crate) fn bytes_of(whitening: &Whitening) -> Vec<u8> {
    let (kept, embedding_dim) = whitening.projection().dim();
    let mut bytes = Vec::with_capacity(HEADER + (1 + kept) * embedding_dim * size_of::<f64>());
    bytes.extend_from_slice(MAGIC);
    bytes.extend_from_slice(&(embedding_dim as u32).to_le_bytes());
    bytes.extend_from_slice(&(kept as u32).to_le_bytes());
    for value in whitening.mean().iter().chain(whitening.projection().iter()) {
        bytes.extend_from_slice(&value.to_le_bytes());
    }
    bytes
}

/// Bytes of the file of a whitening from so many components to so many; `None` where nothing is as large.
pub(crate) fn length(embedding_dim: usize, kept: usize) -> Option<u64> {
    let values = (kept as u64).checked_add(1)?.checked_mul(embedding_dim as u64)?;
    values.checked_mul(size_of::<f64>() as u64)?.checked_add(HEADER as u64)
}

/// Writes the file; it is durable when its folder is synced.
pub(crate) fn write(path: &Path, bytes: &[u8], files: &dyn Files) -> Result<(), StoreError> {
    sop_core::atomic_file::write(path, bytes).map_err(StoreError::io("write", path))?;
    let folder = path.parent().unwrap_or(path);
    files.sync_folder(folder).map_err(StoreError::io("sync", folder))
}

/// Reads the file, which is the one that the configuration names, or an error.
pub(crate) fn read(path: &Path, config: &WhiteningConfig, dim: usize) -> Result<Whitening, StoreError> {
    let damaged = |what: &str| StoreError::damaged(path, what);
    let found = std::fs::metadata(path).map_err(StoreError::io("read", path))?.len();
    if Some(found) != length(config.embedding_dim, dim) {
        return Err(damaged("it has another length than the whitening that was written"));
    }
    let bytes = std::fs::read(path).map_err(StoreError::io("read", path))?;
    if sha256_hex(&bytes) != config.sha256 {
        return Err(damaged("it is not as it was written (its SHA-256 is another one)"));
    }
    parse(&bytes)
        .filter(|whitening| whitening.projection().dim() == (dim, config.embedding_dim))
        .ok_or_else(|| damaged("it is no whitening"))
}

/// The whitening in a file's bytes; `None` where they are none.
fn parse(bytes: &[u8]) -> Option<Whitening> {
    let rest = bytes.strip_prefix(MAGIC)?;
    let (embedding_dim, rest) =
        rest.split_first_chunk().map(|(number, rest)| (u32::from_le_bytes(*number) as usize, rest))?;
    let (kept, rest) = rest.split_first_chunk().map(|(number, rest)| (u32::from_le_bytes(*number) as usize, rest))?;
    let (values, over) = rest.as_chunks();
    if !over.is_empty() || length(embedding_dim, kept) != Some(bytes.len() as u64) {
        return None;
    }
    let mut values: Vec<f64> = values.iter().map(|value| f64::from_le_bytes(*value)).collect();
    let projection = values.split_off(embedding_dim);
    Whitening::from_arrays(Array1::from(values), Array2::from_shape_vec((kept, embedding_dim), projection).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use ndarray::array;

    use super::*;

    #[test]
    fn a_whitening_comes_back_and_nothing_else_does() {
        let whitening =
            Whitening::from_arrays(array![0.5, -1.0, 2.0], array![[1.0, 0.0, 0.25], [0.0, 3.0, -0.5]]).unwrap();
        let bytes = bytes_of(&whitening);
        assert_eq!(bytes.len() as u64, length(3, 2).unwrap());
        assert_eq!(parse(&bytes), Some(whitening));
        for cut in 0..bytes.len() {
            assert_eq!(parse(&bytes[..cut]), None);
        }
        let changed = |place: usize, value: u8| {
            let mut bytes = bytes.clone();
            bytes[place] = value;
            parse(&bytes)
        };
        assert_eq!(changed(0, b'x'), None);
        assert_eq!(changed(8, 4), None);
        assert_eq!(changed(12, 0), None);
        // A mean that is infinite.
        let mut infinite = bytes.clone();
        infinite[HEADER..HEADER + 8].copy_from_slice(&f64::INFINITY.to_le_bytes());
        assert_eq!(parse(&infinite), None);
        assert_eq!(length(usize::MAX, usize::MAX), None);
    }
}
