//! Images: added, searched for, and shown.

mod add;
mod data_sets;
mod fields;
mod origin;
mod search;
mod show;
mod upload;

use axum::routing::get;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(crate) use data_sets::DataSets;

use crate::state::ServerState;

/// The routes of this area.
pub(crate) fn routes() -> OpenApiRouter<ServerState> {
    OpenApiRouter::new()
        .routes(routes!(add::add))
        .routes(routes!(search::search))
        .routes(routes!(show::show))
        .route("/collections/{c}/points/query/image", get(show::of_point_query))
}
