//! Reading a snapshot.

use axum::body::Body;
use axum::extract::State;
use axum::http::HeaderValue;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use bytes::BytesMut;
use tokio::fs::File;
use tokio::io::AsyncReadExt;

use crate::http::{ApiError, ErrorAnswer, Path};
use crate::state::ServerState;

/// Bytes that are read at a time.
const CHUNK: usize = 256 << 10;

/// Reads a snapshot.
#[utoipa::path(
    get, path = "/collections/{c}/snapshots/{name}", tag = "snapshots",
    params(("c" = String, Path, description = "Collection or alias"), ("name" = String, Path, description = "Snapshot")),
    responses(
        (status = 200, body = Vec<u8>, content_type = "application/x-tar"), (status = 404, body = ErrorAnswer),
        (status = 422, body = ErrorAnswer)
    )
)]
pub(super) async fn download(
    State(state): State<ServerState>,
    Path((c, name)): Path<(String, String)>,
) -> Result<Response, ApiError> {
    let path = state.store().snapshot_path(&c, &name)?;
    let file = File::open(&path).await.map_err(ApiError::internal)?;
    let length = file.metadata().await.map_err(ApiError::internal)?.len();
    let chunks = futures_util::stream::try_unfold((file, length), |(file, left)| async move {
        if left == 0 {
            return Ok(None);
        }
        let mut bytes = BytesMut::with_capacity(CHUNK);
        let mut some = file.take(left.min(CHUNK as u64));
        if some.read_buf(&mut bytes).await? == 0 {
            return Err(std::io::Error::from(std::io::ErrorKind::UnexpectedEof));
        }
        let left = left - bytes.len() as u64;
        Ok(Some((bytes.freeze(), (some.into_inner(), left))))
    });
    let mut response = Body::from_stream(chunks).into_response();
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/x-tar"));
    headers.insert(CONTENT_LENGTH, HeaderValue::from(length));
    // The name has no characters that would need quoting.
    let disposition = format!("attachment; filename=\"{name}.tar\"");
    headers.insert(CONTENT_DISPOSITION, HeaderValue::try_from(disposition).map_err(ApiError::internal)?);
    Ok(response)
}
