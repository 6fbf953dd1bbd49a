//! What becomes of samples that cannot be used.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// What to do with samples that are missing: images that are not there or cannot be read, images without a label in a set that has
/// labels, parts of a set that are not there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnMissing {
    /// Stop with an error that names them.
    #[default]
    Error,
    /// Leave them out, count them and name them.
    Skip,
}

/// A word that is neither `error` nor `skip`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is neither `error` nor `skip`")]
pub struct UnknownOnMissing(String);

impl FromStr for OnMissing {
    type Err = UnknownOnMissing;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "error" => Ok(Self::Error),
            "skip" => Ok(Self::Skip),
            other => Err(UnknownOnMissing(other.to_owned())),
        }
    }
}

impl fmt::Display for OnMissing {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Error => "error",
            Self::Skip => "skip",
        })
    }
}
