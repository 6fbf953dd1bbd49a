//! Sets that need nothing more: a shard that is started again when its set is put together already has nothing to do.

use std::path::Path;

use sop_core::{EmbeddingSet, Provenance};
use sop_datasets::dataset::ImageDataset;

use super::{Identity, Place, SetReport, Snapshot};
use crate::ExtractError;

/// What there is of a set, where its file is complete: made from the same listing with the same encoder, engine, transform
/// and feature, and newer than every file of the data set. `None` where it has to be made.
pub(super) fn complete_set(
    place: &Place,
    mut report: SetReport,
    identity: &Identity,
    dataset: &dyn ImageDataset,
) -> Result<Option<SetReport>, ExtractError> {
    let Place::File(path) = place else { return Ok(None) };
    if !path.is_file() || !is_newer(path, dataset)? {
        return Ok(None);
    }
    // A file that cannot be read is replaced like any other.
    let Ok(set) = EmbeddingSet::read(&path.display().to_string()) else { return Ok(None) };
    let provenance = set.provenance();
    if !is_of(provenance, identity) || !lists(&set, dataset) {
        return Ok(None);
    }
    report.rows = set.len();
    report.dim = set.dim();
    report.skipped = provenance.skipped.clone();
    report.dataset_sha256 = provenance.dataset_sha256.clone();
    Ok(report.dataset_sha256.is_some().then_some(report))
}

fn is_newer(path: &Path, dataset: &dyn ImageDataset) -> Result<bool, ExtractError> {
    let failed = |source| ExtractError::DataFile { path: path.to_owned(), source };
    let made = std::fs::metadata(path).and_then(|metadata| metadata.modified()).map_err(failed)?;
    Ok(made > Snapshot::newest_change(dataset)?)
}

fn is_of(provenance: &Provenance, identity: &Identity) -> bool {
    let is = |found: &Option<String>, wanted: &str| found.as_deref().unwrap_or_default() == wanted;
    is(&provenance.encoder, &identity.encoder)
        && is(&provenance.encoder_sha256, &identity.encoder_sha256)
        && is(&provenance.runtime, &identity.runtime)
        && is(&provenance.feature, &identity.feature)
        && is(&provenance.transform, &identity.transform)
        && is(&provenance.dataset, &identity.dataset)
        && is(&provenance.split, &identity.split)
}

/// Whether the set has every image of the data set that was not left out, in order.
fn lists(set: &EmbeddingSet, dataset: &dyn ImageDataset) -> bool {
    let Some(skipped) = set.provenance().skipped.strip_prefix(dataset.left_out()) else { return false };
    let mut skipped = skipped.iter().map(|image| image.id.as_str()).peekable();
    let mut rows = set.ids().iter().zip(set.labels());
    let all = (0..dataset.len()).all(|index| {
        skipped.next_if_eq(&dataset.id(index)).is_some()
            || rows.next().is_some_and(|(id, label)| id == dataset.id(index) && *label == dataset.label(index))
    });
    all && rows.next().is_none() && skipped.next().is_none()
}
