//! The weighted k-nearest-neighbour classifier: accuracy of embeddings without training anything.
//!
//! Train and test vectors are scaled to unit length, each test image takes its `k` most similar train images, each of
//! which votes for its class with weight exp(similarity / temperature), and the class with the most votes wins.
//! Wu et al., "Unsupervised Feature Learning via Non-Parametric Instance Discrimination" (CVPR 2018), section 3.4; the
//! parameters follow `eval_knn.py` of facebookresearch/dino, which bytedance/ibot and SOP use too.
//!
//! What those programs leave open is fixed here: classes are the labels of the train set, whatever their number and
//! values; ties between images go to the lower row and between classes to the lower label; a class without a vote is
//! never among the best five; `k` beyond the train set takes all of it; any number of test images is fine.

mod ballot;
mod evaluate;
mod measure;
mod params;
mod votes;

pub use evaluate::{Found, evaluate, evaluate_leave_one_out};
pub use params::KnnParams;
pub use votes::{Votes, votes};

/// Name and version of the protocol in result records; a new version means that numbers changed.
pub const KNN_PROTOCOL: (&str, u32) = ("knn", 1);

/// Names of the metrics that [`evaluate`] measures.
pub const METRICS: [&str; 4] = ["top1", "top5", "macro_top1", "class_top1"];
