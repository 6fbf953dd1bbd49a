//! Several searches in one request.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use sop_collection::SearchRequest;
use utoipa::ToSchema;

use super::headers::Provenance;
use super::one::{QueryResponse, drawn, listed};
use super::request::{QueryRequest, Search};
use crate::http::{Answer, ApiError, ErrorAnswer, Json, Path, Query, Rendered};
use crate::qdrant::serve::read;
use crate::qdrant::wire::ReadParams;
use crate::state::ServerState;

/// Searches.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct QueryBatch {
    /// The searches, answered in this order.
    searches: Vec<QueryRequest>,
}

/// Makes several searches; either all are answered or none.
#[utoipa::path(
    post, path = "/collections/{c}/points/query/batch", tag = "search",
    params(("c" = String, Path, description = "Collection or alias"), ReadParams), request_body = QueryBatch,
    responses(
        (status = 200, body = Answer<Vec<QueryResponse>>, headers(
            ("sop-exact" = bool, description = "Whether all answers are provably those of exact searches"),
        )),
        (status = 404, body = ErrorAnswer), (status = 422, body = ErrorAnswer), (status = 429, body = ErrorAnswer)
    )
)]
pub(crate) async fn batch(
    State(state): State<ServerState>,
    Path(c): Path<String>,
    Query(params): Query<ReadParams>,
    Json(body): Json<QueryBatch>,
) -> Result<Response, ApiError> {
    let limits = state.limits();
    let (given, most) = (body.searches.len(), limits.batch);
    if given > most {
        return Err(ApiError::unprocessable(format!("{given} searches are more than {most} (limit `batch`)")));
    }
    let check = |(at, request): (usize, QueryRequest)| request.search(&state).map_err(|error| named(at, error));
    let searches: Vec<Search> = body.searches.into_iter().enumerate().map(check).collect::<Result<_, _>>()?;
    let hits: usize = searches.iter().map(Search::limit).sum();
    if hits > limits.points {
        return Err(ApiError::unprocessable(format!(
            "{hits} hits in all are more than {} (limit `points`)",
            limits.points
        )));
    }
    let sampler = state.sampler().clone();
    let (rendered, provenance) = read(&state, &c, params.timeout(), move |collection| {
        let near: Vec<SearchRequest> = searches.iter().filter_map(Search::near).cloned().collect();
        let mut answers = collection.search_batch(&near)?.into_iter();
        let mut exact = true;
        let mut responses = Vec::with_capacity(searches.len());
        for search in &searches {
            responses.push(match search {
                Search::Near(request) => {
                    let missing = || ApiError::internal("a batch has fewer answers than searches");
                    let answer = answers.next().ok_or_else(missing)?;
                    sampler.offer(collection, request, &answer);
                    exact &= answer.exact;
                    QueryResponse::from(answer)
                }
                Search::Listed { filter, limit, offset, parts } => {
                    listed(collection, filter.as_ref(), *limit, *offset, parts)?
                }
                Search::Random { filter, limit, parts } => drawn(collection, filter.as_ref(), *limit, parts)?,
            });
        }
        Ok((Rendered::new(&responses)?, Provenance::new(exact, collection.config())))
    })
    .await?;
    Ok((provenance, rendered).into_response())
}

fn named(at: usize, error: ApiError) -> ApiError {
    ApiError { message: format!("searches[{at}]: {}", error.message), ..error }
}
