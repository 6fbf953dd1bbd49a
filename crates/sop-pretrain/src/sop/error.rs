//! What can be wrong with the method's settings and inputs.

/// Why a step of the method cannot be computed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SopError {
    /// A setting that cannot work.
    #[error("[objective.{part}] {reason}")]
    Config {
        /// `class`, `patch` or another part of the configuration.
        part: &'static str,
        /// Which setting is wrong, and what it must be.
        reason: String,
    },
    /// Embeddings of another size than the memory's.
    #[error("embeddings of {found} components do not fit a memory of {expected}")]
    Dim {
        /// Components of the memory.
        expected: usize,
        /// Components of the embeddings.
        found: usize,
    },
    /// A slot that the memory does not have, or one that is drawn twice.
    #[error("the draw of anchors names slot {slot}, twice or beyond the memory's {slots}")]
    Slot {
        /// The slot.
        slot: usize,
        /// Slots of the memory.
        slots: usize,
    },
    /// The search among the memory's embeddings failed.
    #[error("cannot search the memory; are its embeddings finite?")]
    Search(#[from] sop_index::SearchError),
}
