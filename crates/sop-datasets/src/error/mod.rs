//! What can go wrong with images, transforms and data sets.

mod dataset;
mod image;
mod prepare;
mod transform;

pub use dataset::DatasetError;
pub use image::ImageError;
pub use prepare::PrepareError;
pub use transform::TransformError;
