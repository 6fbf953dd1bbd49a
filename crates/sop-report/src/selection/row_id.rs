//! A short name for a result row.

use std::fmt;

use sop_core::{ResultRecord, Sha256Hasher};

/// Tells a result row from every other: eight bytes of SHA-256 over everything that the row says.
///
/// The same row read from two files has one id, so that it may be linked to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RowId(u64);

impl RowId {
    /// The id of a row.
    #[must_use]
    pub fn of(record: &ResultRecord) -> Self {
        let mut hasher = Sha256Hasher::default();
        hasher.update(record.to_json().to_string().as_bytes());
        let [a, b, c, d, e, f, g, h, ..] = hasher.finish_bytes();
        Self(u64::from_be_bytes([a, b, c, d, e, f, g, h]))
    }
}

impl fmt::Display for RowId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:016x}", self.0)
    }
}
