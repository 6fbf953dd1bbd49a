//! A search as Qdrant's clients write it.

use serde::Deserialize;
use serde_json::Value;
use sop_collection::{Parts, Query, SearchRequest};
use utoipa::ToSchema;

use super::extension::SearchExtension;
use crate::http::ApiError;
use crate::qdrant::wire::{
    FilterForm, QueryForm, QueryInput, Tuning, Unsupported, WithPayload, WithVector, filter, parts,
};
use crate::state::ServerState;

/// What is searched for, among which points, and what comes back.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[allow(dead_code, reason = "serde reads what is refused or passed over")]
pub(crate) struct QueryRequest {
    /// A vector, the id of a point, or `{"sample": "random"}` for points drawn at random, all with score 0. Without it, points come in the order of their ids, all with score 0.
    #[serde(default)]
    #[schema(value_type = Option<QueryForm>)]
    query: Option<QueryInput>,
    /// The filter that hits must pass.
    #[serde(default)]
    #[schema(value_type = Option<FilterForm>)]
    filter: Option<Value>,
    /// How it is searched.
    #[serde(default)]
    params: Option<SearchParams>,
    /// Hits with a lower score are left out.
    #[serde(default)]
    score_threshold: Option<f32>,
    /// Most hits; 10 unless told otherwise.
    #[serde(default)]
    limit: Option<usize>,
    /// Hits to skip.
    #[serde(default)]
    offset: Option<usize>,
    /// How much of the payload comes back; nothing unless told so.
    #[serde(default)]
    with_payload: Option<WithPayload>,
    /// Whether the vector comes back; not unless told so.
    #[serde(default, alias = "with_vectors")]
    with_vector: Option<WithVector>,
    /// What goes beyond Qdrant's searches.
    #[serde(default)]
    sop: Option<SearchExtension>,
    /// Name of the vector: there is only the one without a name.
    #[serde(default)]
    using: Option<String>,
    #[serde(default)]
    prefetch: Unsupported,
    #[serde(default)]
    lookup_from: Unsupported,
    #[serde(default)]
    shard_key: Unsupported,
}

/// How it is searched.
#[derive(Debug, Clone, Copy, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[allow(dead_code, reason = "serde reads what is refused or passed over")]
pub(crate) struct SearchParams {
    /// Width of the beam in the graph: more finds more, and takes longer.
    #[serde(default)]
    pub hnsw_ef: Option<usize>,
    /// Whether all vectors are compared instead of those that the graph leads to.
    #[serde(default)]
    pub exact: Option<bool>,
    /// Everything is searched, indexed or not.
    #[serde(default)]
    indexed_only: Option<bool>,
    /// Nothing is quantized that is not settled with the vectors themselves.
    #[serde(default)]
    quantization: Tuning,
    /// Filters are searched in a way of their own.
    #[serde(default)]
    acorn: Tuning,
    #[serde(default)]
    idf: Unsupported,
}

/// A search that is checked as far as it can be without the collection.
pub(super) enum Search {
    /// By similarity.
    Near(SearchRequest),
    /// In the order of the ids.
    Listed { filter: Option<sop_collection::Filter>, limit: usize, offset: usize, parts: Parts },
    /// Drawn at random.
    Random { filter: Option<sop_collection::Filter>, limit: usize, parts: Parts },
}

impl Search {
    /// The search by similarity, if it is one.
    pub(super) fn near(&self) -> Option<&SearchRequest> {
        match self {
            Self::Near(request) => Some(request),
            Self::Listed { .. } | Self::Random { .. } => None,
        }
    }

    /// Most hits.
    pub(super) fn limit(&self) -> usize {
        match self {
            Self::Near(request) => request.limit,
            Self::Listed { limit, .. } | Self::Random { limit, .. } => *limit,
        }
    }
}

impl QueryRequest {
    /// The search of a request that says everything but the vector, which is then to be put in.
    ///
    /// # Errors
    /// As [`Self::search`].
    pub(crate) fn search_without_vector(self, state: &ServerState) -> Result<SearchRequest, ApiError> {
        let query = Some(QueryInput::Vector(Vec::new()));
        match (Self { query, ..self }).search(state)? {
            Search::Near(request) => Ok(request),
            Search::Listed { .. } | Search::Random { .. } => {
                Err(ApiError::internal("a search by a vector is another one"))
            }
        }
    }

    /// The search.
    ///
    /// # Errors
    /// 422 beyond the limits and for what is not supported.
    pub(super) fn search(self, state: &ServerState) -> Result<Search, ApiError> {
        let limits = state.limits();
        if let Some(name) = self.using.filter(|name| !name.is_empty()) {
            let shown: String = name.chars().take(60).flat_map(char::escape_debug).collect();
            return Err(ApiError::unprocessable(format!(
                "using: named vectors are not supported, so none is called `{shown}`"
            )));
        }
        let limit = limits.checked_limit(self.limit, 10)?;
        let offset = limits.checked_offset(self.offset)?;
        let filter = filter(self.filter, state.store().limits())?;
        let parts = parts(self.with_payload, self.with_vector, false)?;
        let params = self.params.unwrap_or_default();
        if params.hnsw_ef == Some(0) {
            return Err(ApiError::unprocessable("params.hnsw_ef: value 0 invalid, must be 1 or larger"));
        }
        let query = match self.query {
            None | Some(QueryInput::Sample) if self.sop.is_some() => {
                return Err(ApiError::unprocessable(
                    "sop: it changes searches by similarity, and there is no vector or id to search for",
                ));
            }
            None | Some(QueryInput::Sample) if self.score_threshold.is_some() => {
                return Err(ApiError::unprocessable("score_threshold needs a query: without one nothing has a score"));
            }
            Some(QueryInput::Sample) if offset > 0 => {
                return Err(ApiError::unprocessable("offset: points drawn at random have no order to skip in"));
            }
            Some(QueryInput::Sample) => return Ok(Search::Random { filter, limit, parts }),
            None => return Ok(Search::Listed { filter, limit, offset, parts }),
            Some(QueryInput::Vector(vector)) => Query::Vector(vector),
            Some(QueryInput::Point(id)) => Query::Point(id),
        };
        let request = SearchRequest {
            filter,
            offset,
            score_threshold: self.score_threshold,
            parts,
            beam: params.hnsw_ef,
            exact: params.exact.unwrap_or(false),
            ..SearchRequest::new(query, limit)
        };
        Ok(Search::Near(self.sop.unwrap_or_default().extend(request)))
    }
}
