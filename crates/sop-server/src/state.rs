//! What every request handler can use.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

use axum::http::HeaderValue;
use sop_collection::Store;
use tokio::sync::Semaphore;

use crate::config::ServerConfig;
use crate::encoder::EncoderSet;
use crate::http::BodyBudget;
use crate::images::DataSets;
use crate::limits::Limits;
use crate::metrics::{Metrics, Sampler};
use crate::qdrant::{UploadsFolder, WaitingSearches};
use crate::work::Workers;

/// Exports whose files are on disk at the same time.
const EXPORTS: usize = 4;

/// What every request handler can use; a clone is the same state.
#[derive(Clone)]
pub struct ServerState(Arc<Shared>);

struct Shared {
    config: ServerConfig,
    store: Arc<Store>,
    uploads: UploadsFolder,
    workers: Workers,
    searches: WaitingSearches,
    bodies: BodyBudget,
    metrics: Metrics,
    exports: Arc<Semaphore>,
    encoders: OnceLock<EncoderSet>,
    data_sets: Arc<DataSets>,
    run: u64,
    requests: AtomicU64,
}

impl ServerState {
    /// # Errors
    /// Where the system gives no thread for samples.
    pub(crate) fn new(config: ServerConfig, store: Store) -> std::io::Result<Self> {
        Ok(Self(Arc::new(Shared {
            uploads: UploadsFolder::of(store.root(), store.is_read_only()),
            store: Arc::new(store),
            workers: Workers::new(&config.limits),
            searches: WaitingSearches::default(),
            bodies: BodyBudget::new(config.limits.bodies_bytes),
            metrics: Metrics::new(config.sample_every)?,
            exports: Arc::new(Semaphore::new(EXPORTS)),
            encoders: OnceLock::new(),
            data_sets: Arc::default(),
            // Tells the ids of two runs apart in one log.
            run: RandomState::new().build_hasher().finish(),
            requests: AtomicU64::new(0),
            config,
        })))
    }

    /// What the server was started with.
    #[must_use]
    pub fn config(&self) -> &ServerConfig {
        &self.0.config
    }

    /// What requests may take.
    #[must_use]
    pub fn limits(&self) -> &Limits {
        &self.0.config.limits
    }

    /// The collections.
    #[must_use]
    pub fn store(&self) -> &Arc<Store> {
        &self.0.store
    }

    pub(crate) fn uploads(&self) -> &UploadsFolder {
        &self.0.uploads
    }

    pub(crate) fn sampler(&self) -> &Sampler {
        self.0.metrics.sampler()
    }

    /// Where blocking work is done.
    #[must_use]
    pub fn workers(&self) -> &Workers {
        &self.0.workers
    }

    /// Searches that wait for their turn.
    pub(crate) fn searches(&self) -> &WaitingSearches {
        &self.0.searches
    }

    /// Memory for bodies.
    #[must_use]
    pub fn bodies(&self) -> &BodyBudget {
        &self.0.bodies
    }

    /// What is counted.
    #[must_use]
    pub fn metrics(&self) -> &Metrics {
        &self.0.metrics
    }

    /// Leave to write points to a file and to keep that until it is sent.
    pub(crate) fn exports(&self) -> Arc<Semaphore> {
        Arc::clone(&self.0.exports)
    }

    /// The encoders that images go through; none where none were given.
    #[must_use]
    pub fn encoders(&self) -> &EncoderSet {
        self.0.encoders.get_or_init(EncoderSet::default)
    }

    /// The data sets whose images collections show.
    pub(crate) fn data_sets(&self) -> &Arc<DataSets> {
        &self.0.data_sets
    }

    /// Sets the encoders, once, before the first request; they count into the server's metrics.
    pub(crate) fn set_encoders(&self, encoders: EncoderSet) {
        for encoder in encoders.iter() {
            encoder.observe(self.0.metrics.encoders());
        }
        drop(self.0.encoders.set(encoders));
    }

    pub(crate) fn next_request_id(&self) -> HeaderValue {
        let number = self.0.requests.fetch_add(1, Ordering::Relaxed);
        let id = format!("{:08x}-{number}", self.0.run >> 32);
        HeaderValue::try_from(id).unwrap_or_else(|_| HeaderValue::from_static("-"))
    }
}
