//! Restoring a collection from a snapshot of this server.

use axum::extract::State;
use serde::Deserialize;
use sop_collection::Name;
use utoipa::ToSchema;

use super::describe::Wait;
use crate::http::{Answer, ApiError, ErrorAnswer, Json, Path, Query, answer};
use crate::qdrant::serve::upkeep;
use crate::qdrant::wire::Unsupported;
use crate::state::ServerState;

/// Which snapshot.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[allow(dead_code, reason = "serde reads what is refused or passed over")]
pub(super) struct Recover {
    /// Name of a snapshot of the collection, or `COLLECTION/NAME`. Addresses and paths are refused.
    location: String,
    /// There are no other copies that could have priority.
    #[serde(default)]
    priority: Option<String>,
    /// SHA-256 that the snapshot must have.
    #[serde(default)]
    checksum: Option<String>,
    #[serde(default)]
    api_key: Unsupported,
}

/// Makes a collection of a snapshot of this server, in the place of the one of that name.
#[utoipa::path(
    put, path = "/collections/{c}/snapshots/recover", tag = "snapshots",
    params(("c" = String, Path, description = "Collection"), Wait), request_body = Recover,
    responses((status = 200, body = Answer<bool>), (status = 404, body = ErrorAnswer), (status = 422, body = ErrorAnswer))
)]
pub(super) async fn recover(
    State(state): State<ServerState>,
    Path(c): Path<String>,
    Query(_): Query<Wait>,
    Json(body): Json<Recover>,
) -> Result<Answer<bool>, ApiError> {
    let name: Name =
        c.parse().map_err(|error: sop_collection::InvalidName| ApiError::unprocessable(error.to_string()))?;
    let (collection, snapshot) = local(&c, &body.location)?;
    let restored = upkeep(&state, move |store| {
        if let Some(expected) = body.checksum {
            let infos = store.snapshots(&collection)?;
            let found = infos.into_iter().find(|info| info.name.as_str() == snapshot).and_then(|info| info.sha256);
            if found.as_deref() != Some(expected.as_str()) {
                return Err(ApiError::unprocessable("the snapshot has another checksum"));
            }
        }
        let path = store.snapshot_path(&collection, &snapshot)?;
        store.restore(&name, &path).map(drop).map_err(super::upload::damaged)
    });
    restored.await?;
    Ok(answer(true))
}

/// Collection and name of a snapshot of this server.
fn local(collection: &str, location: &str) -> Result<(String, String), ApiError> {
    if location.contains("://") || location.starts_with(['/', '.']) {
        let message = "location: only snapshots of this server can be restored, by their names; addresses on the network and paths are \
                       refused. Upload the file to `snapshots/upload` instead";
        return Err(ApiError::unprocessable(message));
    }
    Ok(match location.split_once('/') {
        Some((other, name)) => (other.to_owned(), name.to_owned()),
        None => (collection.to_owned(), location.to_owned()),
    })
}
