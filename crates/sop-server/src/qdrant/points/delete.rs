//! Removing points.

use axum::extract::State;

use crate::http::{Answer, ApiError, ErrorAnswer, Json, Path, Query, answer};
use crate::qdrant::serve::write;
use crate::qdrant::wire::{Points, UpdateParams, UpdateResult};
use crate::state::ServerState;

/// Removes points by their ids or by a filter; ids that are not there are passed over.
#[utoipa::path(
    post, path = "/collections/{c}/points/delete", tag = "points",
    params(("c" = String, Path, description = "Collection or alias"), UpdateParams), request_body = Points,
    responses((status = 200, body = Answer<UpdateResult>), (status = 404, body = ErrorAnswer), (status = 422, body = ErrorAnswer))
)]
pub(crate) async fn delete(
    State(state): State<ServerState>,
    Path(c): Path<String>,
    Query(params): Query<UpdateParams>,
    Json(body): Json<Points>,
) -> Result<Answer<UpdateResult>, ApiError> {
    let selection = body.selection(&state)?;
    let changed = write(&state, &c, params.timeout(), move |collection| Ok(collection.delete(&selection)?)).await?;
    Ok(answer(UpdateResult::completed(changed.version)))
}
