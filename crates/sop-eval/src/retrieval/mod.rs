//! Retrieval: how well the images of a database are ranked for query images.
//!
//! - [`evaluate`] ranks by descriptors and measures the revisited Oxford and Paris benchmarks (Radenović et al.,
//!   "Revisiting Oxford and Paris", CVPR 2018; `compute_map` of filipradenovic/revisitop, which DINO, iBOT and SOP use),
//!   [`evaluate_ranking`] measures a ranking that was made elsewhere.
//! - [`evaluate_search`] measures what a search gave, and what it lost against the ranking of all images.
//! - [`evaluate_copies`] measures copy detection on Copydays (`eval_copy_detection.py` of facebookresearch/dino).
//! - [`Whitening`], [`query_expansion`] and [`database_augmentation`] change descriptors before they are compared.
//!
//! What the programs leave open is fixed here: similarities are summed in f64, and ties go to the lower index; where no
//! query has a right answer, the mean is undefined.

mod copy_detection;
mod error;
mod evaluate;
mod expansion;
mod info;
mod measure;
mod params;
mod precision;
mod prepare;
mod ranking;
mod relevance;
mod searched;

pub use copy_detection::{CopyBlock, CopyDatabase, CopyDetectionParams, LIST_LENGTH, evaluate_copies};
pub use error::RetrievalError;
pub use evaluate::{QuerySet, evaluate, evaluate_ranking, measure_ranking, rank_descriptors};
pub use expansion::{Augmentation, database_augmentation, query_expansion};
pub use info::{COPYDAYS, RETRIEVAL};
pub use params::RetrievalParams;
pub use precision::{RECALL_POINTS, average_precision, interpolated_precision, precision_at};
pub use ranking::rank;
pub use relevance::{Difficulty, Relevance};
pub use searched::{Searched, evaluate_search};
pub use sop_index::{Covariance, Expansion, Spectrum, Whitening, WhiteningError, WhiteningParams};
