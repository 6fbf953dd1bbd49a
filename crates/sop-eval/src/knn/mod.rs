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
mod info;
mod measure;
mod params;
mod votes;

pub use evaluate::{Found, evaluate, evaluate_leave_one_out};
pub use info::KNN;
pub use params::KnnParams;
pub use votes::{Votes, votes};
