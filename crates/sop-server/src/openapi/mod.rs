//! The OpenAPI document, generated from the code. `/docs` shows it: see `page`.

use axum::Router;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::routing::get;
use bytes::Bytes;
use utoipa::OpenApi;
use utoipa::openapi::RefOr;

use crate::qdrant::wire::{ConditionForm, MatchForm, RangeForm};
use crate::state::ServerState;

#[derive(OpenApi)]
#[openapi(
    info(
        title = "sop",
        description = "Search service for image embeddings: a subset of Qdrant's REST interface, and images."
    ),
    components(schemas(ConditionForm, MatchForm, RangeForm))
)]
struct Outline;

/// The document without routes.
pub(crate) fn outline() -> utoipa::openapi::OpenApi {
    Outline::openapi()
}

/// `GET /openapi.json`.
pub(crate) fn routes(mut document: utoipa::openapi::OpenApi) -> Router<ServerState> {
    complete(&mut document);
    let text = Bytes::from(document.to_json().unwrap_or_else(|error| format!("{{\"error\": \"{error}\"}}")));
    Router::new()
        .route("/openapi.json", get(move || std::future::ready(([(CONTENT_TYPE, "application/json")], text.clone()))))
}

/// Gives every operation an id of its own, such as `post_collections_c_points_query`, and every answer that has no description the usual
/// words for its status.
fn complete(document: &mut utoipa::openapi::OpenApi) {
    for (path, item) in &mut document.paths.paths {
        let words: Vec<&str> = path.split(['/', '{', '}', '.', '*']).filter(|word| !word.is_empty()).collect();
        let operations =
            [("get", &mut item.get), ("put", &mut item.put), ("post", &mut item.post), ("delete", &mut item.delete)];
        for (method, operation) in operations {
            let Some(operation) = operation else { continue };
            operation.operation_id = Some([&[method], words.as_slice()].concat().join("_"));
            for (status, response) in &mut operation.responses.responses {
                if let RefOr::T(response) = response
                    && response.description.is_empty()
                {
                    let status = status.parse().ok().and_then(|status| StatusCode::from_u16(status).ok());
                    let words = status.and_then(|status| status.canonical_reason());
                    response.description = words.unwrap_or("Answer").to_owned();
                }
            }
        }
    }
}
