//! What can be wrong with an objective's settings and inputs.

/// Why a step of an objective cannot be computed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ObjectiveError {
    /// A setting that cannot work.
    #[error("[objective.{part}] {reason}")]
    Config {
        /// `class`, `patch` or another part of the configuration.
        part: &'static str,
        /// Which setting is wrong, and what it must be.
        reason: String,
    },
    /// Embeddings of another size than what is remembered.
    #[error("embeddings of {found} components do not fit {expected} that are remembered")]
    Dim {
        /// Components that are remembered.
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
    /// The network has not the layer of prototypes that the objective compares views with.
    #[error("the network's head has no layer of prototypes `{name}`")]
    NoPrototypes {
        /// Name of the layer.
        name: &'static str,
    },
    /// A checkpoint that does not hold what the objective needs.
    #[error("the objective's state has no `{name}`, or one of another size")]
    State {
        /// Name of what is missing.
        name: &'static str,
    },
    /// The search among the memory's embeddings failed.
    #[error("cannot search the memory; are its embeddings finite?")]
    Search(#[from] sop_index::SearchError),
}
