//! Images, splits, transforms and the generated benchmark of `sop`.
//!
//! The way of one image: a [`dataset`], file bytes, [`image::decode`], a [`transform::Transform`], a CHW tensor for the encoder.
//! Every step computes what Pillow and torchvision compute, to the byte, because the published protocols were run with them.

pub mod copydays;
pub mod dataset;
pub mod davis;
mod error;
pub mod generated;
pub mod image;
mod kernel;
pub mod revisited;
mod stream;
pub mod transform;
pub mod views;

pub use error::{DatasetError, ImageError, PrepareError, TransformError};
