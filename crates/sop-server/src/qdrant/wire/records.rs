//! Points as they come back.

use serde::Serialize;
use sop_collection::{Folding, Hit, Payload, PointId, Record};
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
    /// Ids of hits that are near-duplicates of this one and shown with it, best first; left out where there are none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(value_type = Option<Vec<IdForm>>)]
    pub folded: Vec<PointId>,
}

/// How near-duplicates were folded.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Folding)]
pub struct FoldingOut {
    /// Hits that were looked at, in the order of their ranks.
    pub examined: usize,
    /// Whether that ended at the server's bound: further hits, or near-duplicates of those shown, may lie behind it.
    pub bound_reached: bool,
}

impl From<Folding> for FoldingOut {
    fn from(folding: Folding) -> Self {
        Self { examined: folding.examined, bound_reached: folding.bound_reached }
    }
}

impl From<Hit> for ScoredPoint {
    fn from(hit: Hit) -> Self {
        let Hit { id, score, version, payload, vector, folded } = hit;
        Self { id, version, score, payload, vector, folded }
    }
}
