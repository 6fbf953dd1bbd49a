//! Collections that are searched, made of embeddings.
//!
//! [`IndexBuild`] makes a collection, [`add`] adds to one; [`check_origin`] holds what made vectors against what made a collection's.

mod build;
mod origin;
mod points;
mod whitening;

pub use build::{Added, IndexBuild, add};
pub use origin::{check_origin, origin};
pub use whitening::IndexWhitening;
