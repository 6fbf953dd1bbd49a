//! Indexes over payload keys: all keys have one already.

use axum::extract::State;
use serde::Deserialize;
use utoipa::ToSchema;

use super::serve::read;
use super::wire::{Tuning, UpdateParams, UpdateResult};
use crate::http::{Answer, ApiError, ErrorAnswer, Json, Path, Query, answer};
use crate::state::ServerState;

/// Which key.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[allow(dead_code, reason = "serde reads what is refused or passed over")]
pub(super) struct CreateIndex {
    /// Path in the payload.
    field_name: String,
    /// Not used: the types of a key's values are known.
    #[serde(default)]
    field_schema: Tuning,
}

/// Does nothing: filters over every key are fast from the start.
#[utoipa::path(
    put, path = "/collections/{c}/index", tag = "collections",
    params(("c" = String, Path, description = "Collection or alias"), UpdateParams), request_body = CreateIndex,
    responses((status = 200, body = Answer<UpdateResult>), (status = 404, body = ErrorAnswer))
)]
pub(super) async fn create(
    State(state): State<ServerState>,
    Path(c): Path<String>,
    Query(params): Query<UpdateParams>,
    Json(body): Json<CreateIndex>,
) -> Result<Answer<UpdateResult>, ApiError> {
    let CreateIndex { field_name, field_schema: _ } = body;
    unchanged(&state, &c, params, field_name).await
}

/// Does nothing: filters over every key stay fast.
#[utoipa::path(
    delete, path = "/collections/{c}/index/{key}", tag = "collections",
    params(("c" = String, Path, description = "Collection or alias"), ("key" = String, Path, description = "Path in the payload"), UpdateParams),
    responses((status = 200, body = Answer<UpdateResult>), (status = 404, body = ErrorAnswer))
)]
pub(super) async fn delete(
    State(state): State<ServerState>,
    Path((c, key)): Path<(String, String)>,
    Query(params): Query<UpdateParams>,
) -> Result<Answer<UpdateResult>, ApiError> {
    unchanged(&state, &c, params, key).await
}

async fn unchanged(
    state: &ServerState,
    c: &str,
    params: UpdateParams,
    key: String,
) -> Result<Answer<UpdateResult>, ApiError> {
    let version = read(state, c, params.timeout(), move |collection| {
        sop_collection::KeyPath::new(&key).map_err(|error| ApiError::unprocessable(error.to_string()))?;
        Ok(collection.version())
    });
    Ok(answer(UpdateResult::completed(version.await?)))
}
