//! What can go wrong with images and transforms.

mod image;
mod prepare;
mod transform;

pub use image::ImageError;
pub use prepare::PrepareError;
pub use transform::TransformError;
