//! What is served here.

use axum::Json;
use axum::http::HeaderMap;
use axum::http::header::VARY;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

use crate::page;

/// The version of Qdrant whose REST interface this server's is a subset of. Qdrant's clients warn when it is far from their own.
pub(super) const QDRANT_VERSION: &str = "1.20.0";

/// What is served here.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = VersionInfo)]
pub(super) struct Title {
    /// Name of the server.
    title: &'static str,
    /// The version of Qdrant whose interface is followed.
    version: &'static str,
    /// The version of this server.
    server: &'static str,
}

/// Name and versions; a browser gets the search page.
#[utoipa::path(get, path = "/", tag = "service", responses((status = 200, body = Title)))]
pub(super) async fn title(headers: HeaderMap) -> Response {
    let title = || Title {
        title: "sop - search service for image embeddings",
        version: QDRANT_VERSION,
        server: env!("CARGO_PKG_VERSION"),
    };
    page::for_browser(&headers).unwrap_or_else(|| ([(VARY, "accept")], Json(title())).into_response())
}
