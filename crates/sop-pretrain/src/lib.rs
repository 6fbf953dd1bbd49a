//! Pre-training with Self-Organizing Prototypes, and with the baselines that the paper compares them with.
//!
//! - [`objective`]: what a loop needs of an objective, and the losses that they share.
//! - [`sop`]: the method. Memories of teacher embeddings, anchors drawn from them, their support embeddings.
//! - [`ibot`]: iBOT and DINO, with learned prototypes.
//! - [`run`]: a whole run in its folder, from a [`config`]; [`batches`] of views are made on other threads, [`checkpoint`]s hold all state.
//! - [`learner`]: one training step of student and teacher; `replica.rs` is its part on one device, [`compute`] which devices.
//! - [`kept_images`]: decoded images that stay in memory from one epoch to the next.
//! - [`freed_memory`]: buffers that a step frees and the next one takes again.
//! - [`initial_weights`]: those of a checkpoint, where a run does not start from its seed alone.
//! - [`metrics`] of every step; [`monitor`] looks for collapse in them, [`evaluation`] measures the teacher by k-NN.
//! - [`drop_path`]: branches that the student leaves out.
//! - [`network`]: student and teacher, a backbone with a projection head.
//! - [`optimiser`]: AdamW, clipping per parameter, the moving average that makes the teacher.
//! - [`schedule`]: cosine schedules with a linear warm-up.
//!
//! Numbers follow the authors' released code (sthalles/sop); where the paper says something else, both are options.

pub mod batches;
pub mod checkpoint;
pub mod compute;
pub mod config;
mod defaults;
pub mod drop_path;
pub mod evaluation;
mod event_file;
pub mod freed_memory;
mod host_rows;
pub mod ibot;
pub mod initial_weights;
pub mod kept_images;
pub mod learner;
pub mod metrics;
pub mod monitor;
pub mod network;
pub mod objective;
pub mod optimiser;
mod parts;
mod random;
mod replica;
pub mod run;
pub mod schedule;
pub mod sop;
