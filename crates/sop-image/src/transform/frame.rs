//! A frame on its way to the encoder.

use ndarray::Array3;

use super::opencv_linear::resize_opencv_linear;
use super::{Normalization, normalize};
use crate::error::TransformError;
use crate::image::RgbImage;

/// The longer side is a multiple of this.
const STEP: usize = 64;

/// Size of prepared frames: the short side, 480 in the references; the long side keeps the ratio, cut to a multiple of 64.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FrameSize {
    /// The shorter side in pixels.
    pub short: usize,
}

impl FrameSize {
    /// Width and height of the prepared frame for one of this width and height; each at least 64.
    #[must_use]
    pub fn of(self, width: usize, height: usize) -> (usize, usize) {
        let long = |long: usize, short: usize| {
            let scaled = self.short as f64 * long as f64 / short as f64;
            ((scaled / STEP as f64).floor() as usize * STEP).max(STEP)
        };
        if height > width { (self.short, long(height, width)) } else { (long(width, height), self.short) }
    }
}

/// The encoder's input `[3, height, width]` of a frame.
///
/// # Errors
/// [`TransformError::TooLarge`] where the frame would be too large.
pub fn prepare_frame(
    image: &RgbImage,
    size: FrameSize,
    normalization: &Normalization,
) -> Result<Array3<f32>, TransformError> {
    let (width, height) = size.of(image.width(), image.height());
    Ok(normalize(&resize_opencv_linear(image, width, height)?, normalization))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_long_side_is_cut_to_a_multiple() {
        let size = FrameSize { short: 480 };
        assert_eq!(size.of(854, 480), (832, 480));
        assert_eq!(size.of(480, 854), (480, 832));
        assert_eq!(size.of(1152, 480), (1152, 480));
        assert_eq!(size.of(10, 10), (448, 480));
    }
}
