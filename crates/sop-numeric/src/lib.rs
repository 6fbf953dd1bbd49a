//! Numeric work that several crates share.
//!
//! - [`multiply`] and [`multiply_alone`]: products of matrices at the speed of the machine.
//! - [`simd`]: plain loops compiled for the vector instructions that the machine has.
//! - [`l2_normalize`]: rows of unit length.
//! - [`random`]: random draws that follow from a key or a seed.

mod matrix;
mod normalize;
pub mod random;
pub mod simd;

pub use matrix::{MatrixNumber, Put, multiply, multiply_alone};
pub use normalize::l2_normalize;
