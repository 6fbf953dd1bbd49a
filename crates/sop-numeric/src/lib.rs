//! Numeric work that several crates share.
//!
//! - [`multiply`] and [`multiply_alone`]: products of matrices at the speed of the machine.
//! - [`simd`]: plain loops compiled for the vector instructions that the machine has.
//! - [`l2_normalize`]: rows of unit length.
//! - [`Stream`]: random numbers that follow from a key.

mod matrix;
mod normalize;
pub mod simd;
mod stream;

pub use matrix::{MatrixNumber, Put, multiply, multiply_alone};
pub use normalize::l2_normalize;
pub use stream::Stream;
