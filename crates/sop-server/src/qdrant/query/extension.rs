//! What goes beyond Qdrant's searches: the object `sop` of a search.

use serde::Deserialize;
use sop_collection::{Expansion, SearchRequest};
use utoipa::ToSchema;

/// What goes beyond Qdrant's searches.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SearchExtension {
    /// Draws the query towards its nearest points before it is searched for. Needs the cosine.
    #[serde(default)]
    #[schema(value_type = Option<QueryExpansion>)]
    query_expansion: Option<Expansion>,
    /// Shows points that look the same once: one whose cosine to a better hit is at least this, above 0 and at most 1, is listed with the
    /// best such hit as `folded`. `limit` and `offset` count what is shown; the search goes deeper for it, down to a bound.
    #[serde(default)]
    #[schema(value_type = Option<f32>)]
    fold_duplicates: Option<f32>,
}

/// α-weighted query expansion: the query becomes the sum of itself and its nearest points, weighted by `max(similarity, 0)^alpha` and
/// scaled to unit length. The nearest are taken among the points that the filter lets through; scores are similarities to the sum.
#[derive(ToSchema)]
#[schema(as = QueryExpansion)]
#[expect(dead_code, reason = "it describes the object in the OpenAPI document")]
struct QueryExpansion {
    /// Points that are added; 50 unless told otherwise.
    neighbors: Option<usize>,
    /// Exponent of their weights; 3 unless told otherwise, 0 weighs all alike.
    alpha: Option<f64>,
    /// Whether the query itself counts, with weight 1; true unless told otherwise.
    with_query: Option<bool>,
}

impl SearchExtension {
    /// Puts what is asked for into a search.
    pub(super) fn extend(self, request: SearchRequest) -> SearchRequest {
        SearchRequest { expansion: self.query_expansion, fold_duplicates: self.fold_duplicates, ..request }
    }
}
