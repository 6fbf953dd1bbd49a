//! Restoring a collection from an uploaded snapshot.

use axum::extract::multipart::Field;
use axum::extract::{FromRequest, Multipart, Request, State};
use axum::http::StatusCode;
use serde::Deserialize;
use sop_collection::{Name, StoreError, snapshot_config};
use tempfile::NamedTempFile;
use tokio::io::AsyncWriteExt;
use utoipa::{IntoParams, ToSchema};

use super::paced_body::Pace;
use crate::http::{Answer, ApiError, ErrorAnswer, Path, Query, answer};
use crate::limits::Limits;
use crate::qdrant::create::check_data;
use crate::qdrant::serve::upkeep;
use crate::state::ServerState;

/// How a snapshot is uploaded.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
#[allow(dead_code, reason = "serde reads what is passed over")]
pub(super) struct UploadParams {
    /// The answer always comes when it is done.
    wait: Option<bool>,
    /// There are no other copies that could have priority.
    priority: Option<String>,
}

/// The form of an upload.
#[derive(ToSchema)]
#[allow(dead_code, reason = "the form is read part by part")]
pub(super) struct Upload {
    /// The file.
    #[schema(value_type = String, format = Binary)]
    snapshot: Vec<u8>,
}

/// Makes a collection of an uploaded snapshot, in the place of the one of that name. Everything in it is checked before.
#[utoipa::path(
    post, path = "/collections/{c}/snapshots/upload", tag = "snapshots",
    params(("c" = String, Path, description = "Collection"), UploadParams),
    request_body(content = Upload, content_type = "multipart/form-data"),
    responses(
        (status = 200, body = Answer<bool>), (status = 413, body = ErrorAnswer), (status = 422, body = ErrorAnswer),
        (status = 507, body = ErrorAnswer)
    )
)]
pub(super) async fn upload(
    State(state): State<ServerState>,
    Path(c): Path<String>,
    Query(_): Query<UploadParams>,
    request: Request,
) -> Result<Answer<bool>, ApiError> {
    let name: Name =
        c.parse().map_err(|error: sop_collection::InvalidName| ApiError::unprocessable(error.to_string()))?;
    let pace = Pace::default();
    let form = Multipart::from_request(pace.clone().of(request), &()).await;
    let mut form = form.map_err(|error| ApiError::bad_request(error.body_text()))?;
    let limits = state.limits();
    let mut file = None;
    loop {
        let field = tokio::time::timeout(limits.body(), form.next_field()).await.map_err(|_| late(limits))?;
        let Some(field) = field.map_err(|error| ApiError::bad_request(error.body_text()))? else { break };
        if field.name() != Some("snapshot") || file.is_some() {
            return Err(ApiError::unprocessable("the form must have one part, called `snapshot`"));
        }
        file = Some(receive(&state, field, &pace).await?);
    }
    let file = file.ok_or_else(|| ApiError::unprocessable("the form has no part that is called `snapshot`"))?;
    let server = state.clone();
    let restored = upkeep(&state, move |store| {
        let config = snapshot_config(file.path()).map_err(damaged)?;
        check_data(config.origin.and_then(|origin| origin.data).as_deref(), server.config())?;
        store.restore(&name, file.path()).map(drop).map_err(damaged)
    });
    restored.await?;
    Ok(answer(true))
}

/// Writes a part of the form to a file.
async fn receive(state: &ServerState, mut field: Field<'_>, pace: &Pace) -> Result<NamedTempFile, ApiError> {
    let limits = state.limits();
    let made = state.clone();
    let file = tokio::task::spawn_blocking(move || made.uploads().file()).await.map_err(ApiError::internal)?;
    let file = file.map_err(not_written)?;
    let mut writer = tokio::fs::File::from_std(file.reopen().map_err(not_written)?);
    let mut received = 0u64;
    loop {
        let chunk = tokio::time::timeout(limits.body(), field.chunk()).await.map_err(|_| late(limits))?;
        let Some(chunk) = chunk.map_err(|error| ApiError::bad_request(error.body_text()))? else { break };
        pace.took(chunk.len());
        received += chunk.len() as u64;
        if received > limits.snapshot_bytes {
            let message =
                format!("the snapshot is larger than {} bytes (limit `snapshot_bytes`)", limits.snapshot_bytes);
            return Err(ApiError::too_large(message));
        }
        writer.write_all(&chunk).await.map_err(not_written)?;
    }
    writer.flush().await.map_err(not_written)?;
    Ok(file)
}

fn late(limits: &Limits) -> ApiError {
    ApiError::timed_out(format!("nothing of the snapshot came for {} ms (limit `body_ms`)", limits.body_ms))
}

fn not_written(error: std::io::Error) -> ApiError {
    tracing::error!(%error, "an upload cannot be written");
    ApiError::new(StatusCode::INSUFFICIENT_STORAGE, "the upload cannot be written; the log of the server says why")
}

/// A snapshot that is damaged is the client's, not a fault of the server.
pub(super) fn damaged(error: StoreError) -> ApiError {
    match error {
        StoreError::Damaged { what, .. } => ApiError::unprocessable(format!("the file is no whole snapshot: {what}")),
        StoreError::Points(error) => ApiError::unprocessable(format!("the file is no whole snapshot: {error}")),
        error => error.into(),
    }
}
