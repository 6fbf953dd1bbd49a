//! Benchmarks of retrieval: images with the answers to each query.

pub mod copydays;
pub mod revisited;
