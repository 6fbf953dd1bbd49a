//! Images through served encoders, without HTTP.

#![allow(clippy::unwrap_used, reason = "tests may unwrap")]

mod double;
mod failures;
mod images;
mod numbers;
mod queue;
mod recipes;
