//! Qdrant's REST interface, as far as it is served here.

mod aliases;
mod collections;
mod create;
mod errors;
mod facet;
mod info;
mod payload_index;
mod points;
pub(crate) mod query;
pub(crate) mod serve;
mod snapshots;
mod unsupported;
mod verify;
pub mod wire;

pub(crate) use query::WaitingSearches;
pub(crate) use snapshots::UploadsFolder;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::state::ServerState;

/// The routes of this area.
pub(crate) fn routes() -> OpenApiRouter<ServerState> {
    let routes = OpenApiRouter::new()
        .routes(routes!(collections::list))
        .routes(routes!(collections::info, collections::create, collections::delete))
        .routes(routes!(collections::exists))
        .routes(routes!(aliases::change))
        .routes(routes!(aliases::list))
        .routes(routes!(aliases::of_collection))
        .routes(routes!(points::retrieve::many, points::upsert::upsert))
        .routes(routes!(points::retrieve::one))
        .routes(routes!(points::delete::delete))
        .routes(routes!(points::scroll::scroll))
        .routes(routes!(points::count::count))
        .routes(routes!(points::payload::set, points::payload::overwrite))
        .routes(routes!(points::payload::delete))
        .routes(routes!(points::payload::clear))
        .routes(routes!(points::batch::batch))
        .routes(routes!(query::one::query))
        .routes(routes!(query::batch::batch))
        .routes(routes!(facet::facet))
        .routes(routes!(payload_index::create))
        .routes(routes!(payload_index::delete))
        .routes(routes!(verify::verify))
        .merge(snapshots::routes());
    unsupported::routes(points::retrieve::named_like_routes(routes))
}
