//! WebP decoding: the still image or the first frame of an animation, with Pillow's conversion to RGB.
//!
//! Pillow decodes to RGBA and drops the alpha channel, so nothing here reads the alpha chunk:
//! the colour bitstream (lossy `VP8 ` or lossless `VP8L`) is cut out of the container and decoded as a plain file of its own.

use std::io::{Cursor, ErrorKind};

use image_webp::{DecodingError, WebPDecoder};
use sop_core::panic_guard::catch_panic;

use super::fields::{u16_le, u24_le, u32_le};
use super::{DecodeLimits, RgbImage};
use crate::error::ImageError;

const FORMAT: &str = "WebP";
const TRUNCATED: ImageError = ImageError::Truncated { format: FORMAT };
/// Bytes before the first chunk: `RIFF`, the size of the rest, `WEBP`.
const FILE_HEADER: usize = 12;
/// Bytes before the payload of a chunk: its name and its size.
const CHUNK_HEADER: usize = 8;
/// Bytes of a frame (`ANMF`) before its chunks: position, size, duration, flags.
const FRAME_HEADER: usize = 16;
/// The flag of the extended header (`VP8X`) that announces frames.
const ANIMATION: u8 = 0b10;

/// Decodes a WebP file to RGB as Pillow does.
///
/// Of an animation this is the first frame; what it leaves of the canvas is black.
pub(super) fn decode(bytes: &[u8], limits: &DecodeLimits) -> Result<RgbImage, ImageError> {
    let riff_size = u32_le(bytes, 4).ok_or(TRUNCATED)? as usize;
    let file = bytes.get(..CHUNK_HEADER.saturating_add(riff_size)).ok_or(TRUNCATED)?;
    let chunks = file.get(FILE_HEADER..).ok_or(TRUNCATED)?;
    let (name, header) = Chunks(chunks).next().ok_or(TRUNCATED)??;
    if name != *b"VP8X" {
        let still = bitstream(chunks, limits)?;
        return RgbImage::new(still.width, still.height, still.pixels);
    }
    let flags = *header.first().ok_or(TRUNCATED)?;
    let width = u24_le(header, 4).ok_or(TRUNCATED)? + 1;
    let height = u24_le(header, 7).ok_or(TRUNCATED)? + 1;
    limits.check_header(width, height)?;
    let canvas = (width as usize, height as usize);
    if flags & ANIMATION == 0 {
        let still = bitstream(chunks, limits)?;
        if (still.width, still.height) != canvas {
            return Err(corrupt("the sizes of image and canvas differ"));
        }
        return RgbImage::new(still.width, still.height, still.pixels);
    }
    first_frame(chunks, canvas, limits)
}

/// The colours of one bitstream.
struct Still {
    width: usize,
    height: usize,
    pixels: Vec<u8>,
}

/// Decodes the first frame of an animation onto a black canvas.
fn first_frame(chunks: &[u8], (width, height): (usize, usize), limits: &DecodeLimits) -> Result<RgbImage, ImageError> {
    let frame = find(chunks, &[*b"ANMF"])?.1;
    let field = |offset| u24_le(frame, offset).map(|value| value as usize).ok_or(TRUNCATED);
    let (left, top) = (2 * field(0)?, 2 * field(3)?);
    let (frame_width, frame_height) = (field(6)? + 1, field(9)? + 1);
    if left + frame_width > width || top + frame_height > height {
        return Err(corrupt("the first frame reaches beyond the canvas"));
    }
    let still = bitstream(frame.get(FRAME_HEADER..).ok_or(TRUNCATED)?, limits)?;
    if (still.width, still.height) != (frame_width, frame_height) {
        return Err(corrupt("the sizes of the first frame and its image differ"));
    }
    if (still.width, still.height) == (width, height) {
        return RgbImage::new(width, height, still.pixels);
    }
    let mut pixels = vec![0; width * height * 3];
    let rows = pixels.chunks_exact_mut(width * 3).skip(top);
    for (to, from) in rows.zip(still.pixels.chunks_exact(frame_width * 3)) {
        if let Some(to) = to.get_mut(left * 3..(left + frame_width) * 3) {
            to.copy_from_slice(from);
        }
    }
    RgbImage::new(width, height, pixels)
}

