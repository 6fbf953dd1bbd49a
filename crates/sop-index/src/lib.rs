//! Nearest-neighbour search over embeddings.
//!
//! [`VectorIndex`] is what every index can do. A [`Gallery`] searches exactly: [`top_k`] is exact search by inner product, the neighbours of a
//! k-NN classifier and the ground truth of any approximate index; on rows of unit length the inner product is the cosine similarity.
//! A [`Gallery`] is made once for many searches. [`similarities`] are those of all rows, for who ranks all of them.
//! An [`Expansion`] draws queries towards their neighbours; a [`Whitening`] makes all directions of the rows count alike.
//! A [`GraphIndex`] searches approximately, along a [`Graph`], with the similarities of exact search. A [`RowSet`] says which rows a search may
//! find.
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

mod error;
mod exact;
mod expansion;
mod graph;
mod row_set;
mod vector_index;
mod whitening;

pub use error::SearchError;
pub use exact::{Gallery, SearchProfile, Vectors, similarities, top_k};
pub use expansion::{Expansion, ExpansionError};
pub use graph::{Graph, GraphBuilder, GraphError, GraphIndex, GraphParams};
pub use row_set::RowSet;
pub use vector_index::{Neighbors, SearchOptions, VectorIndex};
pub use whitening::{Covariance, Spectrum, Whitening, WhiteningError, WhiteningParams};
