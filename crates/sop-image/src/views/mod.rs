//! The random views of self-supervised pre-training, and the masks over their patches.
//!
//! Every pixel operation computes what Pillow and torchvision's functions for Pillow images compute, to the byte; every random
//! choice follows from (seed, epoch, image), whatever the number of threads.

mod colour;
mod config;
mod flip;
mod gaussian_blur;
mod hue;
mod make;
mod mask;
mod random_resized_crop;
mod solarize;
mod train_crops;

pub use colour::{adjust_brightness, adjust_contrast, adjust_saturation, greyscale};
pub use config::{ColourJitter, GlobalCrops, LocalCrops, ViewConfig, ViewConfigError};
pub use flip::flip_horizontally;
pub use gaussian_blur::gaussian_blur;
pub use hue::adjust_hue;
pub use make::Views;
pub use mask::{MaskConfig, MaskKind};
pub use random_resized_crop::CropBox;
pub use solarize::solarize;
pub use train_crops::{CropFilter, TrainCrops};
