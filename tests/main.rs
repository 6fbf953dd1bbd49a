//! End-to-end tests of the binary `sop`, and of the rules that hold the workspace together.

#![allow(clippy::unwrap_used, reason = "tests may unwrap, and so may the functions they share")]

mod bad_input;
mod fixture;
mod pipeline;
mod tidy;
