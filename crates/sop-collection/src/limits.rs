//! What a request may ask for at most.

/// What a request may ask for at most, so that no request takes memory or time without bound.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Components of a vector.
    pub dim: usize,
    /// Bytes of an id given as text.
    pub id_bytes: usize,
    /// Bytes of a payload as JSON.
    pub payload_bytes: usize,
    /// Objects and lists within each other in a payload.
    pub payload_depth: usize,
    /// Bytes of one change: vectors, ids and payloads together.
    pub change_bytes: usize,
    /// Rows of a collection, removed ones that still take room included.
    pub rows: usize,
    /// Points that a search, scroll or facet gives at most, `offset` included.
    pub hits: usize,
    /// Bytes of the payloads and vectors of an answer as JSON, roughly.
    pub answer_bytes: usize,
    /// Rows that a graph keeps in view.
    pub beam: usize,
    /// Hits that are compared with each other where near-duplicates are folded, and points that may be asked for then.
    pub folded: usize,
    /// Searches in one batch.
    pub searches: usize,
    /// Filters within each other.
    pub filter_depth: usize,
    /// Conditions of a filter, those of its inner filters included.
    pub filter_conditions: usize,
    /// Values and ids that a filter lists, together.
    pub filter_values: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            dim: 65_536,
            id_bytes: 1024,
            payload_bytes: 1 << 20,
            payload_depth: 32,
            change_bytes: 512 << 20,
            rows: u32::MAX as usize / 2,
            hits: 10_000,
            answer_bytes: 512 << 20,
            beam: 100_000,
            folded: 2000,
            searches: 1024,
            filter_depth: 16,
            filter_conditions: 256,
            filter_values: 16_384,
        }
    }
}

/// A request that asks for more than is allowed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what}: {found}, and the limit is {limit}")]
pub struct LimitExceeded {
    /// What is limited, such as `conditions of a filter`.
    pub what: &'static str,
    /// What was asked for.
    pub found: usize,
    /// What is allowed.
    pub limit: usize,
}

impl LimitExceeded {
    /// Checks a number against its limit.
    pub(crate) fn check(what: &'static str, found: usize, limit: usize) -> Result<(), Self> {
        if found <= limit { Ok(()) } else { Err(Self { what, found, limit }) }
    }
}
