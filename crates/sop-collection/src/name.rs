//! Names of collections, aliases and snapshots.

use std::borrow::Borrow;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize};

/// Bytes of the longest name.
const MAX_BYTES: usize = 200;

/// A name that can stand in a path: letters, digits, `_`, `.` and `-`, up to 200, the first one a letter or a digit.
///
/// So no name leads out of a folder, hides a file, or means something to a shell.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct Name(String);

/// A text that is no name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{shown}` is no name: use 1 to 200 letters, digits, `_`, `.` and `-`, beginning with a letter or a digit")]
pub struct InvalidName {
    /// The text, cut where it is long.
    pub shown: String,
}

impl Name {
    /// Checks a text.
    ///
    /// # Errors
    /// When it is no name.
    pub fn new(text: &str) -> Result<Self, InvalidName> {
        let bytes = text.as_bytes();
        let is_valid = bytes.first().is_some_and(u8::is_ascii_alphanumeric)
            && bytes.len() <= MAX_BYTES
            && bytes.iter().all(|byte| byte.is_ascii_alphanumeric() || b"_.-".contains(byte));
        if is_valid {
            return Ok(Self(text.to_owned()));
        }
        Err(InvalidName { shown: text.chars().take(60).flat_map(char::escape_debug).collect() })
    }

    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Name {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl AsRef<str> for Name {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl Borrow<str> for Name {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl FromStr for Name {
    type Err = InvalidName;

    fn from_str(text: &str) -> Result<Self, InvalidName> {
        Self::new(text)
    }
}

impl<'de> Deserialize<'de> for Name {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::new(&text).map_err(serde::de::Error::custom)
    }
}
