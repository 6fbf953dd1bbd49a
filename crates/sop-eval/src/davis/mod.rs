//! DAVIS-2017, semi-supervised: the objects of a first frame are followed through a video, and the masks are scored by J and F.
//!
//! Propagation: `eval_video_segmentation.py` of facebookresearch/dino, bytedance/ibot and SOP (Jabri et al., "Space-Time
//! Correspondence as a Contrastive Random Walk", NeurIPS 2020); scores: davisvideochallenge/davis2017-evaluation (Perazzi et al., CVPR 2016).
//! What makes numbers differ: first and last frame are not scored, means are over objects (not sequences), and void pixels (255)
//! count as background.

mod bitmap;
mod boundary;
mod context;
mod info;
mod label_map;
mod measure;
mod propagate;
mod region;
mod score;
mod statistics;
mod top_k;

pub use info::DAVIS;
pub use label_map::label_map;
pub use measure::measure;
pub use propagate::{PropagationParams, Propagator};
pub use score::{FrameScore, ObjectScores, ScoreError, VOID, num_objects, score_frame, score_sequence};
pub use statistics::Statistics;
