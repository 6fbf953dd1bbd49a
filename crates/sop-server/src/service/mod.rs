//! What the service says about itself: version, health, metrics, limits.

mod health;
mod info;
mod title;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::state::ServerState;

/// The routes of this area.
pub(crate) fn routes() -> OpenApiRouter<ServerState> {
    OpenApiRouter::new()
        .routes(routes!(title::title))
        .routes(routes!(info::info))
        .routes(routes!(health::healthz))
        .routes(routes!(health::readyz))
        .routes(routes!(health::livez))
        .routes(routes!(health::metrics))
}
