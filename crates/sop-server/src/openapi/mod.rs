//! The OpenAPI document, generated from the code. `/docs` shows it: see `page`.

use axum::Router;
use axum::http::header::CONTENT_TYPE;
use axum::routing::get;
use bytes::Bytes;
use utoipa::OpenApi;

use crate::state::ServerState;

#[derive(OpenApi)]
#[openapi(info(
    title = "sop",
    description = "Search service for image embeddings: a subset of Qdrant's REST interface, and images."
))]
struct Outline;

/// The document without routes.
pub(crate) fn outline() -> utoipa::openapi::OpenApi {
    Outline::openapi()
}

/// `GET /openapi.json`.
pub(crate) fn routes(document: utoipa::openapi::OpenApi) -> Router<ServerState> {
    let text = Bytes::from(document.to_json().unwrap_or_else(|error| format!("{{\"error\": \"{error}\"}}")));
    Router::new()
        .route("/openapi.json", get(move || std::future::ready(([(CONTENT_TYPE, "application/json")], text.clone()))))
}
