//! What a change is called with and answers.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use sop_collection::Changed;
use utoipa::{IntoParams, ToSchema};

use crate::http::ApiError;

/// How a change is made.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct UpdateParams {
    /// Changes are always synced to the disk and visible before they are answered, whatever is said here.
    pub wait: Option<bool>,
    /// `weak`, `medium` or `strong`: all are the strongest, since there is one copy.
    pub ordering: Option<String>,
    /// Seconds after which the client gets 408 while the change goes on.
    pub timeout: Option<u64>,
}

/// How something is read.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ReadParams {
    /// How many copies of a cluster must agree; there is one.
    pub consistency: Option<String>,
    /// Seconds after which the client gets 408.
    pub timeout: Option<u64>,
}

impl UpdateParams {
    /// The time that the client allows.
    #[must_use]
    pub fn timeout(&self) -> Option<Duration> {
        self.timeout.map(Duration::from_secs)
    }
}

impl ReadParams {
    /// The time that the client allows.
    #[must_use]
    pub fn timeout(&self) -> Option<Duration> {
        self.timeout.map(Duration::from_secs)
    }
}

/// What a change answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub struct UpdateResult {
    /// Number of the change.
    pub operation_id: u64,
    /// `completed`: the change is on the disk and visible.
    pub status: UpdateStatus,
}

/// How far a change is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum UpdateStatus {
    /// It is on the disk and visible.
    Completed,
}

impl UpdateResult {
    /// The answer to the change with this number.
    #[must_use]
    pub fn completed(operation_id: u64) -> Self {
        Self { operation_id, status: UpdateStatus::Completed }
    }

    /// The answer to a change.
    ///
    /// # Errors
    /// 404 where a payload should have changed of a point that is not there, as Qdrant has it: the other points were changed.
    pub fn of(changed: Changed) -> Result<Self, ApiError> {
        match changed.missing {
            None => Ok(Self::completed(changed.version)),
            Some(id) => {
                let message = format!("Not found: No point with id {id} found; the other points were changed");
                Err(ApiError::not_found(message))
            }
        }
    }
}
