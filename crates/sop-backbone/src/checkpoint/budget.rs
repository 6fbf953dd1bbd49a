//! How much memory the tensors of a file may take.

use std::collections::BTreeMap;
use std::path::Path;

use sop_pickle::TensorView;

use super::CheckpointError;

/// Bytes of storages in all, whatever the file.
const MOST_BYTES: u64 = 64 << 30;
/// How much a compressed file may grow: weights hardly compress, zeros do.
const MOST_GROWTH: u64 = 100;
/// Free allowance for small files.
const SMALL: u64 = 64 << 20;
/// How often the tensors may repeat the elements of their storages: tied weights do, bombs of overlapping views do more.
const MOST_REPEATS: u64 = 4;

/// Refuses tensors whose storages or elements cannot come from a file of `file_bytes`.
pub(super) fn check<'a>(
    views: impl Iterator<Item = &'a TensorView>,
    file_bytes: u64,
    path: &Path,
) -> Result<(), CheckpointError> {
    let mut storages = BTreeMap::new();
    let mut elements = 0_u64;
    for view in views {
        storages.insert(view.storage.key.as_str(), view.storage.bytes.unwrap_or_default() as u64);
        elements = elements.saturating_add(view.count as u64);
    }
    let stored = storages.values().fold(0_u64, |sum, bytes| sum.saturating_add(*bytes));
    let limit = file_bytes.saturating_mul(MOST_GROWTH).saturating_add(SMALL).min(MOST_BYTES);
    if stored > limit {
        let what = format!("its storages declare {stored} bytes, a file of {file_bytes} bytes may have {limit}");
        return Err(CheckpointError::too_large(path, what));
    }
    // One byte is the least that an element takes, so that this is generous for honest files.
    let limit = stored.saturating_mul(MOST_REPEATS).saturating_add(SMALL / 16);
    if elements > limit {
        let what = format!("its tensors have {elements} elements out of {stored} bytes of storage");
        return Err(CheckpointError::too_large(path, what));
    }
    Ok(())
}
