//! OpenAI's form of errors.

use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

use crate::http::{ApiError, json_response, with_retry_after};

/// An error that names the parameter it is about and has a code, as OpenAI's do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct OpenAiError {
    pub(super) error: ApiError,
    pub(super) param: Option<String>,
    pub(super) code: Option<&'static str>,
}

impl OpenAiError {
    /// An error about a parameter of the request.
    pub(super) fn about(param: impl Into<String>, error: ApiError) -> Self {
        Self { error, param: Some(param.into()), code: None }
    }

    /// 400 about a parameter of the request.
    pub(super) fn bad(param: impl Into<String>, message: impl Into<String>) -> Self {
        Self::about(param, ApiError::bad_request(message))
    }
}

impl IntoResponse for OpenAiError {
    fn into_response(self) -> Response {
        response(&self.error, self.param.as_deref(), self.code)
    }
}

/// An error in OpenAI's form.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ErrorBody<'a> {
    error: ErrorDetails<'a>,
}

/// What is wrong, in OpenAI's form.
#[derive(Debug, Serialize, ToSchema)]
struct ErrorDetails<'a> {
    /// What is wrong and what to do about it.
    message: &'a str,
    /// The kind of error, e.g. `invalid_request_error`.
    r#type: &'static str,
    /// The parameter that it is about.
    param: Option<&'a str>,
    /// A word for programs, e.g. `model_not_found`.
    code: Option<&'a str>,
}

/// The answer to an error of any route below `/v1/`.
pub(crate) fn error_response(error: &ApiError) -> Response {
    response(error, None, None)
}

fn response(error: &ApiError, param: Option<&str>, code: Option<&str>) -> Response {
    let kind = match error.status.as_u16() {
        401 => "authentication_error",
        403 => "permission_error",
        404 => "not_found_error",
        429 => "rate_limit_error",
        500.. => "server_error",
        _ => "invalid_request_error",
    };
    let body = ErrorBody { error: ErrorDetails { message: &error.message, r#type: kind, param, code } };
    with_retry_after(json_response(error.status, &body), error)
}
