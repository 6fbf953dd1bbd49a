//! What the process says when it ends.

use std::process::ExitCode;

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExitStatus {
    /// Done: 0.
    Done,
    /// Finished, but a gate of `--expect` or `--min-cosine` failed: 1.
    GateFailed,
    /// An error: 2.
    Error,
}

impl From<ExitStatus> for ExitCode {
    fn from(status: ExitStatus) -> Self {
        Self::from(match status {
            ExitStatus::Done => 0,
            ExitStatus::GateFailed => 1,
            ExitStatus::Error => 2,
        })
    }
}
