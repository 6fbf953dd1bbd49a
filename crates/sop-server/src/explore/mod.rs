//! What a person needs who looks around in a collection: a map of it, and some of its points as a file.

mod export;
mod file_body;
mod map;
mod map_file;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::state::ServerState;

/// The routes of this area.
pub(crate) fn routes() -> OpenApiRouter<ServerState> {
    OpenApiRouter::new().routes(routes!(map::map)).routes(routes!(export::export))
}
