//! Points: what a collection holds and gives back.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// What a point carries besides its vector: a JSON object.
pub type Payload = Map<String, Value>;

/// The id of a point: a whole number from 0, or a text.
///
/// Two ids name the same point when their *texts* are equal: `7` and `"7"` do. A point comes back with the id in the form in which it was
/// last given.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(untagged)]
pub enum PointId {
    /// A number.
    Number(u64),
    /// A text of 1 to 1024 bytes.
    Text(String),
}

impl fmt::Display for PointId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => write!(formatter, "{number}"),
            Self::Text(text) => formatter.write_str(text),
        }
    }
}

impl From<u64> for PointId {
    fn from(number: u64) -> Self {
        Self::Number(number)
    }
}

impl From<&str> for PointId {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for PointId {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

/// A point as it is given.
#[derive(Clone, Debug, PartialEq)]
pub struct Point {
    /// Its id: a point of the same id is replaced, payload included.
    pub id: PointId,
    /// Its vector, of as many components as the collection has.
    pub vector: Vec<f32>,
    /// What it carries.
    pub payload: Payload,
}

/// A point as it comes back.
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    /// Its id, in the form in which it was last given.
    pub id: PointId,
    /// Number of the change that last touched it.
    pub version: u64,
    /// Its payload, as far as it was asked for.
    pub payload: Option<Payload>,
    /// Its vector as it is stored, where it was asked for.
    pub vector: Option<Vec<f32>>,
}

/// Which parts of a point come back.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Parts {
    /// How much of the payload.
    pub payload: PayloadParts,
    /// Whether the vector.
    pub vector: bool,
}

impl Parts {
    /// Payload and vector, whole.
    #[must_use]
    pub fn all() -> Self {
        Self { payload: PayloadParts::All, vector: true }
    }
}

/// How much of the payload comes back. Keys are those of the object itself, not paths.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum PayloadParts {
    /// Nothing.
    #[default]
    None,
    /// All of it.
    All,
    /// These keys.
    Only(Vec<String>),
    /// All but these keys.
    Without(Vec<String>),
}

impl PayloadParts {
    /// What is asked for of a payload.
    #[must_use]
    pub(crate) fn of(&self, payload: impl FnOnce() -> Payload) -> Option<Payload> {
        match self {
            Self::None => None,
            Self::All => Some(payload()),
            Self::Only(keys) => Some(payload().into_iter().filter(|(key, _)| keys.contains(key)).collect()),
            Self::Without(keys) => Some(payload().into_iter().filter(|(key, _)| !keys.contains(key)).collect()),
        }
    }
}
