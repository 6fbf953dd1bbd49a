//! GIF decoding: the first frame on its screen, with Pillow's conversion to RGB.

use std::num::NonZeroU64;

use ::gif::{ColorOutput, DecodeOptions, DecodingError, MemoryLimit};
use sop_core::panic_guard::catch_panic;

use super::{DecodeLimits, RgbImage};
use crate::error::ImageError;

/// Decodes the first frame of a GIF file to RGB as Pillow does.
///
/// Transparency is ignored: a transparent pixel has the colour that its index has in the palette.
/// What the frame leaves of the screen has the transparent index where the frame names one, else index 0;
/// a frame that reaches beyond the screen enlarges it.
pub(super) fn decode(bytes: &[u8], limits: &DecodeLimits) -> Result<RgbImage, ImageError> {
    catch_panic(|| first_frame(bytes, limits)).unwrap_or_else(|panic| Err(corrupt(panic.to_string())))
}

fn first_frame(bytes: &[u8], limits: &DecodeLimits) -> Result<RgbImage, ImageError> {
    let mut options = DecodeOptions::new();
    options.set_color_output(ColorOutput::Indexed);
    options.set_memory_limit(MemoryLimit::Bytes(NonZeroU64::new(limits.max_pixels).unwrap_or(NonZeroU64::MIN)));
    // Stray bytes between the blocks of a file are common enough for Pillow to skip them.
    options.allow_unknown_blocks(true);
    let mut decoder = options.read_info(bytes).map_err(gif_error)?;
    let (screen_width, screen_height) = (u32::from(decoder.width()), u32::from(decoder.height()));
    let frame = decoder.next_frame_info().map_err(gif_error)?.ok_or_else(|| corrupt("no image in the file"))?;
    let (left, top) = (u32::from(frame.left), u32::from(frame.top));
    let (frame_width, frame_height) = (u32::from(frame.width), u32::from(frame.height));
    let background = usize::from(frame.transparent.unwrap_or(0));
    let local_palette = frame.palette.clone();
    let (width, height) = (screen_width.max(left + frame_width), screen_height.max(top + frame_height));
    limits.check(frame_width, frame_height)?;
    limits.check(width, height)?;
    // Zeroed memory costs nothing until a row is written: a short file with a large frame fails before that.
    let mut indices = vec![0_u8; frame_width as usize * frame_height as usize];
    decoder.read_into_buffer(&mut indices).map_err(gif_error)?;

    let colours = colours(local_palette.as_deref(), decoder.global_palette());
    let (width, height) = (width as usize, height as usize);
    let (left, top, frame_width) = (left as usize, top as usize, frame_width as usize);
    let mut pixels = Vec::with_capacity(width * height * 3);
    let blank = colours.get(background).copied().unwrap_or_default();
    let append_blank = |pixels: &mut Vec<u8>, count: usize| pixels.extend(std::iter::repeat_n(blank, count).flatten());
    append_blank(&mut pixels, top * width);
    for row in indices.chunks_exact(frame_width) {
        append_blank(&mut pixels, left);
        pixels.extend(row.iter().flat_map(|&index| colours.get(usize::from(index)).copied().unwrap_or_default()));
        append_blank(&mut pixels, width - left - frame_width);
    }
    let rest = width * height - pixels.len() / 3;
    append_blank(&mut pixels, rest);
    RgbImage::new(width, height, pixels)
}

/// The colours of the 256 indices: those of the frame's own palette, else of the file's, else shades of grey.
///
/// A palette of shades of grey (0, 1, 2 and so on) counts as none in Pillow, as far as it goes and beyond.
/// Indices beyond another palette are black.
fn colours(local: Option<&[u8]>, global: Option<&[u8]>) -> [[u8; 3]; 256] {
    let palette = [local, global].into_iter().flatten().find(|palette| !is_grey_ramp(palette));
    let mut colours = [[0; 3]; 256];
    match palette {
        Some(palette) => colours.iter_mut().zip(palette.as_chunks::<3>().0).for_each(|(to, from)| *to = *from),
        None => colours.iter_mut().zip(0..=255).for_each(|(to, shade)| *to = [shade; 3]),
    }
    colours
}

fn is_grey_ramp(palette: &[u8]) -> bool {
    palette.as_chunks::<3>().0.iter().zip(0..=255).all(|(colour, shade)| *colour == [shade; 3])
}

fn corrupt(message: impl Into<String>) -> ImageError {
    ImageError::Corrupt { format: "GIF", message: message.into() }
}

fn gif_error(error: DecodingError) -> ImageError {
    match error {
        DecodingError::UnexpectedEof => ImageError::Truncated { format: "GIF" },
        other => corrupt(other.to_string()),
    }
}
