//! The part of a query image that is the query.

use sop_image::RgbImage;
use sop_image::TransformError;
use sop_image::transform::crop;

use super::GroundTruthError;

/// A rectangle of whole pixels, which may reach beyond the image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QueryBox {
    /// First row; negative above the image.
    pub top: i64,
    /// First column; negative to the left of the image.
    pub left: i64,
    /// Rows, at least 1.
    pub height: usize,
    /// Columns, at least 1.
    pub width: usize,
}

/// The pixels of a query's box on an image of `width` x `height`.
///
/// The benchmark's `example_process_images.py` calls Pillow's `crop` with the box as it is. Pillow rounds each side to
/// the nearest pixel, halves to the even one, and fills with black what lies beyond the image: so does [`QueryBox::apply`],
/// and nothing is clamped, since that would be another number. DINO, iBOT and SOP do not crop at all.
///
/// # Errors
/// [`GroundTruthError::BoxOutside`] when no pixel of the image is in the box, or the box is larger than any image.
pub fn query_crop(bbox: [f64; 4], width: usize, height: usize) -> Result<QueryBox, GroundTruthError> {
    /// Sides of a box lie within this distance of the image's origin.
    const FARTHEST: f64 = (1_u32 << 28) as f64;
    let outside = GroundTruthError::BoxOutside { bbox, width, height };
    if !bbox.iter().all(|side| side.abs() <= FARTHEST) {
        return Err(outside);
    }
    let [left, top, right, bottom] = bbox.map(|side| side.round_ties_even() as i64);
    let overlaps = |first: i64, last: i64, length: usize| first < last && last > 0 && first < length as i64;
    if !overlaps(left, right, width) || !overlaps(top, bottom, height) {
        return Err(outside);
    }
    Ok(QueryBox { top, left, height: (bottom - top) as usize, width: (right - left) as usize })
}

impl QueryBox {
    /// Cuts the rectangle out; pixels beyond the image are black.
    ///
    /// # Errors
    /// When the rectangle has more than 2^28 pixels.
    pub fn apply(&self, image: &RgbImage) -> Result<RgbImage, TransformError> {
        crop(image, self.top, self.left, self.height, self.width)
    }
}
