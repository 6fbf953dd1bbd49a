//! Images as Pillow and torchvision see them, to the byte, because the published protocols were run with them.
//!
//! - [`decode`]: file bytes to RGB.
//! - [`transform`]: resizing, cropping and normalising, and the one-line text that describes them.
//! - [`preview`]: an image as a small file, for pages.
//! - [`views`]: the random views of pre-training and the random crops of linear probes.

mod error;
mod image;
pub mod transform;
pub mod views;

pub use error::{ImageError, PrepareError, TransformError};
pub use image::{
    DECODER, DecodeLimits, NameKind, Preview, PreviewError, RgbImage, SUPPORTED_FORMATS, decode, decode_label_png,
    image_endings, jpeg, preview,
};
