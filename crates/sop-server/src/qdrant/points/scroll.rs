//! Points in the order of their ids, page by page.

use axum::extract::State;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sop_collection::PointId;
use utoipa::ToSchema;

use crate::http::{Answer, ApiError, ErrorAnswer, Json, Path, Query, Rendered};
use crate::qdrant::serve::read;
use crate::qdrant::wire::{
    FilterForm, IdForm, ReadParams, RecordOut, Unsupported, WithPayload, WithVector, filter, parts,
};
use crate::state::ServerState;

/// Which page.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[allow(dead_code, reason = "serde reads what is refused or passed over")]
pub(crate) struct Scroll {
    /// The first id of the page, which the page before named as `next_page_offset`.
    #[serde(default)]
    #[schema(value_type = Option<IdForm>)]
    offset: Option<PointId>,
    /// Points of a page; 10 unless told otherwise.
    #[serde(default)]
    limit: Option<usize>,
    /// The filter that points must pass.
    #[serde(default)]
    #[schema(value_type = Option<FilterForm>)]
    filter: Option<Value>,
    /// How much of the payload comes back; all of it unless told otherwise.
    #[serde(default)]
    with_payload: Option<WithPayload>,
    /// Whether the vector comes back; not unless told so.
    #[serde(default, alias = "with_vectors")]
    with_vector: Option<WithVector>,
    #[serde(default)]
    order_by: Unsupported,
    #[serde(default)]
    shard_key: Unsupported,
}

/// A page.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ScrollResult)]
pub(crate) struct PageOut {
    /// Its points: ids that are numbers first, in ascending order.
    points: Vec<RecordOut>,
    /// The first id of the next page; null after the last.
    #[schema(value_type = Option<IdForm>)]
    next_page_offset: Option<PointId>,
}

/// Lists points in the order of their ids: numbers ascending, then texts.
#[utoipa::path(
    post, path = "/collections/{c}/points/scroll", tag = "points",
    params(("c" = String, Path, description = "Collection or alias"), ReadParams), request_body = Scroll,
    responses((status = 200, body = Answer<PageOut>), (status = 404, body = ErrorAnswer), (status = 422, body = ErrorAnswer))
)]
pub(crate) async fn scroll(
    State(state): State<ServerState>,
    Path(c): Path<String>,
    Query(params): Query<ReadParams>,
    Json(body): Json<Scroll>,
) -> Result<Rendered, ApiError> {
    let limit = state.limits().checked_limit(body.limit, 10)?;
    let filter = filter(body.filter, state.store().limits())?;
    let parts = parts(body.with_payload, body.with_vector, true)?;
    let offset = body.offset;
    read(&state, &c, params.timeout(), move |collection| {
        let page = collection.scroll(filter.as_ref(), offset.as_ref(), limit, &parts)?;
        let points = page.records.into_iter().map(RecordOut::from).collect();
        Rendered::new(&PageOut { points, next_page_offset: page.next })
    })
    .await
}
