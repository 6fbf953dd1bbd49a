//! Intervals and tests on cases by hand, and on simulated values whose truth is known.

#![allow(clippy::unwrap_used, reason = "tests may unwrap, and so may the functions they share")]

mod comparison;
mod coverage;
mod interval;
mod simulation;
mod tests_by_hand;
