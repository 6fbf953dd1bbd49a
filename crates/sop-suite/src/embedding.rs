//! Data sets through an encoder: into files that are named, or into embeddings that are kept while they are needed, or longer.

use std::cell::Cell;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use sop_core::atomic_file::ScratchFolder;
use sop_core::{EmbeddingError, EmbeddingSet, Encoder, ParquetFileError, SkippedImage};
use sop_datasets::dataset::{ImageDataset, OnMissing};
use sop_embed::{
    CacheUse, EmbeddingCache, ExtractError, ExtractOptions, ExtractReport, Identity, Place, Target, extract,
};
use sop_image::transform::Transform;

use crate::encoders::{self, EncoderRequest, Extraction, JobEncoder};
use crate::error::{Context as _, Result, SuiteError};
use crate::source::{Source, read_embeddings};
use crate::{Environment, Observer};

/// How often it is looked whether another process is done with embeddings that this one needs, too.
const WAIT: Duration = Duration::from_millis(500);

/// Skipped samples that are named one by one.
const NAMED: usize = 20;

impl Extraction {
    /// The options of an extraction, with the defaults of everything that is not said.
    #[must_use]
    pub fn options(&self, on_missing: OnMissing) -> ExtractOptions {
        ExtractOptions { batch: self.batch, on_missing, limits: self.limits(), ..ExtractOptions::default() }
    }
}

/// A data set on its way through an encoder.
#[derive(Debug)]
pub struct EmbedRun {
    /// What messages call the data set.
    pub name: String,
    /// The images.
    pub dataset: Arc<dyn ImageDataset>,
    /// The transform of the images.
    pub transform: Transform,
    /// How it is extracted.
    pub options: ExtractOptions,
}

impl EmbedRun {
    /// Opens the data set and finds the transform.
    ///
    /// # Errors
    /// When the data set cannot be used, or no transform fits the encoder.
    pub fn open(
        encoder: &dyn Encoder,
        source: &Source,
        extraction: &Extraction,
        options: ExtractOptions,
        environment: &Environment<'_>,
    ) -> Result<Self> {
        let transform = encoders::transform(encoder, extraction.transform.as_deref())?;
        let dataset = source.open(options.on_missing)?;
        for remark in dataset.remarks() {
            environment.warn(&format!("note: {source}: {remark}"));
        }
        Ok(Self { name: source.name().to_owned(), dataset, transform, options })
    }

    /// Encodes the images; the observer hears of the progress and of images that are skipped.
    ///
    /// # Errors
    /// As [`extract`].
    pub fn run(
        &self,
        encoder: &dyn Encoder,
        targets: &[Target],
        environment: &Environment<'_>,
    ) -> Result<ExtractReport> {
        let what = format!("embed {} with {}", self.name, encoder.spec().name);
        let total = self.options.shard_images(self.dataset.len());
        let progress = environment.begin(&what, total);
        // The first call tells how many images an earlier run did.
        let started = Cell::new(false);
        let report = extract(self.dataset.as_ref(), encoder, &self.transform, targets, &self.options, &|done| {
            if started.replace(true) { progress.set(done) } else { progress.begin_at(done) }
        })
        .with_context(|| format!("cannot embed {}", self.name))?;
        progress.finish();
        if let Some(set) = report.sets.first().filter(|set| !set.skipped.is_empty()) {
            say_skipped(&set.skipped, set.rows, &self.name, environment.observer);
        }
        Ok(report)
    }
}

/// Says which samples of a set were left out; `rows` of the set are left.
pub fn say_skipped(skipped: &[SkippedImage], rows: usize, data: &str, observer: &dyn Observer) {
    if skipped.is_empty() {
        return;
    }
    for sample in skipped.iter().take(NAMED) {
        observer.warn(&format!("skipped {}: {}", sample.id, sample.reason));
    }
    if skipped.len() > NAMED {
        observer.warn(&format!("skipped {} more", skipped.len() - NAMED));
    }
    observer.warn(&format!("skipped {} of {} samples of {data}", skipped.len(), rows + skipped.len()));
}

