//! PNG decoding, with Pillow's conversions to RGB.
//!
//! A file is read where Pillow reads it, damage included: [`chunks`] takes the image out of it, and the decoder gets that
//! alone. Beyond that, a file whose compressed pixels end too early is refused, where Pillow leaves rows black if the end
//! is that of a row; and Pillow refuses files for the content of chunks that are not looked at here (gamma, transparency).

mod checksum;
mod chunks;

use std::io::{Cursor, ErrorKind};

use ::png::{BitDepth, ColorType, DecodingError, Limits, OutputInfo, Transformations};
use ndarray::Array2;

use self::chunks::{Checksums, Chunks};
use super::{DecodeLimits, RgbImage};
use crate::error::ImageError;

/// What the decoder may allocate beside the pixels.
const CHUNK_BYTES: usize = 16 << 20;
/// Bytes of one row buffer that a picture of the allowed size can need: 2^31 pixels of 16-bit RGBA cannot pass the pixel limit before.
const ROW_BYTES: u64 = 8;

/// The rows of a PNG file as they are stored.
struct Stored {
    raw: Vec<u8>,
    bytes_per_row: usize,
    width: usize,
    height: usize,
    color: ColorType,
    depth: BitDepth,
    palette: Vec<u8>,
}

/// Decodes a PNG file to RGB as Pillow does.
pub(super) fn decode(bytes: &[u8], limits: &DecodeLimits) -> Result<RgbImage, ImageError> {
    let stored = stored(bytes, limits)?;
    let Stored { width, height, color, depth, palette, .. } = &stored;
    let mut pixels = Vec::with_capacity(width * height * 3);
    for row in stored.rows() {
        append_rgb(&mut pixels, row, *width, *color, *depth, palette);
    }
    RgbImage::new(*width, *height, pixels)
}

/// The palette index or grey value of every pixel, `[height, width]`; `None` for a PNG with colours, alpha or 16 bits.
///
/// # Errors
/// [`ImageError`] for files that are no PNG, truncated, corrupt, or larger than the limits.
pub fn decode_label_png(bytes: &[u8], limits: &DecodeLimits) -> Result<Option<Array2<u8>>, ImageError> {
    let stored = stored(bytes, limits)?;
    if stored.depth == BitDepth::Sixteen || !matches!(stored.color, ColorType::Grayscale | ColorType::Indexed) {
        return Ok(None);
    }
    let labels: Vec<u8> = stored.rows().flat_map(|row| unpack(row, stored.width, stored.depth as usize)).collect();
    let shape = (stored.height, stored.width);
    let found = labels.len();
    let (width, height) = (stored.width, stored.height);
    Array2::from_shape_vec(shape, labels).map(Some).map_err(|_| ImageError::PixelCount { width, height, found })
}

impl Stored {
    fn rows(&self) -> impl Iterator<Item = &[u8]> {
        self.raw.chunks_exact(self.bytes_per_row.max(1)).take(self.height)
    }
}

fn stored(bytes: &[u8], limits: &DecodeLimits) -> Result<Stored, ImageError> {
    let chunks = Chunks::of(bytes)?;
    let (width, height) = chunks.size();
    limits.check_header(width, height)?;
    // The decoder looks at either all checksums or none, and those of the compressed pixels themselves count; chunks of
    // pixels are read whatever theirs is. They are nearly always right, and dear to compute.
    let file = chunks.rewritten(Checksums::Stored);
    let found = stored_rows(&file, limits).or_else(|error| {
        let mended = chunks.rewritten(Checksums::Computed);
        if mended == file { Err(error) } else { stored_rows(&mended, limits) }
    });
    let (raw, frame) = found.map_err(|error| match png_error(error) {
        ImageError::Corrupt { .. } if !chunks.ended() => ImageError::Truncated { format: "PNG" },
        error => error,
    })?;
    Ok(Stored {
        raw,
        bytes_per_row: frame.line_size,
        width: width as usize,
        height: height as usize,
        color: frame.color_type,
        depth: frame.bit_depth,
        palette: chunks.palette().to_vec(),
    })
}

