//! The method, its baselines and training steps against the reference implementations' values, on the device that `SOP_DEVICE`
//! names (`cpu`, `cuda` or `wgpu`; a build with that feature).

#![allow(clippy::unwrap_used, reason = "tests")]

mod baselines;
mod device;
mod memory;
mod optimiser;
mod steps;
mod tensors;
mod trace;
mod train_steps;
