//! Images through the encoder into parts.

use std::ops::Range;

use sop_core::{DatasetHasher, Encoder, Feature, PartWriter, Provenance, SkippedImage};
use sop_datasets::dataset::{ImageDataset, OnMissing};
use sop_image::transform::Transform;

use super::batch::{ImageBatch, Loaded, batches_of_one_size};
use super::shard::PartPlan;
use super::store::PartStore;
use super::stored_transform::stored_transform;
use super::{ExtractOptions, Target};
use crate::loader::{Hashed, ImageLoader, LoadError, ReadAhead};
use crate::{ExtractError, encode_features};

/// Batches that wait while one is encoded and one is loaded.
const WAITING: usize = 1;

/// Makes the parts of this shard that are not there yet; returns the number of images whose parts were.
pub(super) fn make_parts(
    dataset: &dyn ImageDataset,
    encoder: &dyn Encoder,
    transform: &Transform,
    targets: &[Target],
    stores: &[PartStore],
    options: &ExtractOptions,
    progress: &dyn Fn(usize),
) -> Result<usize, ExtractError> {
    let plan = PartPlan { images: dataset.len(), part_rows: options.part_rows };
    let (mut reused, mut todo) = (0, Vec::new());
    for part in options.shard.parts(plan.count()) {
        if stores.iter().all(|store| store.is_done(part)) {
            reused += plan.images_of(part).len();
        } else {
            todo.push(part);
        }
    }
    progress(reused);
    let expected: usize = todo.iter().map(|&part| plan.images_of(part).len()).sum();
    let mut maker = PartMaker { dataset, encoder, transform, targets, stores, options, current: None };
    let loader = ImageLoader::new(dataset, options.limits);
    std::thread::scope(|scope| {
        let load = |batch: Batch| {
            let images = loader.load_each(batch.images.clone(), &Hashed(transform));
            (batch, images)
        };
        let batches = batches(plan, todo, options.batch).map(load);
        let batches = ReadAhead::scoped(scope, "images", WAITING, batches).map_err(|_| ExtractError::Worker)?;
        let mut done = 0;
        for (batch, images) in batches {
            done += images.len();
            maker.take(&batch, images)?;
            if batch.ends_part {
                maker.finish_part()?;
            }
            progress(reused + done);
        }
        // A panic in the thread above ends the channel early.
        if done == expected { Ok(reused) } else { Err(ExtractError::Worker) }
    })
}

/// Images that are loaded together.
struct Batch {
    part: usize,
    images: Range<usize>,
    ends_part: bool,
}

/// The batches of some parts, in order; none reaches over the end of its part.
fn batches(plan: PartPlan, parts: Vec<usize>, size: usize) -> impl Iterator<Item = Batch> + Send {
    parts.into_iter().flat_map(move |part| {
        let of_part = plan.images_of(part);
        of_part.clone().step_by(size).map(move |start| {
            let end = of_part.end.min(start + size);
            Batch { part, images: start..end, ends_part: end == of_part.end }
        })
    })
}

/// Where loaded images go: encoder, pooling, the files of the current part.
struct PartMaker<'a> {
    dataset: &'a dyn ImageDataset,
    encoder: &'a dyn Encoder,
    transform: &'a Transform,
    targets: &'a [Target],
    stores: &'a [PartStore],
    options: &'a ExtractOptions,
    current: Option<CurrentPart>,
}

/// The part that is being made.
struct CurrentPart {
    part: usize,
    /// One for each target; `None` where the part is there already, or no vector has told the dimension yet.
    writers: Vec<Option<PartWriter>>,
    hasher: DatasetHasher,
    skipped: Vec<SkippedImage>,
}

impl PartMaker<'_> {
    fn take(&mut self, batch: &Batch, images: Vec<Loaded>) -> Result<(), ExtractError> {
        let part = batch.part;
        // What the data set itself left out belongs to no part; the first one carries it.
        let left_out = if part == 0 { self.dataset.left_out() } else { &[] };
        let current = self.current.get_or_insert_with(|| CurrentPart {
            part,
            writers: self.targets.iter().map(|_| None).collect(),
            hasher: DatasetHasher::default(),
            skipped: left_out.to_vec(),
        });
        let (batches, bad) = batches_of_one_size(self.dataset, batch.images.start, images);
        for LoadError { id, cause } in bad {
            match self.options.on_missing {
                OnMissing::Error => return Err(ExtractError::BadImage { id, source: cause.into() }),
                OnMissing::Skip => current.skipped.push(SkippedImage { id, reason: causes(&cause) }),
            }
        }
        let features: Vec<Feature> = self.targets.iter().map(|target| target.feature).collect();
        for ImageBatch { ids, labels, image_sha256, pixels } in batches {
            let sets = encode_features(self.encoder, pixels.view(), self.transform.scales(), &features)?;
            for ((id, label), image_sha256) in ids.iter().zip(&labels).zip(&image_sha256) {
                current.hasher.add(id, *label, image_sha256);
            }
            for ((writer, store), vectors) in current.writers.iter_mut().zip(self.stores).zip(sets) {
                if store.is_done(part) {
                    continue;
                }
                let writer = match writer {
                    Some(writer) => writer,
                    empty => empty.insert(PartWriter::create(&store.path(part), vectors.ncols())?),
                };
                writer.append(&ids, &labels, &image_sha256, vectors.view())?;
            }
        }
        Ok(())
    }

    /// Gives the files of the current part their names.
    fn finish_part(&mut self) -> Result<(), ExtractError> {
        let Some(CurrentPart { part, writers, hasher, skipped }) = self.current.take() else { return Ok(()) };
        let dataset_sha256 = hasher.finish();
        for ((writer, store), target) in writers.into_iter().zip(self.stores).zip(self.targets) {
            if store.is_done(part) {
                continue;
            }
            let writer = match writer {
                Some(writer) => writer,
                // Every image was bad: no vector tells the dimension, and there is none to store.
                None => PartWriter::create(&store.path(part), 1)?,
            };
            writer.finish(&self.provenance(target.feature, dataset_sha256.clone(), skipped.clone()))?;
        }
        Ok(())
    }

    fn provenance(&self, feature: Feature, dataset_sha256: String, skipped: Vec<SkippedImage>) -> Provenance {
        let spec = self.encoder.spec();
        let text = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        let names = self.dataset.class_names();
        Provenance {
            dataset: text(self.dataset.name()),
            split: text(self.dataset.split()),
            dataset_sha256: Some(dataset_sha256),
            encoder: Some(spec.name.clone()),
            encoder_sha256: Some(spec.sha256.clone()),
            encoder_meta: spec.meta.clone(),
            feature: Some(feature.to_string()),
            transform: Some(stored_transform(self.transform)),
            runtime: Some(spec.runtime.clone()),
            class_names: (!names.is_empty()).then(|| names.to_vec()),
            skipped,
        }
    }
}

/// An error and what caused it, on one line.
fn causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}