/// The rows of a file of the usual form.
fn stored_rows(file: &[u8], limits: &DecodeLimits) -> Result<(Vec<u8>, OutputInfo), DecodingError> {
    let row_bytes = usize::try_from(ROW_BYTES.saturating_mul(limits.max_pixels)).unwrap_or(usize::MAX);
    let mut decoder =
        ::png::Decoder::new_with_limits(Cursor::new(file), Limits { bytes: row_bytes.saturating_add(CHUNK_BYTES) });
    decoder.set_transformations(Transformations::IDENTITY);
    decoder.ignore_checksums(false);
    let mut reader = decoder.read_info()?;
    let size = reader.output_buffer_size().ok_or(DecodingError::LimitsExceeded)?;
    // Zeroed memory costs nothing until a row is written: a short file with a large header fails before that.
    let mut raw = vec![0_u8; size];
    let frame = reader.next_frame(&mut raw)?;
    Ok((raw, frame))
}

/// Appends one row of `width` pixels, converted to RGB.
fn append_rgb(out: &mut Vec<u8>, row: &[u8], width: usize, color: ColorType, depth: BitDepth, palette: &[u8]) {
    match (color, depth) {
        (ColorType::Grayscale, BitDepth::Sixteen) => {
            out.extend(row.as_chunks::<2>().0.iter().flat_map(|&[high, low]| {
                // Pillow's `I;16` to `RGB` clips, it does not scale.
                let v = if high == 0 { low } else { 255 };
                [v, v, v]
            }))
        }
        (ColorType::Grayscale, _) => {
            let bits = depth as usize;
            let scale = 255 / ((1_u16 << bits) - 1) as u8;
            out.extend(unpack(row, width, bits).flat_map(|v| [v * scale; 3]));
        }
        (ColorType::Indexed, _) => {
            let colours = palette.as_chunks::<3>().0;
            // Indices beyond a short palette, or without one, are black in Pillow.
            out.extend(
                unpack(row, width, depth as usize)
                    .flat_map(|i| colours.get(usize::from(i)).copied().unwrap_or_default()),
            );
        }
        (ColorType::Rgb, BitDepth::Sixteen) => out.extend(row.as_chunks::<2>().0.iter().map(|&[high, _]| high)),
        (ColorType::Rgb, _) => out.extend_from_slice(row),
        (ColorType::GrayscaleAlpha, BitDepth::Sixteen) => {
            out.extend(row.as_chunks::<4>().0.iter().flat_map(|p| [p[0]; 3]))
        }
        (ColorType::GrayscaleAlpha, _) => out.extend(row.as_chunks::<2>().0.iter().flat_map(|p| [p[0]; 3])),
        (ColorType::Rgba, BitDepth::Sixteen) => {
            out.extend(row.as_chunks::<8>().0.iter().flat_map(|p| [p[0], p[2], p[4]]))
        }
        (ColorType::Rgba, _) => out.extend(row.as_chunks::<4>().0.iter().flat_map(|p| [p[0], p[1], p[2]])),
    }
}

/// The samples of a row that has `bits` (1, 2, 4 or 8) a sample, the first in the highest bits.
fn unpack(row: &[u8], width: usize, bits: usize) -> impl Iterator<Item = u8> {
    let per_byte = 8 / bits;
    let mask = ((1_u16 << bits) - 1) as u8;
    row.iter().flat_map(move |&byte| (0..per_byte).map(move |i| (byte >> (8 - bits * (i + 1))) & mask)).take(width)
}

fn png_error(error: DecodingError) -> ImageError {
    match error {
        DecodingError::IoError(e) if e.kind() == ErrorKind::UnexpectedEof => ImageError::Truncated { format: "PNG" },
        other => ImageError::Corrupt { format: "PNG", message: other.to_string() },
    }
}
