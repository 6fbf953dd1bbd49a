//! BMP decoding, with Pillow's readings of the format and its conversion to RGB.
//!
//! A reader of our own, since others differ from Pillow's `BmpImagePlugin` where files are odd:
//! a palette of shades of grey (0, 1, 2 and so on) is dropped there and the samples are read as 8-bit grey whatever their depth;
//! a palette of black and white is dropped and the samples are read as single bits;
//! 16-bit colours are scaled down with integer division; the alpha channel is dropped.

mod header;
mod layout;
mod rle;

use header::Header;
use layout::Layout;

use super::{DecodeLimits, RgbImage};
use crate::error::ImageError;

const FORMAT: &str = "BMP";
const TRUNCATED: ImageError = ImageError::Truncated { format: FORMAT };

/// Decodes a BMP file to RGB as Pillow does.
pub(super) fn decode(bytes: &[u8], limits: &DecodeLimits) -> Result<RgbImage, ImageError> {
    let header = Header::read(bytes)?;
    limits.check_header(header.width, header.height)?;
    let layout = Layout::new(&header, bytes)?;
    let (width, height) = (header.width as usize, header.height as usize);
    let unpacked;
    let (rows, stride, samples) = if layout.run_lengths {
        unpacked = rle::unpack(bytes, layout.data, width, height, header.compression == header::RLE4)?;
        (unpacked.as_slice(), width, layout.samples.of_one_byte())
    } else {
        let stride = (width * usize::from(header.bits)).div_ceil(32) * 4;
        let used = (width * layout.samples.bits()).div_ceil(8);
        if used > stride {
            return Err(corrupt("its grey palette makes the rows longer than they are"));
        }
        // The padding of the last row may be missing.
        let needed = stride * (height - 1) + used;
        let data = bytes.get(layout.data..).and_then(|data| data.get(..needed)).ok_or(TRUNCATED)?;
        (data, stride, layout.samples)
    };
    let mut pixels = Vec::with_capacity(width * height * 3);
    let rows = rows.chunks(stride);
    if header.top_down {
        rows.for_each(|row| samples.append_rgb(row, width, &mut pixels));
    } else {
        rows.rev().for_each(|row| samples.append_rgb(row, width, &mut pixels));
    }
    RgbImage::new(width, height, pixels)
}

fn corrupt(message: impl Into<String>) -> ImageError {
    ImageError::Corrupt { format: FORMAT, message: message.into() }
}

fn unsupported(layout: impl Into<String>) -> ImageError {
    ImageError::UnsupportedLayout { format: FORMAT, layout: layout.into() }
}
