//! JPEG decoding, with the bytes of Pillow.
//!
//! mozjpeg, a C library of the libjpeg-turbo family, reads the headers and the Huffman codes ([`library`]).
//! The numeric half of the usual files (grey or YCbCr, chroma of the full or half width and height) is computed here, where it can be limited to a window
//! and uses the processor's vector instructions, which the C library only has with an assembler: [`idct`], [`upsample`], [`colour`].
//! All other files are decoded by the library. Either way the bytes are those of the libjpeg-turbo inside Pillow
//! (accurate integer inverse DCT, triangular chroma upsampling); the figures are in `reports/2026-11-23-jpeg-decoders`.

mod cmyk;
mod colour;
mod frame;
mod idct;
#[cfg(target_arch = "x86_64")]
mod idct_avx2;
mod library;
mod samples;
mod upsample;
mod window;

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use mozjpeg_sys::J_COLOR_SPACE;

use self::library::{Decompressor, Failure, MAX_SCANS};
use super::planes::PlanarImage;
use super::window::Window;
use super::{DecodeLimits, RgbImage};
use crate::error::ImageError;

/// Scans that every progressive file may have, however large its picture.
const MIN_SCANS: u64 = 64;
/// Bound on scans times pixels between the two, as a multiple of the pixel limit: what a file may cost in time.
const SCAN_WORK: u64 = 20;
/// Most pixels of a file whose coefficients (2 bytes each) are held at once; the library decodes larger ones row by row.
const LARGEST_BUFFERED: u64 = 1 << 24;

impl From<Failure> for ImageError {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Truncated => ImageError::Truncated { format: "JPEG" },
            Failure::TooManyScans(limit) => ImageError::TooManyScans { limit },
            Failure::Library(message) => ImageError::Corrupt { format: "JPEG", message },
        }
    }
}

/// What comes out of the two ways of decoding.
enum Decoded {
    Planes(PlanarImage),
    Interleaved(RgbImage),
}

/// Decodes a JPEG file to RGB as Pillow does: grey is replicated, four-component files are inverted CMYK (Adobe's convention), EXIF is ignored.
///
/// Damage that libjpeg can step over (a bad Huffman code, stray bytes between markers) is accepted as in Pillow;
/// a file that ends before its end-of-image marker is [`ImageError::Truncated`].
pub(super) fn decode(bytes: &[u8], limits: &DecodeLimits) -> Result<RgbImage, ImageError> {
    match catch_failure(|| decode_or_unwind(bytes, limits, &Window::whole))? {
        Decoded::Planes(image) => Ok(image.to_rgb()),
        Decoded::Interleaved(image) => Ok(image),
    }
}

/// Decodes the window that `choose` picks for the width and height of the image: the same pixels, and the same errors, as [`decode`].
pub(super) fn decode_window(
    bytes: &[u8],
    limits: &DecodeLimits,
    choose: &dyn Fn(usize, usize) -> Window,
) -> Result<PlanarImage, ImageError> {
    match catch_failure(|| decode_or_unwind(bytes, limits, choose))? {
        Decoded::Planes(image) => Ok(image),
        Decoded::Interleaved(image) => Ok(PlanarImage::from_rgb(&image, choose(image.width(), image.height()))),
    }
}

fn catch_failure<T>(work: impl FnOnce() -> Result<T, ImageError>) -> Result<T, ImageError> {
    match catch_unwind(AssertUnwindSafe(work)) {
        Ok(result) => result,
        Err(payload) => match payload.downcast::<Failure>() {
            Ok(failure) => Err((*failure).into()),
            // A panic of Rust code: not ours to swallow.
            Err(other) => resume_unwind(other),
        },
    }
}

fn decode_or_unwind(
    bytes: &[u8],
    limits: &DecodeLimits,
    choose: &dyn Fn(usize, usize) -> Window,
) -> Result<Decoded, ImageError> {
    let mut decompressor = Decompressor::new(bytes);
    let (width, height, components) = decompressor.read_header();
    limits.check_header(width, height)?;
    let pixels = u64::from(width) * u64::from(height);
    let max_scans = (SCAN_WORK * limits.max_pixels / pixels.max(1)).clamp(MIN_SCANS, MAX_SCANS);
    decompressor.limit_scans(max_scans);
    let (width, height) = (width as usize, height as usize);
    if let Some(frame) = decompressor.frame().filter(|_| pixels <= LARGEST_BUFFERED) {
        let window = choose(width, height).within(width, height);
        if let Some(image) = window::decode_window(&mut decompressor, &frame, window) {
            return Ok(Decoded::Planes(image));
        }
        decompressor = Decompressor::new(bytes);
        decompressor.read_header();
        decompressor.limit_scans(max_scans);
    }
    let pixels = match components {
        1 => decompressor.decode(J_COLOR_SPACE::JCS_GRAYSCALE, 1).iter().flat_map(|&v| [v, v, v]).collect(),
        3 => decompressor.decode(J_COLOR_SPACE::JCS_RGB, 3),
        4 => cmyk::inverted_cmyk_to_rgb(&decompressor.decode(J_COLOR_SPACE::JCS_CMYK, 4)),
        _ => {
            return Err(ImageError::UnsupportedLayout { format: "JPEG", layout: format!("{components} components") });
        }
    };
    Ok(Decoded::Interleaved(RgbImage::new(width, height, pixels)?))
}
