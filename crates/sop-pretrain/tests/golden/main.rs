//! The method and its training steps against the reference implementations' values.

#![allow(clippy::unwrap_used, reason = "tests")]

mod baselines;
mod memory;
mod optimiser;
mod steps;
mod tensors;
mod trace;
mod train_steps;
