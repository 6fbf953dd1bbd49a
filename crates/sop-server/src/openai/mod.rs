//! OpenAI's form of embeddings, for images.

mod data_uri;
mod embeddings;
mod error;
mod input;
mod models;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(crate) use error::error_response;

use crate::state::ServerState;

/// The routes of this area.
pub(crate) fn routes() -> OpenApiRouter<ServerState> {
    OpenApiRouter::new()
        .routes(routes!(embeddings::embeddings))
        .routes(routes!(models::list))
        .routes(routes!(models::one))
}
