//! The decoded image.

use crate::error::ImageError;

/// An 8-bit RGB image: `pixels` holds `height * width * 3` bytes, rows from the top, R G B interleaved.
#[derive(Clone, PartialEq, Eq)]
pub struct RgbImage {
    width: usize,
    height: usize,
    pixels: Vec<u8>,
}

impl RgbImage {
    /// Makes an image of its pixels in HWC order.
    ///
    /// # Errors
    /// [`ImageError::Empty`] when a side is zero, [`ImageError::PixelCount`] when `pixels` is not `height * width * 3` long.
    pub fn new(width: usize, height: usize, pixels: Vec<u8>) -> Result<Self, ImageError> {
        if width == 0 || height == 0 {
            return Err(ImageError::Empty);
        }
        let expected = width.checked_mul(height).and_then(|n| n.checked_mul(3));
        if expected != Some(pixels.len()) {
            return Err(ImageError::PixelCount { width, height, found: pixels.len() });
        }
        Ok(Self { width, height, pixels })
    }

    /// An image from parts that fit by construction.
    pub(crate) fn from_parts(width: usize, height: usize, pixels: Vec<u8>) -> Self {
        debug_assert_eq!(pixels.len(), width * height * 3);
        Self { width, height, pixels }
    }

    /// Number of columns, at least 1.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Number of rows, at least 1.
    pub fn height(&self) -> usize {
        self.height
    }

    /// The samples in HWC order, `height * width * 3` bytes.
    pub fn pixels(&self) -> &[u8] {
        &self.pixels
    }

    /// Gives up the samples in HWC order.
    pub fn into_pixels(self) -> Vec<u8> {
        self.pixels
    }

    /// The rows from the top, each `width * 3` bytes.
    pub fn rows(&self) -> std::slice::ChunksExact<'_, u8> {
        self.pixels.chunks_exact(self.width * 3)
    }
}

impl std::fmt::Debug for RgbImage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "RgbImage({} x {})", self.width, self.height)
    }
}
