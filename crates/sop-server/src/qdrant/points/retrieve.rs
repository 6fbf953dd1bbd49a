//! Reading points by their ids.

use std::sync::Arc;

use axum::extract::State;
use axum::routing::get;
use serde::Deserialize;
use sop_collection::{Collection, Parts, PointId};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;

use crate::http::{Answer, ApiError, ErrorAnswer, Json, Path, Query, Rendered, answer};
use crate::qdrant::serve::read;
use crate::qdrant::wire::{IdForm, ReadParams, RecordOut, Unsupported, WithPayload, WithVector, id_in_path, parts};
use crate::state::ServerState;

/// Which points, and which parts of them.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[allow(dead_code, reason = "serde reads what is refused or passed over")]
pub(crate) struct Retrieve {
    /// Their ids; those that are not there are left out of the answer.
    #[schema(value_type = Vec<IdForm>)]
    ids: Vec<PointId>,
    /// How much of the payload comes back; all of it unless told otherwise.
    #[serde(default)]
    with_payload: Option<WithPayload>,
    /// Whether the vector comes back; not unless told so.
    #[serde(default, alias = "with_vectors")]
    with_vector: Option<WithVector>,
    #[serde(default)]
    shard_key: Unsupported,
}

/// Reads points by their ids.
#[utoipa::path(
    post, path = "/collections/{c}/points", tag = "points",
    params(("c" = String, Path, description = "Collection or alias"), ReadParams), request_body = Retrieve,
    responses((status = 200, body = Answer<Vec<RecordOut>>), (status = 404, body = ErrorAnswer), (status = 422, body = ErrorAnswer))
)]
pub(crate) async fn many(
    State(state): State<ServerState>,
    Path(c): Path<String>,
    Query(params): Query<ReadParams>,
    Json(body): Json<Retrieve>,
) -> Result<Rendered, ApiError> {
    let (given, most) = (body.ids.len(), state.limits().points);
    if given > most {
        return Err(ApiError::unprocessable(format!("{given} ids are more than {most} (limit `points`)")));
    }
    let parts = parts(body.with_payload, body.with_vector, true)?;
    let ids = body.ids;
    read(&state, &c, params.timeout(), move |collection| {
        let records: Vec<RecordOut> = collection.get(&ids, &parts)?.into_iter().map(RecordOut::from).collect();
        Rendered::new(&records)
    })
    .await
}

/// Reads a point.
#[utoipa::path(
    get, path = "/collections/{c}/points/{id}", tag = "points",
    params(
        ("c" = String, Path, description = "Collection or alias"),
        ("id" = String, Path, description = "Id, percent-encoded; numbers and texts that read the same are the same id"), ReadParams
    ),
    responses((status = 200, body = Answer<RecordOut>), (status = 404, body = ErrorAnswer))
)]
pub(crate) async fn one(
    State(state): State<ServerState>,
    Path((c, id)): Path<(String, String)>,
    Query(params): Query<ReadParams>,
) -> Result<Answer<RecordOut>, ApiError> {
    of_id(&state, &c, &params, id).await
}

async fn of_id(state: &ServerState, c: &str, params: &ReadParams, id: String) -> Result<Answer<RecordOut>, ApiError> {
    let id = id_in_path(id);
    let missing = ApiError::not_found(format!("Not found: Point with id {id} does not exist!"));
    let get = move |collection: &Arc<Collection>| Ok(collection.get(&[id], &Parts::all())?);
    let record = read(state, c, params.timeout(), get).await?.pop();
    record.map(|record| answer(record.into())).ok_or(missing)
}

/// Reads the points whose ids are words of other routes: `GET /collections/{c}/points/scroll` is the point `scroll`.
pub(in crate::qdrant) fn named_like_routes(routes: OpenApiRouter<ServerState>) -> OpenApiRouter<ServerState> {
    WORDS.iter().fold(routes, |routes, &word| {
        let read =
            async move |State(state): State<ServerState>, Path(c): Path<String>, Query(params): Query<ReadParams>| {
                of_id(&state, &c, &params, word.to_owned()).await
            };
        routes.route(&format!("/collections/{{c}}/points/{word}"), get(read))
    })
}

/// What other routes are called that lie where the id of a point does.
const WORDS: &[&str] =
    &["batch", "count", "delete", "discover", "image", "payload", "query", "recommend", "scroll", "search", "vectors"];
