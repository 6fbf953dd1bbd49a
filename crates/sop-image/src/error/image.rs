//! What can go wrong with an image file.

use thiserror::Error;

/// Why a file could not be decoded to an image.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ImageError {
    /// No bytes at all.
    #[error("empty image file: 0 bytes")]
    NoData,
    /// The first bytes belong to no supported format; `seen` names the format where it is known, else shows the bytes.
    #[error("unsupported image format: {seen} (supported: {})", crate::image::SUPPORTED_FORMATS.join(", "))]
    UnsupportedFormat {
        /// Name or first bytes of what was found.
        seen: String,
    },
    /// The format is supported, this variant of it is not.
    #[error("unsupported {format} image: {layout}")]
    UnsupportedLayout {
        /// The file format.
        format: &'static str,
        /// What is unusual about the file.
        layout: String,
    },
    /// The data ends before the image does.
    #[error("truncated {format} image: the data ends before the image does")]
    Truncated {
        /// The file format.
        format: &'static str,
    },
    /// The data violates the format.
    #[error("corrupt {format} image: {message}")]
    Corrupt {
        /// The file format.
        format: &'static str,
        /// The decoder's words.
        message: String,
    },
    /// A side of the image is zero.
    #[error("empty image: width or height is zero")]
    Empty,
    /// The header states more pixels than allowed.
    #[error("image of {width} x {height} pixels exceeds the limit of {limit} pixels (raise the limit to decode it)")]
    TooManyPixels {
        /// Stated width in pixels.
        width: u32,
        /// Stated height in pixels.
        height: u32,
        /// Largest accepted number of pixels.
        limit: u64,
    },
    /// A progressive file has more scans than any encoder writes.
    #[error("JPEG image with more than {limit} scans: refused, decoding it would take very long")]
    TooManyScans {
        /// Number of scans allowed for an image of this size.
        limit: u64,
    },
    /// The sample buffer does not fit width and height.
    #[error("an RGB image of {width} x {height} needs height * width * 3 bytes, found {found}")]
    PixelCount {
        /// Width in pixels.
        width: usize,
        /// Height in pixels.
        height: usize,
        /// Length of the buffer in bytes.
        found: usize,
    },
}
