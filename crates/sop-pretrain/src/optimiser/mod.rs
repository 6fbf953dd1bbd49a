//! From gradients to the next weights: clipping per parameter, AdamW, and the moving average that makes the teacher.

mod adamw;
mod clip;
mod gradients;
mod moving_average;
mod path;

pub use adamw::{AdamW, AdamWConfig, Moments, decays};
pub use clip::clip_to_norm;
pub use gradients::Gradients;
pub use moving_average::follow;
