//! Nearest-neighbour search over embeddings.
//!
//! [`top_k`] is exact search by inner product: the neighbours of a k-NN classifier, and the ground truth of any
//! approximate index. On rows scaled by [`l2_normalize`] the inner product is the cosine similarity.
//! A [`Gallery`] is made once for many searches. [`similarities`] are those of all rows, for who ranks all of them.
//!
//! ```
//! use ndarray::array;
//! use sop_index::{SearchOptions, top_k};
//!
//! let gallery = array![[1.0, 0.0], [0.0, 1.0], [0.6, 0.8]];
//! let neighbors = top_k(array![[1.0, 0.0]].view(), gallery.view(), 2, &SearchOptions::default())?;
//! assert_eq!(neighbors.indices, array![[0, 2]]);
//! assert_eq!(neighbors.similarities, array![[1.0, 0.6]]);
//! # Ok::<(), sop_index::SearchError>(())
//! ```

mod candidates;
mod codes;
mod codes_scan;
mod error;
mod exact;
mod exact_scan;
mod gallery;
mod int8;
mod matrix;
mod nearest;
mod normalize;
mod product;
mod quantize;
mod search;
mod settle;
mod simd;
mod similarities;
mod similarity;
mod vectors;

pub use error::SearchError;
pub use exact::{Neighbors, SearchOptions, top_k};
pub use gallery::{Gallery, SearchProfile};
pub use matrix::{MatrixNumber, Put, multiply, multiply_alone};
pub use normalize::l2_normalize;
pub use similarities::similarities;
pub use vectors::Vectors;
