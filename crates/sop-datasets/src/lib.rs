//! Readers of data sets on disk.
//!
//! - [`dataset`]: what every layout gives, opened by a text; checks, and the manifests of the data sets that are known.
//! - [`classification`]: labelled images: folders, Hugging Face Parquet, tar shards, CIFAR, MNIST, lists.
//! - [`retrieval`]: the revisited Oxford and Paris, Copydays.
//! - [`video`]: the videos of DAVIS.

pub mod classification;
pub mod dataset;
mod error;
pub mod retrieval;
pub mod video;

pub use error::DatasetError;
