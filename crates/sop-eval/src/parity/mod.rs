//! Whether two encoders give the same vectors for the same images: an exported model and its original, two engines,
//! two versions of a preprocessing.

mod common_rows;
mod compare;
mod error;

pub use common_rows::{CommonRows, common_rows};
pub use compare::{Agreement, Largest, Parity, compare};
pub use error::ParityError;