/// Embeddings of data sets by one encoder, kept in the cache where there is one.
pub struct Embedder<'a> {
    job: &'a JobEncoder,
    encoder: &'a dyn Encoder,
    store: Store,
    environment: &'a Environment<'a>,
}

/// Where the embeddings are kept while they are needed, or longer.
enum Store {
    Cache { cache: EmbeddingCache, _in_use: CacheUse },
    Scratch(ScratchFolder),
}

impl<'a> Embedder<'a> {
    /// Opens the encoder; without a cache, embeddings go to a temporary folder in `out` (a system's own is often small).
    ///
    /// # Errors
    /// When the encoder or the cache cannot be used, or no temporary folder can be made.
    pub fn open(job: &'a JobEncoder, out: Option<&Path>, environment: &'a Environment<'a>) -> Result<Self> {
        let encoder = job.open(environment)?;
        let store = match environment.cache.open() {
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
        Ok(Self { job, encoder, store, environment })
    }

    /// What the encoder was opened for.
    pub fn request(&self) -> &'a EncoderRequest {
        self.job.request()
    }

    /// What happens to samples that are missing.
    pub fn on_missing(&self) -> OnMissing {
        self.environment.on_missing
    }

    /// The encoder.
    pub fn encoder(&self) -> &'a dyn Encoder {
        self.encoder
    }

    /// The transform of the images.
    ///
    /// # Errors
    /// As [`encoders::transform`].
    pub fn transform(&self) -> Result<Transform> {
        self.job.transform(self.environment)
    }

    /// The embeddings of a data set by each feature: those in the cache, or new ones, which come from one pass.
    ///
    /// # Errors
    /// When the data set cannot be used or embedded.
    pub fn embeddings(&self, source: &Source) -> Result<Vec<EmbeddingSet>> {
        let EncoderRequest { features, extraction, .. } = self.job.request();
        let options = extraction.options(self.environment.on_missing);
        let embedding = EmbedRun::open(self.encoder, source, extraction, options, self.environment)?;
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
                Store::Scratch(folder) => Place::Folder(folder.path().join(identity.key(source.name()))),
            }
        };
        let targets: Vec<Target> =
            features.iter().map(|&feature| Target { feature, place: place_of(feature) }).collect();
        let mut waiting = false;
        let report = loop {
            match embedding.run(self.encoder, &targets, self.environment) {
                Err(error) if is_taken(&error) => {
                    if !std::mem::replace(&mut waiting, true) {
                        self.environment.note("another process makes the same embeddings; waiting for it");
                    }
                    std::thread::sleep(WAIT);
                }
                Err(error) => return Err(self.explain(error)),
                Ok(report) => break report,
            }
        };
        if let Store::Cache { cache, .. } = &self.store {
            targets.iter().for_each(|target| cache.touch(&target.place));
            if report.reused_images == embedding.dataset.len() {
                self.environment.note(&format!("embeddings of {source} come from the cache"));
            }
        }
        targets.iter().map(|target| read_embeddings(&target.place.parts_folder().display().to_string())).collect()
    }

    /// Says how to get rid of a cached set that cannot be used.
    fn explain(&self, error: SuiteError) -> SuiteError {
        match (&self.store, error.extraction()) {
            (Store::Cache { .. }, Some(ExtractError::OriginFile { .. } | ExtractError::ForeignParts { .. })) => {
                let doing = "a cached set cannot be used; `sop cache prune` removes such sets".to_owned();
                SuiteError::While { doing, source: Box::new(error) }
            }
            _ => error,
        }
    }
}

/// Whether another process is writing the same part.
fn is_taken(error: &SuiteError) -> bool {
    matches!(error.extraction(), Some(ExtractError::Embedding(EmbeddingError::File(ParquetFileError::Taken { .. }))))
}
