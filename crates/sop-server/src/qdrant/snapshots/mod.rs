//! Snapshots: a collection at one moment as a file, made and restored while it is served.

mod describe;
mod download;
mod paced_body;
mod recover;
mod upload;
mod uploads_folder;

pub(crate) use uploads_folder::UploadsFolder;

use axum::extract::DefaultBodyLimit;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::state::ServerState;

/// The routes of snapshots.
pub(super) fn routes() -> OpenApiRouter<ServerState> {
    // A snapshot is as large as its collection: it is written to the disk as it arrives, with a limit of its own.
    let upload = OpenApiRouter::new().routes(routes!(upload::upload)).layer(DefaultBodyLimit::disable());
    OpenApiRouter::new()
        .routes(routes!(describe::list, describe::create))
        .routes(routes!(download::download, describe::delete))
        .routes(routes!(recover::recover))
        .merge(upload)
}
