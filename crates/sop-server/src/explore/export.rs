//! Some points as a Parquet file of embeddings.

use axum::body::Body;
use axum::extract::State;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use sop_collection::PointId;
use tempfile::TempDir;
use utoipa::ToSchema;

use super::file_body::FileBody;
use crate::http::{ApiError, ErrorAnswer, Json, Path};
use crate::qdrant::serve::read;
use crate::qdrant::wire::IdForm;
use crate::state::ServerState;

/// Which points.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ExportRequest {
    /// Their ids; one that is given twice is written once.
    #[schema(value_type = Vec<IdForm>)]
    ids: Vec<PointId>,
}

/// Writes points to a Parquet file of embeddings, which every command of `sop` reads: ids, labels, vectors, payloads.
#[utoipa::path(
    post, path = "/collections/{c}/export", tag = "explore", params(("c" = String, Path, description = "Collection or alias")),
    request_body = ExportRequest,
    responses(
        (status = 200, body = [u8], content_type = "application/vnd.apache.parquet"),
        (status = 404, body = ErrorAnswer), (status = 422, body = ErrorAnswer), (status = 429, body = ErrorAnswer)
    )
)]
pub(super) async fn export(
    State(state): State<ServerState>,
    Path(c): Path<String>,
    Json(body): Json<ExportRequest>,
) -> Result<Response, ApiError> {
    let (given, most) = (body.ids.len(), state.limits().points);
    if given > most {
        return Err(ApiError::unprocessable(format!("{given} ids are more than {most} (limit `points`)")));
    }
    // Each export has its file on disk until the client has taken it.
    let permit = state.exports().try_acquire_owned();
    let permit = permit.map_err(|_| ApiError::overloaded("too many exports are being taken already: try again"))?;
    let ids = body.ids;
    let (folder, file, length, name) = read(&state, &c, None, move |collection| {
        let folder = TempDir::new().map_err(ApiError::internal)?;
        let path = folder.path().join("points.parquet");
        let count = collection.export(&ids, &path)?;
        let file = std::fs::File::open(&path).map_err(ApiError::internal)?;
        let length = file.metadata().map_err(ApiError::internal)?.len();
        Ok((folder, file, length, format!("{}-{count}-points.parquet", collection.name())))
    })
    .await?;
    let headers = [
        (CONTENT_TYPE, "application/vnd.apache.parquet".to_owned()),
        (CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")),
    ];
    Ok((headers, Body::new(FileBody::new(file, length, (folder, permit)))).into_response())
}
