//! What is served here.

use axum::Json;
use serde::Serialize;
use utoipa::ToSchema;

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

/// Name and versions.
#[utoipa::path(get, path = "/", tag = "service", responses((status = 200, body = Title)))]
pub(super) async fn title() -> Json<Title> {
    Json(Title {
        title: "sop - search service for image embeddings",
        version: QDRANT_VERSION,
        server: env!("CARGO_PKG_VERSION"),
    })
}
