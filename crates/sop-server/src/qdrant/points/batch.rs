//! Several changes in one request.

use axum::extract::State;
use serde::Deserialize;
use sop_collection::{Collection, Payload, Point, Selection};
use utoipa::ToSchema;

use super::payload::{DeletePayload, SetPayload};
use super::upsert::Upsert;
use crate::http::{Answer, ApiError, ErrorAnswer, Json, Path, Query, answer};
use crate::qdrant::serve::write;
use crate::qdrant::wire::{Points, UpdateParams, UpdateResult};
use crate::state::ServerState;

/// Changes, made one after the other.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct UpdateOperations {
    /// The changes.
    operations: Vec<UpdateOperation>,
}

/// One change; Qdrant's `update_vectors` and `delete_vectors` are not supported.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum UpdateOperation {
    Upsert(Upsert),
    Delete(Points),
    SetPayload(SetPayload),
    OverwritePayload(SetPayload),
    DeletePayload(DeletePayload),
    ClearPayload(Points),
}

/// A change that is checked as far as it can be without the collection.
enum Checked {
    Upsert(Vec<Point>),
    Delete(Selection),
    SetPayload(Payload, Selection),
    OverwritePayload(Payload, Selection),
    DeletePayload(Vec<String>, Selection),
    ClearPayload(Selection),
}

impl UpdateOperation {
    fn check(self, state: &ServerState) -> Result<Checked, ApiError> {
        Ok(match self {
            Self::Upsert(upsert) => Checked::Upsert(upsert.points(state.limits())?),
            Self::Delete(points) => Checked::Delete(points.selection(state)?),
            Self::SetPayload(set) => set.split(state).map(|(payload, points)| Checked::SetPayload(payload, points))?,
            Self::OverwritePayload(set) => {
                set.split(state).map(|(payload, points)| Checked::OverwritePayload(payload, points))?
            }
            Self::DeletePayload(delete) => {
                delete.split(state).map(|(keys, points)| Checked::DeletePayload(keys, points))?
            }
            Self::ClearPayload(points) => Checked::ClearPayload(points.selection(state)?),
        })
    }
}

impl Checked {
    fn make(self, collection: &Collection) -> Result<UpdateResult, ApiError> {
        let changed = match self {
            Self::Upsert(points) => collection.upsert(points)?,
            Self::Delete(points) => collection.delete(&points)?,
            Self::SetPayload(payload, points) => collection.set_payload(&points, payload)?,
            Self::OverwritePayload(payload, points) => collection.overwrite_payload(&points, payload)?,
            Self::DeletePayload(keys, points) => collection.delete_payload_keys(&points, keys)?,
            Self::ClearPayload(points) => collection.clear_payload(&points)?,
        };
        UpdateResult::of(changed)
    }
}

/// Makes several changes one after the other. Each is made whole or not at all; after the first that fails, no more are made, and the
/// answer names it.
#[utoipa::path(
    post, path = "/collections/{c}/points/batch", tag = "points",
    params(("c" = String, Path, description = "Collection or alias"), UpdateParams), request_body = UpdateOperations,
    responses((status = 200, body = Answer<Vec<UpdateResult>>), (status = 404, body = ErrorAnswer), (status = 422, body = ErrorAnswer))
)]
pub(crate) async fn batch(
    State(state): State<ServerState>,
    Path(c): Path<String>,
    Query(params): Query<UpdateParams>,
    Json(body): Json<UpdateOperations>,
) -> Result<Answer<Vec<UpdateResult>>, ApiError> {
    let (given, most) = (body.operations.len(), state.limits().batch);
    if given > most {
        return Err(ApiError::unprocessable(format!("{given} operations are more than {most} (limit `batch`)")));
    }
    let check = |(at, operation): (usize, UpdateOperation)| operation.check(&state).map_err(|error| named(at, error));
    let operations: Vec<Checked> = body.operations.into_iter().enumerate().map(check).collect::<Result<_, _>>()?;
    let results = write(&state, &c, params.timeout(), move |collection| {
        let operations = operations.into_iter().enumerate();
        operations.map(|(at, operation)| operation.make(collection).map_err(|error| named(at, error))).collect()
    });
    Ok(answer(results.await?))
}

fn named(at: usize, error: ApiError) -> ApiError {
    ApiError { message: format!("operations[{at}]: {}", error.message), ..error }
}
