//! Crops.

use super::filter::Filter;
use super::resize::resize_exact;
use crate::error::TransformError;
use crate::image::RgbImage;

/// Cuts out `height * width` pixels from (`left`, `top`); pixels outside of the image are black, as in torchvision and Pillow.
///
/// Negative positions are allowed.
///
/// # Errors
/// [`TransformError::TooLarge`] for a side of zero or more than 2^28 pixels.
pub fn crop(image: &RgbImage, top: i64, left: i64, height: usize, width: usize) -> Result<RgbImage, TransformError> {
    let limit = 1 << 28;
    let pixels = width.saturating_mul(height);
    if pixels == 0 || pixels > limit {
        return Err(TransformError::TooLarge { width, height, source_height: image.height(), limit });
    }
    let mut out = vec![0_u8; pixels * 3];
    // Columns of the result that lie inside of the image.
    let first = left.min(0).unsigned_abs().min(width as u64) as usize;
    let source_left = usize::try_from(left).unwrap_or(0);
    let inside = (width - first).min(image.width().saturating_sub(source_left));
    for (line, y) in out.chunks_exact_mut(width * 3).zip(top..) {
        let Some(source) = usize::try_from(y).ok().and_then(|y| image.pixels().chunks_exact(image.width() * 3).nth(y))
        else {
            continue;
        };
        let target = line.get_mut(first * 3..(first + inside) * 3);
        let source = source.get(source_left * 3..(source_left + inside) * 3);
        if let (Some(target), Some(source)) = (target, source) {
            target.copy_from_slice(source);
        }
    }
    Ok(RgbImage::from_parts(width, height, out))
}

/// Cuts out the middle `side * side` pixels, as torchvision's `CenterCrop(side)`.
///
/// The offset `(height - side) / 2` is rounded half to even, as Python's `round` does; an image that is too small is padded with black first.
///
/// # Errors
/// [`TransformError::TooLarge`] for a side of zero or more than 2^28 pixels.
pub fn center_crop(image: &RgbImage, side: usize) -> Result<RgbImage, TransformError> {
    crop(image, center_offset(image.height(), side), center_offset(image.width(), side), side, side)
}

/// Start of the crop on an axis; negative is black padding, of which the smaller half comes first.
pub(super) fn center_offset(length: usize, side: usize) -> i64 {
    if length < side {
        return -((side - length) as i64 / 2);
    }
    ((length - side) as f64 / 2.0).round_ties_even() as i64
}

/// Crops and then resizes, as torchvision's `resized_crop`: unlike a region of a resize, pixels outside of the crop have no influence.
///
/// # Errors
/// As [`crop`] and [`resize_exact`].
pub fn resized_crop(
    image: &RgbImage,
    (top, left, height, width): (i64, i64, usize, usize),
    (out_height, out_width): (usize, usize),
    filter: Filter,
) -> Result<RgbImage, TransformError> {
    resize_exact(&crop(image, top, left, height, width)?, out_width, out_height, filter)
}
