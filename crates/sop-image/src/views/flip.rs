//! Mirroring.

use crate::image::RgbImage;

/// Left becomes right.
#[must_use]
pub fn flip_horizontally(image: &RgbImage) -> RgbImage {
    let pixels = image.rows().flat_map(|row| row.chunks_exact(3).rev().flatten().copied()).collect();
    RgbImage::from_parts(image.width(), image.height(), pixels)
}
