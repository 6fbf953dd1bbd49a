//! Errors of collections as answers.

use axum::http::StatusCode;
use sop_collection::{ChangeError, QueryError, StoreError};

use crate::http::{ApiError, with_causes};

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        match error {
            // The words that Qdrant's clients look for.
            StoreError::Missing { what: "collection", name } => {
                Self::not_found(format!("Not found: Collection `{}` doesn't exist!", shown(&name)))
            }
            StoreError::Missing { .. } => Self::not_found(error.to_string()),
            StoreError::Exists { what: "collection", name } => {
                Self::conflict(format!("Wrong input: Collection `{name}` already exists!"))
            }
            StoreError::Exists { .. } => Self::conflict(error.to_string()),
            StoreError::ReadOnly => Self::new(StatusCode::FORBIDDEN, error.to_string()),
            StoreError::Unreadable { .. } => {
                tracing::error!(%error, "a collection cannot be read");
                Self::unavailable(error.to_string())
            }
            StoreError::Name(_) | StoreError::Limit(_) | StoreError::NoComponents => {
                Self::unprocessable(error.to_string())
            }
            StoreError::Change(error) => error.into(),
            StoreError::Query(error) => error.into(),
            StoreError::Io { ref source, .. } if source.kind() == std::io::ErrorKind::StorageFull => {
                tracing::error!(%error, "the disk is full");
                Self::new(StatusCode::INSUFFICIENT_STORAGE, "the disk is full: free some space and try again")
            }
            error => Self::internal(with_causes(&error)),
        }
    }
}

impl From<ChangeError> for ApiError {
    fn from(error: ChangeError) -> Self {
        match error {
            ChangeError::ReadOnly => Self::new(StatusCode::FORBIDDEN, error.to_string()),
            ChangeError::Removed => Self::not_found(error.to_string()),
            ChangeError::NotWritten { is_full, .. } => {
                tracing::error!(%error, "a change could not be written");
                let remedy =
                    if is_full { "the disk is full: free some space" } else { "the log of the server says why" };
                Self::new(StatusCode::INSUFFICIENT_STORAGE, format!("the change was not made: {remedy}, and try again"))
            }
            ChangeError::Stopped { .. } => {
                tracing::error!(%error, "a collection takes no changes");
                Self::unavailable("the collection takes no changes until the server is started again; searches go on")
            }
            error => Self::unprocessable(error.to_string()),
        }
    }
}

impl From<QueryError> for ApiError {
    fn from(error: QueryError) -> Self {
        match error {
            QueryError::NoSuchPoint { .. } => Self::not_found(format!("Not found: {error}")),
            error => Self::unprocessable(error.to_string()),
        }
    }
}

/// A name from a request, short and without control characters.
fn shown(name: &str) -> String {
    name.chars().take(200).flat_map(char::escape_debug).collect()
}
