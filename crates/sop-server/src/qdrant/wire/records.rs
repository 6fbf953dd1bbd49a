//! Points as they come back.

use serde::Serialize;
use sop_collection::{Hit, Payload, PointId, Record};
use utoipa::ToSchema;

use super::IdForm;

/// A point.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Record)]
pub struct RecordOut {
    /// Its id, as it was given.
    #[schema(value_type = IdForm)]
    pub id: PointId,
    /// Its payload, where it was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub payload: Option<Payload>,
    /// Its vector, where it was asked for. With the cosine, vectors come back at unit length.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vector: Option<Vec<f32>>,
}

impl From<Record> for RecordOut {
    fn from(record: Record) -> Self {
        Self { id: record.id, payload: record.payload, vector: record.vector }
    }
}

/// A point that a search found.
#[derive(Debug, Serialize, ToSchema)]
pub struct ScoredPoint {
    /// Its id, as it was given.
    #[schema(value_type = IdForm)]
    pub id: PointId,
    /// Number of the change that last touched it.
    pub version: u64,
    /// Its similarity to the query: more is nearer.
    pub score: f32,
    /// Its payload, where it was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub payload: Option<Payload>,
    /// Its vector, where it was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vector: Option<Vec<f32>>,
}

impl From<Hit> for ScoredPoint {
    fn from(hit: Hit) -> Self {
        Self { id: hit.id, version: hit.version, score: hit.score, payload: hit.payload, vector: hit.vector }
    }
}
