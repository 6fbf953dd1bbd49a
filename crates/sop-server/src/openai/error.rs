//! OpenAI's form of errors.

use axum::response::Response;
use serde::Serialize;

use crate::http::{ApiError, json_response, with_retry_after};

#[derive(Serialize)]
struct Envelope<'a> {
    error: Error<'a>,
}

#[derive(Serialize)]
struct Error<'a> {
    message: &'a str,
    r#type: &'static str,
    param: Option<&'a str>,
    code: Option<&'a str>,
}

/// The answer to an error in OpenAI's form.
pub(crate) fn error_response(error: &ApiError) -> Response {
    let kind = match error.status.as_u16() {
        401 => "authentication_error",
        403 => "permission_error",
        404 => "not_found_error",
        429 => "rate_limit_error",
        500.. => "server_error",
        _ => "invalid_request_error",
    };
    let body = Envelope { error: Error { message: &error.message, r#type: kind, param: None, code: None } };
    with_retry_after(json_response(error.status, &body), error)
}
