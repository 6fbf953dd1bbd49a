//! A data set through an encoder into embeddings, in parts that survive an interruption.
//!
//! The data set is cut into parts of neighbouring images. A part is a Parquet file that appears when it is complete; what
//! is there is not made again, so that a run that was killed goes on, and several processes (shards) can make one set.
//! [`Place::Folder`] leaves the parts as they are, [`Place::File`] puts them together when the last one is there.
//!
//! Memory: three batches of prepared images, a batch's outputs, one row group of each feature's file, and, when parts are
//! put together, one part. The listing of the data set comes on top.

mod batch;
mod complete;
mod folder_lock;
mod identity;
mod options;
mod run;
mod shard;
mod snapshot;
mod store;
mod stored_transform;

use sop_core::{
    DatasetHasher, EmbeddingError, EmbeddingPart, EmbeddingWriter, Encoder, Feature, OutputKind, ParquetFileError,
    SkippedImage,
};
use sop_datasets::dataset::{ImageDataset, OnMissing};
use sop_image::transform::Transform;

pub use identity::Identity;
pub use options::{ExtractOptions, ExtractReport, Place, SetReport, Target};
pub use shard::{Shard, ShardError};
pub use snapshot::Snapshot;
pub(crate) use store::Origin;
pub use stored_transform::{StoredTransformError, read_stored_transform, stored_transform};

use self::shard::PartPlan;
use self::store::PartStore;
use crate::ExtractError;

/// Encodes the images of `dataset` and stores the embeddings of every target's feature.
///
/// Reading, decoding and transforming run ahead of the encoder on all cores. `progress` is called with the number of
/// images of this shard that are done, those of an earlier run included.
///
/// # Errors
/// When the encoder cannot give a feature, an image is bad (unless they are skipped), the encoder fails, a value is not
/// finite, a file cannot be written, another process makes the same part, the folder holds parts of other work, or the
/// data set changes meanwhile. Finished parts stay and are taken over by the next run of the same work.
pub fn extract(
    dataset: &dyn ImageDataset,
    encoder: &dyn Encoder,
    transform: &Transform,
    targets: &[Target],
    options: &ExtractOptions,
    progress: &dyn Fn(usize),
) -> Result<ExtractReport, ExtractError> {
    if dataset.is_empty() {
        return Err(ExtractError::Empty);
    }
    let options =
        &ExtractOptions { batch: options.batch.max(1), part_rows: options.part_rows.max(1), ..options.clone() };
    for target in targets {
        check_feature(encoder, target.feature)?;
        if let Place::File(path) = &target.place {
            // Better known before the first image than after the last; the folder shows itself when the parts are begun.
            sop_core::atomic_file::check_target(path)
                .map_err(|source| ParquetFileError::Write { path: path.clone(), source: source.into() })?;
        }
    }
    let identity = |encoder: &dyn Encoder, feature| Identity::new(dataset, encoder.spec(), transform, feature, options);
    if options.shard.is_share() && !options.restart {
        // A shard of a finished set that is started again must not begin the set anew.
        let complete = targets.iter().map(|target| {
            let report = SetReport::new(target.feature);
            complete::complete_set(&target.place, report, &identity(encoder, target.feature), dataset)
        });
        if let Some(sets) = complete.collect::<Result<Option<Vec<_>>, _>>()? {
            progress(options.shard_images(dataset.len()));
            return Ok(ExtractReport { sets, reused_images: options.shard_images(dataset.len()) });
        }
    }
    let snapshot = Snapshot::take(dataset)?;
    let mut stores = Vec::new();
    for target in targets {
        let identity = identity(encoder, target.feature);
        let origin = Origin { identity, snapshot: snapshot.clone() };
        stores.push(PartStore::open(&target.place.parts_folder(), &origin, dataset, options.restart)?);
    }
    let made = run::make_parts(dataset, encoder, transform, targets, &stores, options, progress);
    // A set whose files change under the reader is neither the old nor the new one.
    let made = match Snapshot::take(dataset) {
        Ok(after) if after == snapshot => made,
        Ok(_) => Err(ExtractError::DatasetChanged),
        Err(error) => made.and(Err(error)),
    };
    if made.is_err() {
        stores.iter_mut().for_each(PartStore::clear_if_empty);
    }
    let reused_images = made?;
    let plan = PartPlan { images: dataset.len(), part_rows: options.part_rows };
    let sets = targets.iter().zip(&mut stores).map(|(target, store)| finish_set(target, store, plan, options));
    Ok(ExtractReport { sets: sets.collect::<Result<_, _>>()?, reused_images })
}

