//! What every request handler can use.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::http::HeaderValue;

use crate::config::ServerConfig;
use crate::http::BodyBudget;
use crate::limits::Limits;
use crate::metrics::Metrics;
use crate::work::Workers;

/// What every request handler can use; a clone is the same state.
#[derive(Clone)]
pub struct ServerState(Arc<Shared>);

struct Shared {
    config: ServerConfig,
    workers: Workers,
    bodies: BodyBudget,
    metrics: Metrics,
    run: u64,
    requests: AtomicU64,
}

impl ServerState {
    pub(crate) fn new(config: ServerConfig) -> Self {
        Self(Arc::new(Shared {
            workers: Workers::new(&config.limits),
            bodies: BodyBudget::new(config.limits.bodies_bytes),
            metrics: Metrics::new(),
            // Tells the ids of two runs apart in one log.
            run: RandomState::new().build_hasher().finish(),
            requests: AtomicU64::new(0),
            config,
        }))
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

    /// Where blocking work is done.
    #[must_use]
    pub fn workers(&self) -> &Workers {
        &self.0.workers
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

    pub(crate) fn next_request_id(&self) -> HeaderValue {
        let number = self.0.requests.fetch_add(1, Ordering::Relaxed);
        let id = format!("{:08x}-{number}", self.0.run >> 32);
        HeaderValue::try_from(id).unwrap_or_else(|_| HeaderValue::from_static("-"))
    }
}
