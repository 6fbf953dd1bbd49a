//! Errors of collections as answers.

use std::error::Error;
use std::io::{self, ErrorKind};

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
            error if is_full(&error) => {
                tracing::error!(details = with_causes(&error), "the disk is full");
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

/// Whether a full disk is behind an error, however deep: files of points are written by a library with errors of its own.
fn is_full(error: &(dyn Error + 'static)) -> bool {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(error) = error.downcast_ref::<io::Error>() {
            // What an error of this type wraps is no source of it.
            let is_full = matches!(error.kind(), ErrorKind::StorageFull | ErrorKind::QuotaExceeded);
            if is_full || error.get_ref().is_some_and(|inner| self::is_full(inner)) {
                return true;
            }
        }
        next = error.source();
    }
    false
}

/// A name from a request, short and without control characters.
fn shown(name: &str) -> String {
    name.chars().take(200).flat_map(char::escape_debug).collect()
}

#[cfg(test)]
mod tests {
    use sop_core::{EmbeddingError, ParquetFileError};

    use super::*;

    #[test]
    fn a_full_disk_is_told_wherever_it_was_noticed() {
        let io = |kind: ErrorKind| StoreError::Io { what: "write", path: "x".into(), source: kind.into() };
        let points = |kind: ErrorKind| {
            let source = Box::new(io::Error::other(io::Error::from(kind)));
            StoreError::Points(EmbeddingError::File(ParquetFileError::Write { path: "x".into(), source }))
        };
        for full in [io(ErrorKind::StorageFull), io(ErrorKind::QuotaExceeded), points(ErrorKind::StorageFull)] {
            let error = ApiError::from(full);
            assert!(error.status == 507 && error.message.contains("the disk is full"), "{error:?}");
        }
        for other in [io(ErrorKind::PermissionDenied), points(ErrorKind::BrokenPipe)] {
            assert_eq!(ApiError::from(other).status, 500);
        }
    }
}
