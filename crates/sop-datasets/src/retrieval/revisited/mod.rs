//! The revisited Oxford and Paris benchmarks: ground truth and images.
//!
//! Radenović et al., "Revisiting Oxford and Paris: Large-Scale Image Retrieval Benchmarking" (CVPR 2018), with the files
//! and the layout of filipradenovic/revisitop: `gnd_roxford5k.pkl` or `gnd_rparis6k.pkl`, and a folder `jpg` of `NAME.jpg`.
//! Names find their images by the rule of [`ImageNames`]; one that could mean two is refused.

mod budget;
mod error;
mod ground_truth;
mod image_files;
mod images;
mod json;
mod names;
mod pickle;
mod query_crop;
mod read;

pub use error::GroundTruthError;
pub use ground_truth::{GroundTruth, QueryTruth};
pub use images::RevisitedImages;
pub use names::ImageNames;
pub use query_crop::{QueryBox, query_crop};
