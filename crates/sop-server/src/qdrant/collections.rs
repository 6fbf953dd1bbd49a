//! Collections: list, make, describe, remove.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use sop_collection::StoreError;
use utoipa::{IntoParams, ToSchema};

use super::create::CreateCollection;
use super::info::CollectionOut;
use super::serve::{change_store, read};
use crate::http::{Answer, ApiError, ErrorAnswer, Json, Path, Query, answer};
use crate::state::ServerState;

/// The collections.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Collections {
    collections: Vec<Described>,
}

/// A collection in the list.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CollectionDescription)]
struct Described {
    name: String,
}

/// Whether a collection is there.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Existence {
    exists: bool,
}

/// How a collection is made or removed.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Timeout {
    /// Seconds after which the client gets 408.
    timeout: Option<u64>,
}

impl Timeout {
    pub(super) fn duration(&self) -> Option<std::time::Duration> {
        self.timeout.map(std::time::Duration::from_secs)
    }
}

/// Lists the collections, those whose files cannot be read among them: their routes answer 503 and say why.
#[utoipa::path(get, path = "/collections", tag = "collections", responses((status = 200, body = Answer<Collections>)))]
pub(super) async fn list(State(state): State<ServerState>) -> Answer<Collections> {
    let mut names = state.store().names();
    names.extend(state.store().unreadable().into_keys());
    names.sort_unstable();
    answer(Collections { collections: names.into_iter().map(|name| Described { name: name.to_string() }).collect() })
}

/// Describes a collection.
#[utoipa::path(
    get, path = "/collections/{c}", tag = "collections", params(("c" = String, Path, description = "Collection or alias")),
    responses((status = 200, body = Answer<CollectionOut>), (status = 404, body = ErrorAnswer))
)]
pub(super) async fn info(
    State(state): State<ServerState>,
    Path(c): Path<String>,
) -> Result<Answer<CollectionOut>, ApiError> {
    let out = read(&state, &c, None, |collection| Ok(CollectionOut::of(collection))).await?;
    Ok(answer(out))
}

/// Makes a collection.
#[utoipa::path(
    put, path = "/collections/{c}", tag = "collections", params(("c" = String, Path, description = "Collection"), Timeout),
    request_body = CreateCollection,
    responses((status = 200, body = Answer<bool>), (status = 409, body = ErrorAnswer), (status = 422, body = ErrorAnswer))
)]
pub(super) async fn create(
    State(state): State<ServerState>,
    Path(c): Path<String>,
    Query(params): Query<Timeout>,
    Json(body): Json<CreateCollection>,
) -> Result<Response, ApiError> {
    let ignored = body.ignored();
    let config = body.config(state.config())?;
    let name = c.parse().map_err(|error: sop_collection::InvalidName| ApiError::unprocessable(error.to_string()))?;
    change_store(&state, params.duration(), move |store| Ok(store.create(&name, config).map(drop)?)).await?;
    Ok((ignored, answer(true)).into_response())
}

/// Removes a collection with its aliases; its snapshots stay. Answers whether there was one.
#[utoipa::path(
    delete, path = "/collections/{c}", tag = "collections", params(("c" = String, Path, description = "Collection"), Timeout),
    responses((status = 200, body = Answer<bool>))
)]
pub(super) async fn delete(
    State(state): State<ServerState>,
    Path(c): Path<String>,
    Query(params): Query<Timeout>,
) -> Result<Answer<bool>, ApiError> {
    let deleted = change_store(&state, params.duration(), move |store| Ok(store.delete(&c)?)).await?;
    Ok(answer(deleted))
}

/// Whether a collection or an alias is called so.
#[utoipa::path(
    get, path = "/collections/{c}/exists", tag = "collections", params(("c" = String, Path, description = "Collection or alias")),
    responses((status = 200, body = Answer<Existence>))
)]
pub(super) async fn exists(State(state): State<ServerState>, Path(c): Path<String>) -> Answer<Existence> {
    let found = state.store().collection(&c);
    answer(Existence { exists: !matches!(found, Err(StoreError::Missing { .. })) })
}
