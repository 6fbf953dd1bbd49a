//! How many points there are.

use axum::extract::State;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::http::{Answer, ApiError, ErrorAnswer, Json, Path, Query, answer};
use crate::qdrant::serve::read;
use crate::qdrant::wire::{FilterForm, ReadParams, Unsupported, filter};
use crate::state::ServerState;

/// Which points are counted.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[allow(dead_code, reason = "serde reads what is refused or passed over")]
pub(crate) struct Count {
    /// The filter that they pass; all of them without one.
    #[serde(default)]
    #[schema(value_type = Option<FilterForm>)]
    filter: Option<Value>,
    /// The count is always exact.
    #[serde(default)]
    exact: Option<bool>,
    #[serde(default)]
    shard_key: Unsupported,
}

/// How many there are.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CountResult {
    /// Points.
    count: usize,
}

/// Counts points.
#[utoipa::path(
    post, path = "/collections/{c}/points/count", tag = "points",
    params(("c" = String, Path, description = "Collection or alias"), ReadParams), request_body = Count,
    responses((status = 200, body = Answer<CountResult>), (status = 404, body = ErrorAnswer), (status = 422, body = ErrorAnswer))
)]
pub(crate) async fn count(
    State(state): State<ServerState>,
    Path(c): Path<String>,
    Query(params): Query<ReadParams>,
    Json(body): Json<Count>,
) -> Result<Answer<CountResult>, ApiError> {
    let filter = filter(body.filter, state.store().limits())?;
    let count = read(&state, &c, params.timeout(), move |collection| Ok(collection.count(filter.as_ref())?)).await?;
    Ok(answer(CountResult { count }))
}
