//! Inversion of bright samples.

use crate::image::RgbImage;

/// Samples of at least `threshold` are inverted, each channel for itself (Pillow's `ImageOps.solarize`).
#[must_use]
pub fn solarize(image: &RgbImage, threshold: u8) -> RgbImage {
    let pixels = image.pixels().iter().map(|sample| if *sample < threshold { *sample } else { 255 - sample });
    RgbImage::from_parts(image.width(), image.height(), pixels.collect())
}
