//! What a collection is: fixed when it is made.

use serde::{Deserialize, Serialize};
use sop_core::Choice;

/// What a collection is: fixed when it is made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CollectionConfig {
    /// Components of a vector.
    pub dim: usize,
    /// What makes two vectors similar.
    pub distance: Distance,
    /// How the nearest vectors are found.
    #[serde(default)]
    pub graph: GraphChoice,
    /// What made the vectors, where it is known; vectors of anything else are refused by those who embed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<Origin>,
}

/// What makes two vectors similar. More is nearer for both.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Distance {
    /// The cosine of their angle: vectors are brought to unit length when they are stored, and come back so.
    Cosine,
    /// Their inner product; vectors come back as they were given.
    Dot,
}

/// How the nearest vectors are found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GraphChoice {
    /// Exactly up to [`AUTO_GRAPH_ROWS`](crate::AUTO_GRAPH_ROWS) rows, by the suite's own graph above.
    #[default]
    Auto,
    /// Exactly, however many rows there are.
    Exact,
    /// By the suite's own graph.
    Own,
    /// By a graph that the crate `hnsw_rs` builds.
    HnswRs,
}

/// What made the vectors of a collection.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Origin {
    /// Name of the encoder.
    pub encoder: String,
    /// SHA-256 of the encoder file, lower-case hex.
    pub encoder_sha256: String,
    /// Which feature of the encoder the vectors are, such as `cls`.
    pub feature: String,
    /// The image transform as one readable string.
    pub transform: String,
    /// Name of the data set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dataset: Option<String>,
    /// Spec of the data set whose images the ids name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data: Option<String>,
    /// Names of the classes; the payload's `label` is the index.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub class_names: Option<Vec<String>>,
}

/// Distances as flags spell them.
pub const DISTANCES: &[Choice<Distance>] = &[
    Choice {
        value: Distance::Cosine,
        name: "cosine",
        about: "the cosine of the angle; vectors are brought to unit length",
    },
    Choice { value: Distance::Dot, name: "dot", about: "the inner product of the vectors as they are" },
];

/// Ways to find the nearest vectors, as flags spell them.
pub const GRAPH_CHOICES: &[Choice<GraphChoice>] = &[
    Choice { value: GraphChoice::Auto, name: "auto", about: "exact up to 100,000 rows, a graph above" },
    Choice { value: GraphChoice::Exact, name: "exact", about: "exact search, however many rows there are" },
    Choice { value: GraphChoice::Own, name: "own", about: "the suite's own graph" },
    Choice { value: GraphChoice::HnswRs, name: "hnsw_rs", about: "a graph that the crate hnsw_rs builds" },
];
