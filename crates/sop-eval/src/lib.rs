//! The evaluation protocols as functions of embeddings: no clock, no files, no provenance.
//!
//! - [`knn`]: the weighted k-nearest-neighbour classifier.
//! - [`linear`]: linear probes over a sweep of learning rates and features.
//! - [`logreg`]: multinomial logistic regression over a list of penalties.
//! - [`few_labels`]: parts of a train set, drawn or listed, and the mean over the draws.
//! - [`imagenet9`]: what a head makes of foreground and background when they are taken apart.
//! - [`davis`]: objects followed through videos, and scored.
//! - [`mod@attention`]: maps and masks of the CLS token's attention.
//! - [`retrieval`]: rankings of a database for queries, as on the revisited Oxford and Paris, and copy detection.
//! - [`statistics`]: intervals for every protocol, from the outcome of each unit, and what can be concluded from differences.
//! - [`parity`]: whether two encoders give the same vectors for the same images.
//! - [`tsne`]: a map of embeddings in two or three dimensions.
//!
//! [`PROTOCOLS`] describes them all; each description stands beside its protocol.
//!
//! ```
//! use ndarray::array;
//! use sop_core::{EmbeddingSet, Provenance};
//! use sop_eval::knn::{self, KnnParams};
//!
//! let set = |ids: [&str; 2], vectors| {
//!     let ids = ids.map(str::to_owned).to_vec();
//!     EmbeddingSet::try_new(ids, vec![Some(0), Some(1)], vectors, Provenance::default())
//! };
//! let train = set(["a", "b"], array![[1.0, 0.0], [0.0, 1.0]])?;
//! let test = set(["c", "d"], array![[0.9, 0.1], [0.8, 0.3]])?;
//! let params = KnnParams { k: vec![1], ..KnnParams::default() };
//! let measurements = knn::evaluate(&train, &test, &params)?;
//! assert_eq!(measurements[0].metric, "top1");
//! assert_eq!(measurements[0].value, Some(0.5));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub mod attention;
mod class_rank;
mod classes;
mod compatible;
pub mod davis;
mod error;
pub mod few_labels;
pub mod imagenet9;
pub mod knn;
pub mod linear;
pub mod logreg;
pub mod parity;
mod protocols;
pub mod retrieval;
pub mod statistics;
pub mod tsne;

pub use error::EvalError;
pub use protocols::PROTOCOLS;
