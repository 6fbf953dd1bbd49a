//! Where embeddings come from: a file, or a data set that an encoder turns into some.

use std::cell::Cell;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result};
use sop_core::atomic_file::ScratchFolder;
use sop_core::{EmbeddingError, EmbeddingSet, Encoder, ParquetFileError, SkippedImage};
use sop_datasets::dataset::{self, ImageDataset, OnMissing};
use sop_embed::{
    CacheUse, EmbeddingCache, ExtractError, ExtractOptions, ExtractReport, Identity, Output, Place, extract,
};
use sop_image::DecodeLimits;
use sop_image::transform::Transform;

use crate::args::{Extraction, Global};
use crate::evaluation::EncoderJob;
use crate::progress::Progress;
use crate::{cache, encoders, output};

/// How often it is looked whether another process is done with embeddings that this one needs, too.
const WAIT: Duration = Duration::from_millis(500);

/// Reads embeddings from `location`, with or without `embeddings:` in front.
pub fn read_embeddings(location: &str) -> Result<EmbeddingSet> {
    let path = location.strip_prefix("embeddings:").unwrap_or(location);
    EmbeddingSet::read(path).with_context(|| format!("cannot use the embeddings {path}"))
}

/// What the flags of an extraction say, with the defaults of everything else.
pub fn extract_options(extraction: &Extraction, on_missing: OnMissing) -> ExtractOptions {
    ExtractOptions {
        batch: extraction.batch,
        on_missing,
        limits: decode_limits(extraction.max_pixels),
        ..ExtractOptions::default()
    }
}

/// A data set on its way through an encoder.
pub struct Embedding<'a> {
    /// The text that names the data set.
    pub data: &'a str,
    /// What it names.
    pub dataset: Box<dyn ImageDataset>,
    /// The transform of its images.
    pub transform: Transform,
    /// How it is extracted.
    pub options: ExtractOptions,
    /// No progress on stderr.
    pub quiet: bool,
}

impl<'a> Embedding<'a> {
    /// Opens the data set and finds the transform.
    pub fn open(
        encoder: &dyn Encoder,
        data: &'a str,
        extraction: &Extraction,
        options: ExtractOptions,
        quiet: bool,
    ) -> Result<Self> {
        let transform = encoders::transform(encoder, extraction.transform.as_deref())?;
        let dataset = dataset::open(data, options.on_missing)?;
        for remark in dataset.remarks() {
            output::note(&format!("note: {data}: {remark}"));
        }
        Ok(Self { data, dataset, transform, options, quiet })
    }

    /// Encodes the images, with progress on stderr; bad images that are skipped are named there.
    pub fn run(&self, encoder: &dyn Encoder, outputs: &[Output]) -> Result<ExtractReport> {
        let what = format!("embed {} with {}", self.data, encoder.spec().name);
        let total = self.options.shard_images(self.dataset.len());
        let progress = Progress::start(&what, total, self.quiet);
        // The first call tells how many images an earlier run did.
        let started = Cell::new(false);
        let report = extract(self.dataset.as_ref(), encoder, &self.transform, outputs, &self.options, &|done| {
            if started.replace(true) { progress.set(done) } else { progress.begin_at(done) }
        })
        .with_context(|| format!("cannot embed {}", self.data))?;
        progress.finish();
        if let Some(set) = report.sets.first().filter(|set| !set.skipped.is_empty()) {
            say_skipped(&set.skipped, set.rows, self.data);
        }
        Ok(report)
    }
}

/// Skipped samples that are named one by one.
const NAMED: usize = 20;

/// Says which samples of a set were left out, whatever is asked to be quiet about; `rows` of the set are left.
pub fn say_skipped(skipped: &[SkippedImage], rows: usize, data: &str) {
    if skipped.is_empty() {
        return;
    }
    for sample in skipped.iter().take(NAMED) {
        output::note(&format!("skipped {}: {}", sample.id, sample.reason));
    }
    if skipped.len() > NAMED {
        output::note(&format!("skipped {} more", skipped.len() - NAMED));
    }
    output::note(&format!("skipped {} of {} samples of {data}", skipped.len(), rows + skipped.len()));
}

