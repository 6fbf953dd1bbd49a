//! Values of a payload key with their counts.

use axum::extract::State;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::serve::read;
use super::wire::{FilterForm, ReadParams, Unsupported, filter};
use crate::http::{Answer, ApiError, ErrorAnswer, Json, Path, Query, answer};
use crate::state::ServerState;

/// Which key, and of which points.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[allow(dead_code, reason = "serde reads what is refused or passed over")]
pub(super) struct FacetRequest {
    /// Path in the payload, such as `label`.
    key: String,
    /// Most values; 10 unless told otherwise.
    #[serde(default)]
    limit: Option<usize>,
    /// The filter that points must pass.
    #[serde(default)]
    #[schema(value_type = Option<FilterForm>)]
    filter: Option<Value>,
    /// Counts are always exact.
    #[serde(default)]
    exact: Option<bool>,
    #[serde(default)]
    shard_key: Unsupported,
}

/// Values with their counts, the most frequent first.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct FacetResponse {
    hits: Vec<FacetHit>,
}

/// A value.
#[derive(Debug, Serialize, ToSchema)]
struct FacetHit {
    /// The value: a text, a whole number or a truth value.
    value: Value,
    /// Points that have it.
    count: usize,
}

/// Counts the points of each value.
#[utoipa::path(
    post, path = "/collections/{c}/facet", tag = "points",
    params(("c" = String, Path, description = "Collection or alias"), ReadParams), request_body = FacetRequest,
    responses((status = 200, body = Answer<FacetResponse>), (status = 404, body = ErrorAnswer), (status = 422, body = ErrorAnswer))
)]
pub(super) async fn facet(
    State(state): State<ServerState>,
    Path(c): Path<String>,
    Query(params): Query<ReadParams>,
    Json(body): Json<FacetRequest>,
) -> Result<Answer<FacetResponse>, ApiError> {
    let FacetRequest { key, limit, filter: given, exact: _, shard_key: _ } = body;
    let limit = state.limits().checked_limit(limit, 10)?;
    let filter = filter(given, state.store().limits())?;
    let values =
        read(&state, &c, params.timeout(), move |collection| Ok(collection.facet(&key, filter.as_ref(), limit)?));
    let hits = values.await?.into_iter().map(|(value, count)| FacetHit { value, count });
    Ok(answer(FacetResponse { hits: hits.collect() }))
}
