//! Qdrant's envelope around every answer.

use std::time::Instant;

use axum::http::header::{CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

use super::ApiError;

tokio::task_local! {
    /// When the request that this task answers began.
    static BEGAN: Instant;
}

/// Runs the answering of a request that began now.
pub(super) async fn timed<F: Future>(began: Instant, answering: F) -> F::Output {
    BEGAN.scope(began, answering).await
}

fn seconds() -> f64 {
    BEGAN.try_with(|began| began.elapsed().as_secs_f64()).unwrap_or(0.0)
}

/// A result in Qdrant's envelope.
#[derive(Debug, Serialize, ToSchema)]
pub struct Answer<T> {
    /// What was asked for.
    pub result: T,
    /// `ok`
    #[schema(inline)]
    pub status: Status,
    /// Seconds from the request's arrival to this answer.
    pub time: f64,
}

/// Status of an answer without error.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// The request was answered.
    Ok,
}

/// The answer with this result.
pub fn answer<T: Serialize>(result: T) -> Answer<T> {
    Answer { result, status: Status::Ok, time: 0.0 }
}

impl<T: Serialize> IntoResponse for Answer<T> {
    fn into_response(self) -> Response {
        json_response(StatusCode::OK, &Self { time: seconds(), ..self })
    }
}

/// A result that was written as JSON where it was made, so that a large one does not keep the threads of connections busy.
#[derive(Debug)]
pub struct Rendered(Vec<u8>);

impl Rendered {
    /// Writes the result.
    ///
    /// # Errors
    /// 500 where it cannot be written.
    pub fn new(result: &impl Serialize) -> Result<Self, ApiError> {
        let mut text = br#"{"result":"#.to_vec();
        serde_json::to_writer(&mut text, result).map_err(ApiError::internal)?;
        Ok(Self(text))
    }
}

impl IntoResponse for Rendered {
    fn into_response(self) -> Response {
        let mut text = self.0;
        text.extend_from_slice(format!(r#","status":"ok","time":{:?}}}"#, seconds()).as_bytes());
        ([(CONTENT_TYPE, HeaderValue::from_static("application/json"))], text).into_response()
    }
}

/// An error in Qdrant's envelope.
#[derive(Debug, Serialize, ToSchema)]
pub struct ErrorAnswer {
    /// What is wrong.
    pub status: ErrorStatus,
    /// Seconds from the request's arrival to this answer.
    pub time: f64,
}

/// Status of an answer with an error.
#[derive(Debug, Serialize, ToSchema)]
pub struct ErrorStatus {
    /// What is wrong and what to do about it.
    pub error: String,
}

/// The answer to an error in Qdrant's form.
pub(super) fn error_response(error: &ApiError) -> Response {
    let body = ErrorAnswer { status: ErrorStatus { error: error.message.clone() }, time: seconds() };
    with_retry_after(json_response(error.status, &body), error)
}

/// Adds the header that tells the client when to try again.
pub fn with_retry_after(mut response: Response, error: &ApiError) -> Response {
    if let Some(seconds) = error.retry_after {
        response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
    }
    response
}

/// A body of JSON.
pub fn json_response(status: StatusCode, body: &impl Serialize) -> Response {
    match serde_json::to_vec(body) {
        Ok(bytes) => (status, [(CONTENT_TYPE, HeaderValue::from_static("application/json"))], bytes).into_response(),
        Err(error) => {
            tracing::error!(%error, "answer cannot be written as JSON");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}
