//! What one request and all of them together may take.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::http::ApiError;

/// What one request and all of them together may take. Everything above is refused with a message that names the limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
#[non_exhaustive]
pub struct Limits {
    /// Bytes of a request's body (413).
    pub body_bytes: usize,
    /// Bytes of an uploaded snapshot (413).
    pub snapshot_bytes: u64,
    /// Bytes of the bodies that are held at the same time (429).
    pub bodies_bytes: usize,
    /// Components of a vector (422).
    pub dimension: usize,
    /// Hits of a search, points of a page, values of a facet (422).
    pub limit: usize,
    /// Hits that a search may skip (422).
    pub offset: usize,
    /// Searches in one batch (422).
    pub batch: usize,
    /// Points, ids or operations in one request (422).
    pub points: usize,
    /// Searches and other reads that work at the same time.
    pub reads: usize,
    /// Changes that work at the same time; those share one sync to the disk.
    pub writes: usize,
    /// Requests that wait for their turn, reads and changes each (429 above).
    pub queue: usize,
    /// Connections that are open at the same time (503 above).
    pub connections: usize,
    /// Milliseconds until a request's head must have arrived, and until an idle connection is closed.
    pub head_ms: u64,
    /// Milliseconds until a request's body must have arrived (408).
    pub body_ms: u64,
    /// Milliseconds until a request must have been answered (408).
    pub request_ms: u64,
    /// Milliseconds that a client may take nothing of its answer, until the connection is closed.
    pub stalled_ms: u64,
    /// Milliseconds that a stopping server waits for what it has accepted.
    pub shutdown_ms: u64,
}

impl Default for Limits {
    fn default() -> Self {
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        Self {
            body_bytes: 32 << 20,
            snapshot_bytes: 64 << 30,
            bodies_bytes: 256 << 20,
            dimension: 65_536,
            limit: 10_000,
            offset: 10_000,
            batch: 1_000,
            points: 100_000,
            reads: cores,
            writes: 64,
            queue: 256,
            connections: 800,
            head_ms: 10_000,
            body_ms: 30_000,
            request_ms: 60_000,
            stalled_ms: 30_000,
            shutdown_ms: 30_000,
        }
    }
}

impl Limits {
    /// Name of the first limit that is 0. A queue of 0 is allowed: what cannot start at once is refused.
    pub(crate) fn first_zero(&self) -> Option<&'static str> {
        let milliseconds = [
            (self.head_ms, "head_ms"),
            (self.body_ms, "body_ms"),
            (self.request_ms, "request_ms"),
            (self.stalled_ms, "stalled_ms"),
            (self.snapshot_bytes, "snapshot_bytes"),
        ];
        let counts = [
            (self.body_bytes, "body_bytes"),
            (self.bodies_bytes, "bodies_bytes"),
            (self.dimension, "dimension"),
            (self.limit, "limit"),
            (self.batch, "batch"),
            (self.points, "points"),
            (self.reads, "reads"),
            (self.writes, "writes"),
            (self.connections, "connections"),
        ];
        let zero_count = counts.iter().find(|(value, _)| *value == 0).map(|(_, name)| *name);
        zero_count.or_else(|| milliseconds.iter().find(|(value, _)| *value == 0).map(|(_, name)| *name))
    }

    /// How many hits or points a request asks for: `usual` where it does not say.
    pub(crate) fn checked_limit(&self, asked: Option<usize>, usual: usize) -> Result<usize, ApiError> {
        match asked.unwrap_or(usual.min(self.limit)) {
            0 => Err(ApiError::unprocessable("limit: value 0 invalid, must be 1 or larger")),
            limit if limit > self.limit => {
                Err(ApiError::unprocessable(format!("limit: {limit} is more than {} (limit `limit`)", self.limit)))
            }
            limit => Ok(limit),
        }
    }

    /// How many hits a search skips.
    pub(crate) fn checked_offset(&self, asked: Option<usize>) -> Result<usize, ApiError> {
        match asked.unwrap_or(0) {
            offset if offset > self.offset => {
                Err(ApiError::unprocessable(format!("offset: {offset} is more than {} (limit `offset`)", self.offset)))
            }
            offset => Ok(offset),
        }
    }

    pub(crate) fn head(&self) -> Duration {
        Duration::from_millis(self.head_ms)
    }

    pub(crate) fn body(&self) -> Duration {
        Duration::from_millis(self.body_ms)
    }

    pub(crate) fn request(&self) -> Duration {
        Duration::from_millis(self.request_ms)
    }

    pub(crate) fn stalled(&self) -> Duration {
        Duration::from_millis(self.stalled_ms)
    }

    pub(crate) fn shutdown(&self) -> Duration {
        Duration::from_millis(self.shutdown_ms)
    }
}
