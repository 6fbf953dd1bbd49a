//! Few labels: parts of a train set, drawn several times or listed in a file, and the mean over the draws.
//!
//! DINOv2 draws `n` images of every class (`n_per_class`, the seed is the number of the try) and averages over the tries; SimCLR
//! publishes one list of 1 % and one of 10 % of ImageNet (`imagenet_subsets/` of google-research/simclr), which SOP and iBOT use.
//! Any protocol that learns from a labelled set can be run on each part.

mod average;
mod draw;
mod file_list;

pub use average::average_over_tries;
pub use draw::{Part, draw};
pub use file_list::rows_of_list;

/// The parameters of measurements that say which part of the train set was learnt from, whatever the protocol.
pub const UNIT_PARAMS: [&str; 4] = ["shots", "percent", "list", "train_images"];

/// The one of them that is counted, not asked for.
pub const OUTCOME_PARAMS: [&str; 1] = ["train_images"];
