//! Exact search: the neighbours of a k-NN classifier, and the truth that approximate indexes are measured by.
//!
//! 1. `codes`, `quantize`: the gallery, centred, as one byte a component, with a proven bound of what that loses.
//! 2. `int8`, `codes_scan`: integer products of tiles; a row whose upper bound does not reach the query's threshold is out.
//! 3. `settle`, `similarity`: the similarities of the rest, in f64, as `top_k` defines them; `nearest` keeps the best.
//! 4. `product`: f32 products with their own bound where integers tell too little or would not pay; `exact_scan` where the queries are
//!    few.
//!
//! `search` holds these together.

mod candidates;
pub(crate) mod codes;
mod codes_scan;
mod exact_scan;
mod gallery;
mod int8;
pub(crate) mod nearest;
mod product;
mod quantize;
mod search;
mod settle;
mod similarities;
pub(crate) mod similarity;
mod top_k;
pub(crate) mod vectors;

pub use gallery::{Gallery, SearchProfile};
pub use similarities::similarities;
pub use top_k::top_k;
pub use vectors::Vectors;
