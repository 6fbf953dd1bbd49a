//! Whether the service lives, and what it counts.

use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;

use crate::http::ApiError;
use crate::state::ServerState;

/// Whether the server answers.
#[utoipa::path(get, path = "/healthz", tag = "service", responses((status = 200, body = String, content_type = "text/plain")))]
pub(super) async fn healthz() -> &'static str {
    "healthz check passed"
}

/// Whether the server has read its collections; it listens only then.
#[utoipa::path(get, path = "/readyz", tag = "service", responses((status = 200, body = String, content_type = "text/plain")))]
pub(super) async fn readyz() -> &'static str {
    "all shards are ready"
}

/// Whether the server answers.
#[utoipa::path(get, path = "/livez", tag = "service", responses((status = 200, body = String, content_type = "text/plain")))]
pub(super) async fn livez() -> &'static str {
    "healthz check passed"
}

/// What is counted, in Prometheus' text form.
#[utoipa::path(get, path = "/metrics", tag = "service", responses((status = 200, body = String, content_type = "text/plain")))]
pub(super) async fn metrics(State(state): State<ServerState>) -> Result<impl IntoResponse, ApiError> {
    let text = state.workers().reads.run({
        let state = state.clone();
        move || state.metrics().text(state.workers(), state.store(), state.encoders())
    });
    let text = text.await?.map_err(ApiError::internal)?;
    Ok(([(CONTENT_TYPE, "application/openmetrics-text; version=1.0.0; charset=utf-8")], text))
}
