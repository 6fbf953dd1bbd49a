//! `POST /collections/{c}/points/query/image`: embed an image and search with it.

use std::time::Duration;

use axum::extract::{Request, State};
use axum::response::Response;
use serde_json::Value;
use sop_collection::Query as Near;
use utoipa::{IntoParams, ToSchema};

use super::fields::Fields;
use super::origin::encoder_of;
use super::upload::{Upload, read};
use crate::http::{Answer, ApiError, ErrorAnswer, Path, Query};
use crate::qdrant::query::{QueryRequest, QueryResponse, search_near};
use crate::state::ServerState;

/// Names of what may come beside the image, in the query string or as fields of the form.
const FIELDS: &[&str] = &[
    "limit",
    "offset",
    "filter",
    "params",
    "score_threshold",
    "with_payload",
    "with_vector",
    "with_vectors",
    "sop",
    "timeout",
];

/// What comes beside the image; objects are JSON.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "it describes the query string in the OpenAPI document")]
pub(super) struct ImageQueryParams {
    /// Most hits; 10 unless told otherwise.
    limit: Option<usize>,
    /// Hits to skip.
    offset: Option<usize>,
    /// The filter that hits must pass, as JSON.
    #[param(value_type = Option<String>)]
    filter: Option<String>,
    /// How it is searched, as JSON: `{"hnsw_ef": 128, "exact": false}`.
    #[param(value_type = Option<String>)]
    params: Option<String>,
    /// Hits with a lower score are left out.
    score_threshold: Option<f32>,
    /// `true`, or JSON: a list of keys, or a selector.
    #[param(value_type = Option<String>)]
    with_payload: Option<String>,
    /// Whether the vectors of hits come back.
    with_vector: Option<bool>,
    /// What goes beyond Qdrant's searches, as JSON: `{"query_expansion": {"neighbors": 10}, "fold_duplicates": 0.95}`.
    #[param(value_type = Option<String>)]
    sop: Option<String>,
    /// Seconds after which the client gets 408.
    timeout: Option<u64>,
}

/// A form with an image to search for; the other fields are those of the query string.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it describes the form in the OpenAPI document")]
pub(super) struct ImageToFind {
    /// The image file: JPEG, PNG, GIF, BMP, PPM or WebP.
    #[schema(value_type = String, format = Binary)]
    image: Vec<u8>,
    /// Most hits; 10 unless told otherwise.
    limit: Option<usize>,
    /// The filter that hits must pass, as JSON.
    filter: Option<String>,
    /// What goes beyond Qdrant's searches, as JSON.
    sop: Option<String>,
}

/// Embeds an image with the collection's encoder and searches for the nearest points.
///
/// The body is the image itself, or a form with the field `image`. What is searched for besides may be in the query string or in the
/// form.
#[utoipa::path(
    post, path = "/collections/{c}/points/query/image", tag = "images",
    params(("c" = String, Path, description = "Collection or alias"), ImageQueryParams),
    request_body(description = "An image file, or a form with the field `image`", content(
        (Vec<u8> = "image/*"), (Vec<u8> = "application/octet-stream"), (ImageToFind = "multipart/form-data")
    )),
    responses(
        (status = 200, body = Answer<QueryResponse>, headers(
            ("sop-exact" = bool, description = "Whether the answer is provably that of an exact search"),
            ("sop-encoder-sha256" = String, description = "Hash of the encoder"),
            ("sop-transform" = String, description = "What was done to the image first"),
        )),
        (status = 400, body = ErrorAnswer), (status = 404, body = ErrorAnswer), (status = 413, body = ErrorAnswer),
        (status = 415, body = ErrorAnswer), (status = 422, body = ErrorAnswer), (status = 429, body = ErrorAnswer)
    )
)]
pub(super) async fn search(
    State(state): State<ServerState>,
    Path(c): Path<String>,
    Query(texts): Query<Vec<(String, String)>>,
    request: Request,
) -> Result<Response, ApiError> {
    let collection = state.store().collection(&c)?;
    let (encoder, recipe) = encoder_of(&state, &collection)?;
    let mut fields = Fields::of(FIELDS);
    texts.into_iter().try_for_each(|(name, text)| fields.add(&name, text))?;
    let Upload { image, mut fields, held } = read(request, &state, fields).await?;
    let timeout = fields.take("timeout").map(|text| seconds(&text)).transpose()?;
    let query: QueryRequest = serde_path_to_error::deserialize(Value::Object(fields.into_json()?))
        .map_err(|error| ApiError::unprocessable(format!("field `{}`: {}", error.path(), error.inner())))?;
    // What is wrong with the search is better told before the image is encoded.
    let mut request = query.search_without_vector(&state)?;
    request.query = Near::Vector(encoder.embed_one(image, &recipe).await?);
    drop(held);
    search_near(&state, collection, timeout, request).await
}

fn seconds(text: &str) -> Result<Duration, ApiError> {
    let wrong = |error| ApiError::unprocessable(format!("field `timeout` is no number of seconds: {error}"));
    text.parse().map(Duration::from_secs).map_err(wrong)
}
