//! Pre-training with Self-Organizing Prototypes.
//!
//! - [`sop`]: the method. Memories of teacher embeddings, anchors drawn from them, their support embeddings, and the losses.
//! - [`learner`]: one training step of student and teacher.
//! - [`network`]: student and teacher, a backbone with a projection head.
//! - [`optimiser`]: AdamW, clipping per parameter, the moving average that makes the teacher.
//! - [`schedule`]: cosine schedules with a linear warm-up.
//!
//! Numbers follow the authors' released code (sthalles/sop); where the paper says something else, both are options.

pub mod learner;
pub mod network;
pub mod optimiser;
mod random;
pub mod schedule;
pub mod sop;