/// Decodes the first colour bitstream among some chunks.
fn bitstream(chunks: &[u8], limits: &DecodeLimits) -> Result<Still, ImageError> {
    let (name, payload) = find(chunks, &[*b"VP8 ", *b"VP8L"])?;
    let (width, height) = size(name, payload)?;
    limits.check_header(width, height)?;
    let file = plain_file(name, payload);
    catch_panic(|| decode_plain(file)).unwrap_or_else(|panic| Err(corrupt(panic.to_string())))
}

/// Width and height that the header of a bitstream states.
fn size(name: [u8; 4], payload: &[u8]) -> Result<(u32, u32), ImageError> {
    if name == *b"VP8L" {
        let bits = u32_le(payload, 1).ok_or(TRUNCATED)?;
        return Ok(((bits & 0x3fff) + 1, ((bits >> 14) & 0x3fff) + 1));
    }
    let side = |offset| u16_le(payload, offset).map(|side| u32::from(side & 0x3fff)).ok_or(TRUNCATED);
    Ok((side(6)?, side(8)?))
}

/// A file of nothing but one bitstream.
fn plain_file(name: [u8; 4], payload: &[u8]) -> Vec<u8> {
    // The payload is a part of a file whose size fits these fields.
    let size = payload.len() as u32;
    let padding = size % 2;
    let mut file = Vec::with_capacity(FILE_HEADER + CHUNK_HEADER + payload.len() + 1);
    file.extend_from_slice(b"RIFF");
    file.extend_from_slice(&size.saturating_add(12 + padding).to_le_bytes());
    file.extend_from_slice(b"WEBP");
    file.extend_from_slice(&name);
    file.extend_from_slice(&size.to_le_bytes());
    file.extend_from_slice(payload);
    file.resize(file.len() + padding as usize, 0);
    file
}

fn decode_plain(file: Vec<u8>) -> Result<Still, ImageError> {
    let mut decoder = WebPDecoder::new(Cursor::new(file)).map_err(webp_error)?;
    let (width, height) = decoder.dimensions();
    let channels = if decoder.has_alpha() { 4 } else { 3 };
    let (width, height) = (width as usize, height as usize);
    let mut samples = vec![0; width * height * channels];
    decoder.read_image(&mut samples).map_err(webp_error)?;
    if channels == 4 {
        let mut kept = 0;
        for pixel in 0..width * height {
            samples.copy_within(4 * pixel..4 * pixel + 3, kept);
            kept += 3;
        }
        samples.truncate(kept);
    }
    Ok(Still { width, height, pixels: samples })
}

/// The first chunk that has one of some names.
fn find<'a>(chunks: &'a [u8], names: &[[u8; 4]]) -> Result<([u8; 4], &'a [u8]), ImageError> {
    for chunk in Chunks(chunks) {
        let (name, payload) = chunk?;
        if names.contains(&name) {
            return Ok((name, payload));
        }
    }
    Err(corrupt("no image in the file"))
}

/// The chunks of a container, each its name and payload; an error ends them.
struct Chunks<'a>(&'a [u8]);

impl<'a> Iterator for Chunks<'a> {
    type Item = Result<([u8; 4], &'a [u8]), ImageError>;

    fn next(&mut self) -> Option<Self::Item> {
        let (name, rest) = self.0.split_first_chunk::<4>()?;
        let chunk = rest.split_first_chunk::<4>().and_then(|(size, rest)| {
            let size = u32::from_le_bytes(*size) as usize;
            Some((rest.get(..size)?, rest.get(size + size % 2..).unwrap_or_default()))
        });
        let Some((payload, rest)) = chunk else {
            self.0 = &[];
            return Some(Err(TRUNCATED));
        };
        self.0 = rest;
        Some(Ok((*name, payload)))
    }
}

fn corrupt(message: impl Into<String>) -> ImageError {
    ImageError::Corrupt { format: FORMAT, message: message.into() }
}

fn webp_error(error: DecodingError) -> ImageError {
    match error {
        DecodingError::IoError(e) if e.kind() == ErrorKind::UnexpectedEof => TRUNCATED,
        other => corrupt(other.to_string()),
    }
}
