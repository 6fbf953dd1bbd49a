//! Image transforms that compute what Pillow and torchvision compute, to the byte.
//!
//! A [`Transform`] is a list of [`Step`]s with one readable spelling, such as
//! `resize_short(256,bicubic)|center_crop(224)|normalize(imagenet)`: the string that files and reports record.
//! The single operations ([`resize_exact`], [`resize_short`], [`thumbnail`], [`center_crop`], …) are public too.

mod coefficients;
mod crop;
mod filter;
mod frame;
mod interpolate;
mod nearest;
mod normalization;
mod opencv_linear;
mod pipeline;
mod plan;
mod reduce;
mod resample;
mod resize;
mod scales;
mod size;
mod step;
mod step_text;
mod transpose;

pub use crop::{center_crop, crop, resized_crop};
pub use filter::Filter;
pub use frame::{FrameSize, prepare_frame};
pub use interpolate::interpolate_bilinear;
pub use normalization::{Normalization, normalize};
pub use opencv_linear::resize_opencv_linear;
pub use pipeline::{Transform, recommended_transform};
pub use resize::{Region, resize_exact, resize_region, resize_short, thumbnail};
pub use scales::Scales;
pub use size::{MAX_SIDE, short_side_size, thumbnail_size};
pub use step::Step;