/// Embeddings of data sets by one encoder, kept in the cache where there is one.
pub struct EncoderSource<'a> {
    job: &'a EncoderJob,
    encoder: Box<dyn Encoder>,
    store: Store,
    on_missing: OnMissing,
    quiet: bool,
}

/// Where the embeddings are kept while they are needed, or longer.
enum Store {
    Cache { cache: EmbeddingCache, _in_use: CacheUse },
    Scratch(ScratchFolder),
}

impl<'a> EncoderSource<'a> {
    /// Opens the encoder; without a cache, embeddings go to a temporary folder in `out` (a system's own is often small).
    pub fn open(job: &'a EncoderJob, out: Option<&Path>, global: &Global) -> Result<Self> {
        let encoder = job.open(global)?;
        let store = match cache::open(global) {
            Some(cache) => {
                let in_use = cache.start_use()?;
                Store::Cache { cache, _in_use: in_use }
            }
            None => {
                let parent = out.map_or_else(std::env::temp_dir, Path::to_owned);
                let scratch = ScratchFolder::create(&parent, "embeddings");
                Store::Scratch(scratch.context("cannot make a temporary folder for the embeddings")?)
            }
        };
        Ok(Self { job, encoder, store, on_missing: global.on_missing, quiet: global.quiet })
    }

    /// What the encoder was opened for.
    pub fn job(&self) -> &'a EncoderJob {
        self.job
    }

    /// What becomes of samples that are missing.
    pub fn on_missing(&self) -> OnMissing {
        self.on_missing
    }

    /// The encoder.
    pub fn encoder(&self) -> &dyn Encoder {
        self.encoder.as_ref()
    }

    /// The embeddings of a data set by each feature: those in the cache, or new ones, which come from one pass.
    pub fn embeddings(&mut self, data: &str) -> Result<Vec<EmbeddingSet>> {
        let EncoderJob { features, extraction, .. } = self.job;
        let options = extract_options(extraction, self.on_missing);
        let embedding = Embedding::open(self.encoder.as_ref(), data, extraction, options, self.quiet)?;
        let place_of = |feature| {
            let identity = Identity::new(
                embedding.dataset.as_ref(),
                self.encoder.spec(),
                &embedding.transform,
                feature,
                &embedding.options,
            );
            match &self.store {
                Store::Cache { cache, .. } => cache.place(&identity, embedding.dataset.as_ref()),
                Store::Scratch(folder) => Place::Folder(folder.path().join(identity.key(data))),
            }
        };
        let outputs: Vec<Output> =
            features.iter().map(|&feature| Output { feature, place: place_of(feature) }).collect();
        let mut waiting = false;
        let report = loop {
            match embedding.run(self.encoder.as_ref(), &outputs) {
                Err(error) if is_taken(&error) => {
                    if !std::mem::replace(&mut waiting, true) && !self.quiet {
                        output::note("another process makes the same embeddings; waiting for it");
                    }
                    std::thread::sleep(WAIT);
                }
                Err(error) => return Err(self.explain(error)),
                Ok(report) => break report,
            }
        };
        if let Store::Cache { cache, .. } = &self.store {
            outputs.iter().for_each(|output| cache.touch(&output.place));
            if report.reused_images == embedding.dataset.len() && !self.quiet {
                output::note(&format!("embeddings of {data} come from the cache"));
            }
        }
        outputs.iter().map(|output| read_embeddings(&output.place.parts_folder().display().to_string())).collect()
    }

    /// Says how to get rid of a cached set that cannot be used.
    fn explain(&self, error: anyhow::Error) -> anyhow::Error {
        match (&self.store, error.downcast_ref::<ExtractError>()) {
            (Store::Cache { .. }, Some(ExtractError::JobFile { .. } | ExtractError::ForeignParts { .. })) => {
                error.context("a cached set cannot be used; `sop cache prune` removes such sets")
            }
            _ => error,
        }
    }
}

/// Whether another process is writing the same part.
fn is_taken(error: &anyhow::Error) -> bool {
    matches!(error.downcast_ref(), Some(ExtractError::Embedding(EmbeddingError::File(ParquetFileError::Taken { .. }))))
}

/// Bounds on images, with the largest number of pixels where it is given.
pub fn decode_limits(max_pixels: Option<u64>) -> DecodeLimits {
    max_pixels.map_or_else(DecodeLimits::default, |max_pixels| DecodeLimits { max_pixels })
}
