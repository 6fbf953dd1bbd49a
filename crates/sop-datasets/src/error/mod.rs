//! What can go wrong with images, transforms and data sets.

mod dataset;
mod image;
mod transform;

pub use dataset::DatasetError;
pub use image::ImageError;
pub use transform::TransformError;
