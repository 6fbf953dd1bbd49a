//! One search.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use sop_collection::{Collection, Parts, Record, SearchAnswer, SearchRequest};
use utoipa::ToSchema;

use super::headers::Provenance;
use super::request::{QueryRequest, Search};
use super::together::WaitingSearches;
use crate::http::{Answer, ApiError, ErrorAnswer, Json, Path, Query, Rendered};
use crate::qdrant::serve::read_in;
use crate::qdrant::wire::{FoldingOut, ReadParams, ScoredPoint};
use crate::state::ServerState;

/// What a search found, the nearest first.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct QueryResponse {
    /// The hits.
    pub points: Vec<ScoredPoint>,
    /// How near-duplicates were folded, where that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub folding: Option<FoldingOut>,
}

impl From<SearchAnswer> for QueryResponse {
    fn from(answer: SearchAnswer) -> Self {
        let points = answer.hits.into_iter().map(ScoredPoint::from).collect();
        Self { points, folding: answer.folding.map(FoldingOut::from) }
    }
}

/// Searches for the nearest points.
#[utoipa::path(
    post, path = "/collections/{c}/points/query", tag = "search",
    params(("c" = String, Path, description = "Collection or alias"), ReadParams), request_body = QueryRequest,
    responses(
        (status = 200, body = Answer<QueryResponse>, headers(
            ("sop-exact" = bool, description = "Whether the answer is provably that of an exact search"),
            ("sop-encoder-sha256" = String, description = "Hash of the encoder that made the collection's vectors, where it is known"),
            ("sop-transform" = String, description = "The image transform of the collection, where it is known"),
        )),
        (status = 404, body = ErrorAnswer), (status = 422, body = ErrorAnswer), (status = 429, body = ErrorAnswer)
    )
)]
pub(crate) async fn query(
    State(state): State<ServerState>,
    Path(c): Path<String>,
    Query(params): Query<ReadParams>,
    Json(body): Json<QueryRequest>,
) -> Result<Response, ApiError> {
    let collection = state.store().collection(&c)?;
    match body.search(&state)? {
        Search::Near(request) => search_near(&state, collection, params.timeout(), request).await,
        Search::Listed { filter, limit, offset, parts } => {
            let listing = read_in(&state, collection, params.timeout(), move |collection| {
                let found = listed(collection, filter.as_ref(), limit, offset, &parts)?;
                Ok((Provenance::new(true, collection.config()), Rendered::new(&found)?))
            });
            Ok(listing.await?.into_response())
        }
        Search::Random { filter, limit, parts } => {
            let drawing = read_in(&state, collection, params.timeout(), move |collection| {
                let found = drawn(collection, filter.as_ref(), limit, &parts)?;
                Ok((Provenance::new(true, collection.config()), Rendered::new(&found)?))
            });
            Ok(drawing.await?.into_response())
        }
    }
}

/// Searches by similarity on a worker, and answers.
pub(crate) async fn search_near(
    state: &ServerState,
    collection: Arc<Collection>,
    timeout: Option<Duration>,
    request: SearchRequest,
) -> Result<Response, ApiError> {
    Ok(WaitingSearches::search(state, collection, timeout, request).await?.into_response())
}

/// Points in the order of their ids, all with score 0.
pub(super) fn listed(
    collection: &Arc<Collection>,
    filter: Option<&sop_collection::Filter>,
    limit: usize,
    offset: usize,
    parts: &Parts,
) -> Result<QueryResponse, ApiError> {
    let start = match offset {
        0 => None,
        offset => match collection.scroll(filter, None, offset, &Parts::default())?.next {
            None => return Ok(unscored(Vec::new())),
            next => next,
        },
    };
    let records = collection.scroll(filter, start.as_ref(), limit, parts)?.records;
    Ok(unscored(records))
}

/// Points drawn at random, all with score 0.
pub(super) fn drawn(
    collection: &Arc<Collection>,
    filter: Option<&sop_collection::Filter>,
    limit: usize,
    parts: &Parts,
) -> Result<QueryResponse, ApiError> {
    let seed = RandomState::new().build_hasher().finish();
    Ok(unscored(collection.sample(filter, limit, seed, parts)?))
}

fn unscored(records: Vec<Record>) -> QueryResponse {
    let points = records.into_iter().map(|record| ScoredPoint {
        id: record.id,
        version: record.version,
        score: 0.0,
        payload: record.payload,
        vector: record.vector,
        folded: Vec::new(),
    });
    QueryResponse { points: points.collect(), folding: None }
}