/// Checks that the encoder has the outputs that a feature is made from.
///
/// # Errors
/// [`ExtractError::FeatureMissing`] names the missing outputs.
pub fn check_feature(encoder: &dyn Encoder, feature: Feature) -> Result<(), ExtractError> {
    let spec = encoder.spec();
    let missing = feature.outputs().minus(&spec.outputs);
    if missing.is_empty() {
        return Ok(());
    }
    let hint = match missing.contains(OutputKind::ClsLast4) {
        true => " (it exists only where the depth is at least 4)",
        false => "",
    };
    Err(ExtractError::FeatureMissing {
        encoder: spec.name.clone(),
        feature: feature.to_string(),
        output: missing.names().join(", "),
        hint,
    })
}

/// Sums up a set whose parts are all there, and puts them together where one file is asked for.
fn finish_set(
    target: &Target,
    store: &mut PartStore,
    plan: PartPlan,
    options: &ExtractOptions,
) -> Result<SetReport, ExtractError> {
    let mut report = SetReport::new(target.feature);
    report.missing_parts = store.missing();
    if report.missing_parts > 0 {
        return Ok(report);
    }
    let mut writer = None;
    let mut hasher = DatasetHasher::default();
    let mut provenance = None;
    let mut skipped: Vec<SkippedImage> = Vec::new();
    for part in 0..plan.count() {
        let EmbeddingPart { ids, labels, image_sha256, vectors, provenance: of_part } =
            EmbeddingPart::read(&store.path(part))?;
        for ((id, label), image_sha256) in ids.iter().zip(&labels).zip(&image_sha256) {
            hasher.add(id, *label, image_sha256);
        }
        report.rows += ids.len();
        skipped.extend(of_part.skipped.iter().cloned());
        provenance.get_or_insert(of_part);
        if ids.is_empty() {
            continue;
        }
        report.dim = vectors.ncols();
        if let Place::File(path) = &target.place {
            let writer = match &mut writer {
                Some(writer) => writer,
                empty => match EmbeddingWriter::create(path, report.dim) {
                    // Another shard that finished at the same moment does it.
                    Err(EmbeddingError::File(ParquetFileError::Taken { .. })) => return Ok(report),
                    created => empty.insert(created?),
                },
            };
            writer.append(&ids, &labels, vectors.view())?;
        }
    }
    if let (OnMissing::Error, Some(first)) = (options.on_missing, skipped.first()) {
        return Err(ExtractError::BadImage { id: first.id.clone(), source: first.reason.clone().into() });
    }
    if let (0, Some(SkippedImage { id, reason })) = (report.rows, skipped.first()) {
        let (count, id, reason) = (skipped.len(), id.clone(), reason.clone());
        store.clear(true)?;
        return Err(ExtractError::NothingLeft { count, id, reason });
    }
    let dataset_sha256 = hasher.finish();
    if let (Some(writer), Some(provenance)) = (writer, provenance) {
        let dataset_sha256 = Some(dataset_sha256.clone());
        writer.finish(&sop_core::Provenance { dataset_sha256, skipped: skipped.clone(), ..provenance })?;
        store.clear(true)?;
    }
    report.dataset_sha256 = Some(dataset_sha256);
    report.skipped = skipped;
    Ok(report)
}
