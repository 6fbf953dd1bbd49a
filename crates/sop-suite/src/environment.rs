//! What every job runs in.

use std::fmt;

use sop_datasets::dataset::OnMissing;
use sop_encoder::RuntimeChoice;

use crate::cache::CacheChoice;
use crate::observer::{Observer, Progress, Silent};

/// What every job runs in: the engine, the cache, what happens to samples that are missing, and who hears of the work.
#[derive(Clone)]
pub struct Environment<'a> {
    /// Which engine runs ONNX files; it is chosen once per process.
    pub runtime: RuntimeChoice,
    /// Where embeddings are kept between evaluations.
    pub cache: CacheChoice,
    /// What to do with samples that are missing or cannot be used.
    pub on_missing: OnMissing,
    /// Who hears of the work.
    pub observer: &'a dyn Observer,
}

impl Environment<'static> {
    /// The usual engine, no cache, missing samples are errors, nobody hears of the work.
    #[must_use]
    pub fn silent() -> Self {
        Self { runtime: RuntimeChoice::Auto, cache: CacheChoice::Off, on_missing: OnMissing::Error, observer: &Silent }
    }
}

impl Environment<'_> {
    /// As [`Observer::note`].
    pub fn note(&self, text: &str) {
        self.observer.note(text);
    }

    /// As [`Observer::warn`].
    pub fn warn(&self, text: &str) {
        self.observer.warn(text);
    }

    /// As [`Observer::begin`].
    #[must_use]
    pub fn begin(&self, what: &str, total: usize) -> Box<dyn Progress + '_> {
        self.observer.begin(what, total)
    }
}

impl fmt::Debug for Environment<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Environment")
            .field("runtime", &self.runtime)
            .field("cache", &self.cache)
            .field("on_missing", &self.on_missing)
            .finish_non_exhaustive()
    }
}
