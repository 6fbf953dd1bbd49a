//! What a collection is: fixed when it is made.

use serde::{Deserialize, Serialize};
use sop_core::{Choice, sha256_hex};
use sop_index::{Covariance, Whitening};

use crate::whitening_file;

/// What a collection is: fixed when it is made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CollectionConfig {
    /// Components of a vector as it is stored.
    pub dim: usize,
    /// What makes two vectors similar.
    pub distance: Distance,
    /// How the nearest vectors are found.
    #[serde(default)]
    pub graph: GraphChoice,
    /// What made the vectors, where it is known; vectors of anything else are refused by those who embed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<Origin>,
    /// How embeddings become the vectors that are stored, where they do not stay as they are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub whitening: Option<WhiteningConfig>,
}

impl CollectionConfig {
    /// The lengths of vectors that the collection takes.
    #[must_use]
    pub fn dims(&self) -> Dims {
        Dims { stored: self.dim, embedding: self.whitening.as_ref().map(|whitening| whitening.embedding_dim) }
    }

    /// The feature that the stored vectors are, where the origin is known: the encoder's, with the whitening where there is one, so that
    /// nobody takes whitened vectors for the encoder's.
    #[must_use]
    pub fn stored_feature(&self) -> Option<String> {
        let feature = &self.origin.as_ref()?.feature;
        Some(match &self.whitening {
            None => feature.clone(),
            Some(whitening) => format!("{feature}|whitened({},{})", self.dim, whitening.short_hash()),
        })
    }
}

/// The lengths of vectors that a collection takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dims {
    /// Components of a stored vector.
    pub stored: usize,
    /// Components of an embedding that is whitened before it is stored or searched for; always more than those of a stored vector, so that
    /// the one is never taken for the other.
    pub embedding: Option<usize>,
}

impl std::fmt::Display for Dims {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.embedding {
            None => write!(formatter, "{}", self.stored),
            Some(embedding) => write!(formatter, "{embedding}, or {} where they are whitened already", self.stored),
        }
    }
}

/// How embeddings become the vectors that a collection stores: `projection · (embedding - mean)`. Mean and projection are in a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WhiteningConfig {
    /// Components of an embedding, more than those of a stored vector.
    pub embedding_dim: usize,
    /// Of what the eigenvectors were taken.
    pub covariance: Covariance,
    /// Embeddings that the whitening was fitted on.
    pub fitted_on: usize,
    /// SHA-256 of the file of mean and projection, lower-case hex.
    pub sha256: String,
}

impl WhiteningConfig {
    /// What there is to say of a whitening that was fitted on so many embeddings.
    #[must_use]
    pub fn of(whitening: &Whitening, covariance: Covariance, fitted_on: usize) -> Self {
        let sha256 = sha256_hex(&whitening_file::bytes_of(whitening));
        Self { embedding_dim: whitening.mean().len(), covariance, fitted_on, sha256 }
    }

    /// The first 12 digits of the hash.
    #[must_use]
    pub fn short_hash(&self) -> &str {
        self.sha256.get(..12).unwrap_or(&self.sha256)
    }

    /// Whether it can belong to a collection of vectors of `dim` components.
    pub(crate) fn fits(&self, dim: usize) -> bool {
        self.embedding_dim > dim && u32::try_from(self.embedding_dim).is_ok()
    }
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
