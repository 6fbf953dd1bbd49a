//! A data set through an encoder into a Parquet file.

use std::path::Path;
use std::sync::mpsc;

use sop_core::atomic_file::AtomicFile;
use sop_core::{EmbeddingWriter, Encoder, Feature, ParquetFileError, Provenance, Sha256Hasher};
use sop_datasets::dataset::ImageDataset;
use sop_datasets::image::{DECODER, DecodeLimits};
use sop_datasets::transform::Transform;

use crate::prepare::{ImageBatch, Prepared, prepare, stack};
use crate::{ExtractError, pool};

/// What to do with an image that cannot be read, decoded or transformed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnBadImage {
    /// Stop with an error that names it.
    #[default]
    Error,
    /// Leave it out; the report counts and names it.
    Skip,
}

/// How to extract.
#[derive(Clone, Debug)]
pub struct ExtractOptions {
    /// The vector taken from the encoder's outputs.
    pub feature: Feature,
    /// Images per run of the encoder.
    pub batch: usize,
    /// What to do with bad images.
    pub on_bad_image: OnBadImage,
    /// Bounds on hostile images.
    pub limits: DecodeLimits,
}

/// An image that was left out.
#[derive(Debug)]
pub struct BadImage {
    /// Its id.
    pub id: String,
    /// What is wrong with it.
    pub source: Box<dyn std::error::Error + Send + Sync>,
}

/// What was extracted.
#[derive(Debug)]
pub struct ExtractReport {
    /// Number of embeddings written.
    pub written: usize,
    /// Images that were left out.
    pub skipped: Vec<BadImage>,
    /// Components of an embedding.
    pub dim: usize,
    /// SHA-256 over id, label and file of every image written, in order.
    pub dataset_sha256: String,
}

/// Encodes every image of `dataset` and writes the embeddings to `out`, which appears when all are written.
///
/// Reading, decoding and transforming run ahead of the encoder on all cores. `progress` is called with the number of
/// images done so far.
///
/// # Errors
/// When the encoder cannot give the feature, an image is bad (unless they are skipped), the encoder fails, a value is not
/// finite, or the file cannot be written. Nothing is left under the final name then.
pub fn extract(
    dataset: &dyn ImageDataset,
    encoder: &mut dyn Encoder,
    transform: &Transform,
    options: &ExtractOptions,
    out: &Path,
    progress: &dyn Fn(usize),
) -> Result<ExtractReport, ExtractError> {
    check_feature(encoder, options.feature)?;
    if dataset.is_empty() {
        return Err(ExtractError::Empty);
    }
    // Whether the file can be written is better known before the first image than after the last.
    AtomicFile::create(out)
        .map_err(|source| ParquetFileError::Write { path: out.to_owned(), source: source.into() })?;
    let batch = options.batch.max(1);
    let mut sink = Sink::new(encoder, options, out);
    std::thread::scope(|scope| {
        // One batch waits while one is encoded and one is prepared: memory is bounded by three.
        let (sender, receiver) = mpsc::sync_channel(1);
        scope.spawn(move || {
            for start in (0..dataset.len()).step_by(batch) {
                let range = start..(start + batch).min(dataset.len());
                if sender.send(prepare(dataset, range, transform, &options.limits)).is_err() {
                    return;
                }
            }
        });
        let mut done = 0;
        for images in receiver {
            done += images.len();
            sink.take(images)?;
            progress(done);
        }
        // A panic in the thread above ends the channel early.
        if done == dataset.len() { Ok(()) } else { Err(ExtractError::Worker) }
    })?;
    sink.finish(dataset, transform)
}

/// Checks that the encoder has the outputs that a feature is made from.
///
/// # Errors
/// [`ExtractError::FeatureMissing`] names the missing outputs.
pub fn check_feature(encoder: &dyn Encoder, feature: Feature) -> Result<(), ExtractError> {
    let spec = encoder.spec();
    let missing = feature.outputs().minus(spec.outputs);
    if missing.names().is_empty() {
        return Ok(());
    }
    let hint = if missing.cls_last4 { " (it exists only where the depth is at least 4)" } else { "" };
    Err(ExtractError::FeatureMissing {
        encoder: spec.name.clone(),
        feature: feature.to_string(),
        output: missing.names().join(", "),
        hint,
    })
}

/// Where prepared images go: encoder, pooling, file.
struct Sink<'a> {
    encoder: &'a mut dyn Encoder,
    options: &'a ExtractOptions,
    out: &'a Path,
    writer: Option<EmbeddingWriter>,
    hasher: Sha256Hasher,
    dim: usize,
    written: usize,
    skipped: Vec<BadImage>,
}

impl<'a> Sink<'a> {
    fn new(encoder: &'a mut dyn Encoder, options: &'a ExtractOptions, out: &'a Path) -> Self {
        let (hasher, skipped) = (Sha256Hasher::default(), Vec::new());
        Self { encoder, options, out, writer: None, hasher, dim: 0, written: 0, skipped }
    }

    fn take(&mut self, images: Vec<Prepared>) -> Result<(), ExtractError> {
        let (batches, all_bad) = stack(images, &mut self.hasher);
        for bad in all_bad {
            match self.options.on_bad_image {
                OnBadImage::Error => return Err(ExtractError::BadImage { id: bad.id, source: bad.source }),
                OnBadImage::Skip => self.skipped.push(bad),
            }
        }
        for ImageBatch { ids, labels, pixels } in batches {
            let output = self.encoder.encode(pixels.view(), self.options.feature.outputs())?;
            let vectors = pool(output, self.options.feature, &self.encoder.spec().name)?;
            let writer = match &mut self.writer {
                Some(writer) => writer,
                empty => {
                    self.dim = vectors.ncols();
                    empty.insert(EmbeddingWriter::create(self.out, self.dim)?)
                }
            };
            writer.append(&ids, &labels, vectors.view())?;
            self.written += ids.len();
        }
        Ok(())
    }

    fn finish(self, dataset: &dyn ImageDataset, transform: &Transform) -> Result<ExtractReport, ExtractError> {
        let Some(writer) = self.writer else {
            return Err(match self.skipped.first() {
                None => ExtractError::Empty,
                Some(first) => ExtractError::NothingLeft {
                    count: self.skipped.len(),
                    id: first.id.clone(),
                    reason: first.source.to_string(),
                },
            });
        };
        let dataset_sha256 = self.hasher.finish();
        let spec = self.encoder.spec();
        let text = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        let names = dataset.class_names();
        writer.finish(&Provenance {
            dataset: text(dataset.name()),
            split: text(dataset.split()),
            dataset_sha256: Some(dataset_sha256.clone()),
            encoder: Some(spec.name.clone()),
            encoder_sha256: Some(spec.sha256.clone()),
            encoder_meta: spec.meta.clone(),
            feature: Some(self.options.feature.to_string()),
            transform: Some(format!("decode({DECODER})|{transform}")),
            runtime: Some(spec.runtime.clone()),
            class_names: (!names.is_empty()).then(|| names.to_vec()),
        })?;
        let (written, skipped, dim) = (self.written, self.skipped, self.dim);
        Ok(ExtractReport { written, skipped, dim, dataset_sha256 })
    }
}
