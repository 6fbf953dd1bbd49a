//! What both engines are held to. An engine is chosen once per process, so each has a test binary of its own.

mod case;
mod comparison;
pub mod dino;
pub mod ibot;
mod import;
pub mod seeded;
