//! What decoding may cost.

use crate::error::ImageError;

/// Pillow's warning threshold for decompression bombs (`Image.MAX_IMAGE_PIXELS`); twice as many pixels are an error there, and here.
const PILLOW_MAX_IMAGE_PIXELS: u64 = 89_478_485;

/// Bounds on what one image file may cost, checked from its header before any pixel is allocated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DecodeLimits {
    /// Largest accepted `width * height`; 178,956,970 by default, Pillow's own threshold.
    pub max_pixels: u64,
}

impl Default for DecodeLimits {
    fn default() -> Self {
        Self { max_pixels: 2 * PILLOW_MAX_IMAGE_PIXELS }
    }
}

impl DecodeLimits {
    /// Checks the size of an image of bare pixels, which has no header to be checked.
    ///
    /// # Errors
    /// [`ImageError::Empty`] and [`ImageError::TooManyPixels`], as [`decode`](super::decode) has them.
    pub fn check(&self, width: usize, height: usize) -> Result<(), ImageError> {
        let side = |side| u32::try_from(side).unwrap_or(u32::MAX);
        self.check_header(side(width), side(height))
    }

    /// Checks the size that a header states.
    pub(super) fn check_header(&self, width: u32, height: u32) -> Result<(), ImageError> {
        if width == 0 || height == 0 {
            return Err(ImageError::Empty);
        }
        if u64::from(width) * u64::from(height) > self.max_pixels {
            return Err(ImageError::TooManyPixels { width, height, limit: self.max_pixels });
        }
        Ok(())
    }
}
