//! Names in paths.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use serde::de::DeserializeOwned;

use super::ApiError;
use crate::state::ServerState;

/// The parameters of a path, percent-decoded. A segment that is no UTF-8 is 400.
#[derive(Debug)]
pub struct Path<T>(pub T);

impl<T: DeserializeOwned + Send> FromRequestParts<ServerState> for Path<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &ServerState) -> Result<Self, ApiError> {
        let parsed = axum::extract::Path::from_request_parts(parts, state).await;
        parsed.map(|path| Self(path.0)).map_err(|error| ApiError::bad_request(error.body_text()))
    }
}
