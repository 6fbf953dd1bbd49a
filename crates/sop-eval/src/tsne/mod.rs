//! t-SNE: a map of embeddings in two or three dimensions in which near neighbours stay near.
//!
//! Van der Maaten and Hinton, "Visualizing Data using t-SNE" (JMLR 2008), made fast as in van der Maaten, "Accelerating
//! t-SNE using Tree-Based Algorithms" (JMLR 2014); the settings are those of scikit-learn's `TSNE`, which SOP's
//! `tsne_visualization.py` uses.
//! [`embed`] makes a map from the affinities of near neighbours; [`ExactAffinities`] scores any map, whoever made it,
//! against those of all pairs.
//!
//! What the programs leave open is fixed here: vectors are taken as they are, neither scaled nor centred; the
//! perplexity is below the number of other points, and where three times the perplexity is not, all other points are
//! neighbours; identical points may be as many as they like; one seed gives one map on any number of threads; in three
//! dimensions the similarity has two degrees of freedom, as in scikit-learn, but the gradient is its own.

mod attraction;
mod calibration;
mod descent;
mod embed;
mod error;
mod exact;
mod info;
mod joint;
mod lanes;
mod morton;
mod neighbors;
mod params;
mod principal;
mod repulsion;
mod squared_distance;
mod start;
mod student;
mod tree;

pub use embed::{TsneMap, embed};
pub use error::TsneError;
pub use exact::{Divergence, ExactAffinities};
pub use info::TSNE;
pub use params::{Init, TsneParams};
