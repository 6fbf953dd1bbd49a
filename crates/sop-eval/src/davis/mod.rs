//! DAVIS-2017, semi-supervised: the objects of a first frame are followed through a video, and the masks are scored by J and F.
//!
//! Propagation: `eval_video_segmentation.py` of facebookresearch/dino, bytedance/ibot and SOP (Jabri et al., "Space-Time
//! Correspondence as a Contrastive Random Walk", NeurIPS 2020); scores: davisvideochallenge/davis2017-evaluation (Perazzi et al., CVPR 2016).
//! What makes numbers differ: first and last frame are not scored, means are over objects (not sequences), and void pixels (255)
//! count as background.

mod bitmap;
mod boundary;
mod context;
mod label_map;
mod measure;
mod propagate;
mod region;
mod score;
mod statistics;
mod top_k;

pub use label_map::label_map;
pub use measure::measure;
pub use propagate::{PropagationParams, Propagator};
pub use score::{FrameScore, ObjectScores, ScoreError, VOID, num_objects, score_frame, score_sequence};
pub use statistics::Statistics;

/// Name and version of the protocol.
///
/// 2: masks are scaled by the patch size that the encoder states, not by the smallest one that has its number of tokens.
pub const DAVIS_PROTOCOL: (&str, u32) = ("davis", 2);

/// The metrics that it measures: over all objects; with the parameter `sequence` over those of one, and with `object` of one.
pub const METRICS: [&str; 7] = ["j_and_f_mean", "j_mean", "j_recall", "j_decay", "f_mean", "f_recall", "f_decay"];
