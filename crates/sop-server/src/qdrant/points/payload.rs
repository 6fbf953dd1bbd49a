//! Changing payloads.

use axum::extract::State;
use serde::Deserialize;
use serde_json::Value;
use sop_collection::{ChangeError, Changed, Collection, Payload, PointId, Selection};
use utoipa::ToSchema;

use crate::http::{Answer, ApiError, ErrorAnswer, Json, Path, Query, answer};
use crate::qdrant::serve::write;
use crate::qdrant::wire::{FilterForm, IdForm, Points, Unsupported, UpdateParams, UpdateResult, top_level};
use crate::state::ServerState;

/// A payload, and the points that get it.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[allow(dead_code, reason = "serde reads what is refused or passed over")]
pub(crate) struct SetPayload {
    /// The payload.
    #[schema(value_type = Object)]
    payload: Payload,
    /// Ids of the points.
    #[serde(default)]
    #[schema(value_type = Option<Vec<IdForm>>)]
    points: Option<Vec<PointId>>,
    /// The filter that the points pass.
    #[serde(default)]
    #[schema(value_type = Option<FilterForm>)]
    filter: Option<Value>,
    #[serde(default)]
    key: Unsupported,
    #[serde(default)]
    shard_key: Unsupported,
}

/// Keys that go away, and the points that lose them.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct DeletePayload {
    /// Keys of the payload itself, not paths.
    keys: Vec<String>,
    /// Ids of the points.
    #[serde(default)]
    #[schema(value_type = Option<Vec<IdForm>>)]
    points: Option<Vec<PointId>>,
    /// The filter that the points pass.
    #[serde(default)]
    #[schema(value_type = Option<FilterForm>)]
    filter: Option<Value>,
    #[serde(default)]
    shard_key: Unsupported,
}

impl SetPayload {
    /// The payload and the points.
    ///
    /// # Errors
    /// As [`Points::selection`].
    pub(crate) fn split(self, state: &ServerState) -> Result<(Payload, Selection), ApiError> {
        let points = Points { points: self.points, filter: self.filter, shard_key: self.shard_key };
        Ok((self.payload, points.selection(state)?))
    }
}

impl DeletePayload {
    /// The keys and the points.
    ///
    /// # Errors
    /// As [`Points::selection`], and for paths instead of keys.
    pub(crate) fn split(self, state: &ServerState) -> Result<(Vec<String>, Selection), ApiError> {
        let points = Points { points: self.points, filter: self.filter, shard_key: self.shard_key };
        Ok((top_level(self.keys)?, points.selection(state)?))
    }
}

/// Changes payloads on a worker.
async fn changed(
    state: &ServerState,
    c: &str,
    params: &UpdateParams,
    change: impl FnOnce(&Collection) -> Result<Changed, ChangeError> + Send + 'static,
) -> Result<Answer<UpdateResult>, ApiError> {
    let changed = write(state, c, params.timeout(), move |collection| Ok(change(collection)?)).await?;
    Ok(answer(UpdateResult::of(changed)?))
}

/// Adds or replaces keys of payloads; keys that are null go away, others stay. Points that are not there are 404, and the others are
/// changed all the same.
#[utoipa::path(
    post, path = "/collections/{c}/points/payload", tag = "points",
    params(("c" = String, Path, description = "Collection or alias"), UpdateParams), request_body = SetPayload,
    responses((status = 200, body = Answer<UpdateResult>), (status = 404, body = ErrorAnswer), (status = 422, body = ErrorAnswer))
)]
pub(crate) async fn set(
    State(state): State<ServerState>,
    Path(c): Path<String>,
    Query(params): Query<UpdateParams>,
    Json(body): Json<SetPayload>,
) -> Result<Answer<UpdateResult>, ApiError> {
    let (payload, points) = body.split(&state)?;
    changed(&state, &c, &params, move |collection| collection.set_payload(&points, payload)).await
}

/// Replaces payloads whole.
#[utoipa::path(
    put, path = "/collections/{c}/points/payload", tag = "points",
    params(("c" = String, Path, description = "Collection or alias"), UpdateParams), request_body = SetPayload,
    responses((status = 200, body = Answer<UpdateResult>), (status = 404, body = ErrorAnswer), (status = 422, body = ErrorAnswer))
)]
pub(crate) async fn overwrite(
    State(state): State<ServerState>,
    Path(c): Path<String>,
    Query(params): Query<UpdateParams>,
    Json(body): Json<SetPayload>,
) -> Result<Answer<UpdateResult>, ApiError> {
    let (payload, points) = body.split(&state)?;
    changed(&state, &c, &params, move |collection| collection.overwrite_payload(&points, payload)).await
}

/// Removes keys from payloads.
#[utoipa::path(
    post, path = "/collections/{c}/points/payload/delete", tag = "points",
    params(("c" = String, Path, description = "Collection or alias"), UpdateParams), request_body = DeletePayload,
    responses((status = 200, body = Answer<UpdateResult>), (status = 404, body = ErrorAnswer), (status = 422, body = ErrorAnswer))
)]
pub(crate) async fn delete(
    State(state): State<ServerState>,
    Path(c): Path<String>,
    Query(params): Query<UpdateParams>,
    Json(body): Json<DeletePayload>,
) -> Result<Answer<UpdateResult>, ApiError> {
    let (keys, points) = body.split(&state)?;
    changed(&state, &c, &params, move |collection| collection.delete_payload_keys(&points, keys)).await
}

/// Empties payloads.
#[utoipa::path(
    post, path = "/collections/{c}/points/payload/clear", tag = "points",
    params(("c" = String, Path, description = "Collection or alias"), UpdateParams), request_body = Points,
    responses((status = 200, body = Answer<UpdateResult>), (status = 404, body = ErrorAnswer), (status = 422, body = ErrorAnswer))
)]
pub(crate) async fn clear(
    State(state): State<ServerState>,
    Path(c): Path<String>,
    Query(params): Query<UpdateParams>,
    Json(body): Json<Points>,
) -> Result<Answer<UpdateResult>, ApiError> {
    let points = body.selection(&state)?;
    changed(&state, &c, &params, move |collection| collection.clear_payload(&points)).await
}
