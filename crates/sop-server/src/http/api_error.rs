//! Errors as answers.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

/// An error that is answered with its status and message.
///
/// The layer around all routes writes the body, because its form depends on the path: Qdrant's, or OpenAI's below `/v1/`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiError {
    /// The status of the answer.
    pub status: StatusCode,
    /// What is wrong and what to do about it.
    pub message: String,
    /// Seconds after which the client may try again.
    pub retry_after: Option<u64>,
}

impl ApiError {
    /// An error with this status and message.
    pub fn new(status: StatusCode, message: impl Into<String>) -> Self {
        Self { status, message: message.into(), retry_after: None }
    }

    /// 400: the request is not of the form that is described in `/openapi.json`.
    pub fn bad_request(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, message)
    }

    /// 404: what the request names does not exist.
    pub fn not_found(message: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, message)
    }

    /// 409: what the request would make exists already.
    pub fn conflict(message: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, message)
    }

    /// 413: the body is larger than a limit.
    pub fn too_large(message: impl Into<String>) -> Self {
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, message)
    }

    /// 422: well formed, but not something that this server or collection can do.
    pub fn unprocessable(message: impl Into<String>) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, message)
    }

    /// 429: too much work waits already.
    pub fn overloaded(message: impl Into<String>) -> Self {
        Self { retry_after: Some(1), ..Self::new(StatusCode::TOO_MANY_REQUESTS, message) }
    }

    /// 408: it took longer than a limit.
    pub fn timed_out(message: impl Into<String>) -> Self {
        Self::new(StatusCode::REQUEST_TIMEOUT, message)
    }

    /// 500: a fault of this server. The details go to the log, since they are of no use to the client.
    pub fn internal(details: impl std::fmt::Display) -> Self {
        tracing::error!(%details, "request failed");
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "the server failed; its log says why, under the request id of this answer",
        )
    }

    /// 503: not now, for a reason that somebody has to mend.
    pub fn unavailable(message: impl Into<String>) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, message)
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let mut response = self.status.into_response();
        response.extensions_mut().insert(self);
        response
    }
}
