//! `GET /collections/{c}/points/{id}/image`: the image of a point, made small.

use std::sync::Arc;

use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_NONE_MATCH, X_CONTENT_TYPE_OPTIONS};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use sop_collection::{Collection, Parts};
use sop_core::panic_guard::catch_panic;
use sop_core::sha256_hex;
use sop_image::{Preview, preview};
use utoipa::IntoParams;

use crate::encoder::QueueOptions;
use crate::http::{ApiError, ErrorAnswer, Path, Query, with_causes};
use crate::qdrant::serve::read;
use crate::qdrant::wire::id_in_path;
use crate::state::ServerState;

/// Sides of pictures that may be asked for, in pixels.
const SIDES: std::ops::RangeInclusive<usize> = 16..=2048;

/// Longest side of a picture where nothing is said, in pixels.
const USUAL_SIDE: usize = 256;

/// How the image is shown.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct ShowParams {
    /// Longest side in pixels, 16 to 2048; 256 unless told otherwise. Images are never enlarged.
    size: Option<usize>,
}

/// The image of a point, made small, where the collection knows its data set. Images that were added over HTTP are not kept.
#[utoipa::path(
    get, path = "/collections/{c}/points/{id}/image", tag = "images",
    params(("c" = String, Path, description = "Collection or alias"), ("id" = String, Path, description = "Id of the point"), ShowParams),
    responses(
        (status = 200, description = "PNG up to 64 pixels, else JPEG", content((Vec<u8> = "image/jpeg"), (Vec<u8> = "image/png"))),
        (status = 304, description = "The picture is the one that `If-None-Match` names"),
        (status = 404, body = ErrorAnswer, description = "No such point, or no image of it"),
        (status = 422, body = ErrorAnswer)
    )
)]
pub(super) async fn show(
    State(state): State<ServerState>,
    Path((c, id)): Path<(String, String)>,
    Query(params): Query<ShowParams>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    of_id(&state, &c, id, &params, &headers).await
}

/// Shows the image of the point `query`, where the route of image searches lies.
pub(super) async fn of_point_query(
    State(state): State<ServerState>,
    Path(c): Path<String>,
    Query(params): Query<ShowParams>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    of_id(&state, &c, "query".to_owned(), &params, &headers).await
}

async fn of_id(
    state: &ServerState,
    c: &str,
    id: String,
    params: &ShowParams,
    headers: &HeaderMap,
) -> Result<Response, ApiError> {
    let side = params.size.unwrap_or(USUAL_SIDE);
    if !SIDES.contains(&side) {
        let message = format!("size: {side} pixels; give {} to {}", SIDES.start(), SIDES.end());
        return Err(ApiError::unprocessable(message));
    }
    let sets = Arc::clone(state.data_sets());
    let picture = read(state, c, None, move |collection| of_point(collection, &sets, id, side)).await?;
    let etag = format!("\"{}\"", &sha256_hex(&picture.bytes)[..32]);
    let same = headers.get_all(IF_NONE_MATCH).iter().any(|value| value.as_bytes() == etag.as_bytes());
    let common = [
        // Whoever may not read without a key must not find it in a shared cache.
        (CACHE_CONTROL, HeaderValue::from_static("private, max-age=3600")),
        (ETAG, HeaderValue::try_from(etag).map_err(ApiError::internal)?),
        (X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    ];
    Ok(match same {
        true => (StatusCode::NOT_MODIFIED, common).into_response(),
        false => (common, [(CONTENT_TYPE, picture.media_type)], picture.bytes).into_response(),
    })
}

/// Reads the image of a point and makes it small. Blocks.
fn of_point(collection: &Collection, sets: &super::DataSets, id: String, side: usize) -> Result<Preview, ApiError> {
    let id = id_in_path(id);
    let known = collection.get(std::slice::from_ref(&id), &Parts::default())?;
    let shown: String = id.to_string().chars().take(100).flat_map(char::escape_debug).collect();
    let missing = |why: &str| ApiError::not_found(format!("point `{shown}` {why}"));
    if known.is_empty() {
        return Err(missing("is not in the collection"));
    }
    let spec = collection.config().origin.as_ref().and_then(|origin| origin.data.as_ref());
    let spec = spec.ok_or_else(|| missing("has no image here: the collection does not know its data set"))?;
    let set = sets.get(spec).map_err(|error| {
        ApiError::unavailable(format!("the collection's data set cannot be opened: {}", with_causes(&error)))
    })?;
    let image = set.image(&id.to_string()).ok_or_else(|| {
        missing(
            "has no image here: the collection's data set has none of this id, and images added over HTTP are not kept",
        )
    })?;
    let image =
        image.map_err(|error| ApiError::unavailable(format!("the image cannot be read: {}", with_causes(&error))))?;
    let unusable =
        |why: String| ApiError::unprocessable(format!("the image of point `{shown}` cannot be shown: {why}"));
    let limits = QueueOptions::default().decode;
    let made = catch_panic(|| {
        let decoded = image.decode(&limits).map_err(|error| unusable(error.to_string()))?;
        preview(&decoded, side).map_err(|error| unusable(error.to_string()))
    });
    made.map_err(|panic| unusable(panic.to_string()))?
}
