//! GIF decoding: the first frame on its screen, with Pillow's conversion to RGB.
//!
//! A reader of our own, since others refuse what Pillow reads: files without any palette, stray bytes between blocks,
//! a frame with several control extensions, of which the last that names a transparent index counts.

mod blocks;
mod lzw;

use blocks::Frame;

use super::{DecodeLimits, RgbImage};
use crate::error::ImageError;

const FORMAT: &str = "GIF";
const TRUNCATED: ImageError = ImageError::Truncated { format: FORMAT };

/// Decodes the first frame of a GIF file to RGB as Pillow does.
///
/// Transparency is ignored: a transparent pixel has the colour that its index has in the palette.
/// What the frame leaves of the screen has the transparent index where the frame names one, else index 0;
/// a frame that reaches beyond the screen enlarges it.
pub(super) fn decode(bytes: &[u8], limits: &DecodeLimits) -> Result<RgbImage, ImageError> {
    let frame = Frame::first(bytes)?;
    let reach = |start: u16, length: u16| u32::from(start) + u32::from(length);
    let width = u32::from(frame.screen.0).max(reach(frame.left, frame.width));
    let height = u32::from(frame.screen.1).max(reach(frame.top, frame.height));
    limits.check_header(frame.width.into(), frame.height.into())?;
    limits.check_header(width, height)?;
    let (width, height) = (width as usize, height as usize);
    let (left, top) = (usize::from(frame.left), usize::from(frame.top));
    let (frame_width, frame_height) = (usize::from(frame.width), usize::from(frame.height));
    let indices = lzw::decode(frame.data, frame.code_bits, frame_width * frame_height)?;

    let colours = colours(frame.local_palette, frame.global_palette);
    let mut pixels = vec![0; width * height * 3];
    let blank = colours[usize::from(frame.transparent.unwrap_or(0))];
    if blank != [0; 3] {
        pixels.as_chunks_mut::<3>().0.fill(blank);
    }
    let rows = indices.chunks_exact(frame_width).zip(row_order(frame_height, frame.interlaced));
    for (row, y) in rows {
        let start = ((top + y) * width + left) * 3;
        let to = pixels.get_mut(start..start + 3 * frame_width).unwrap_or_default();
        to.as_chunks_mut::<3>().0.iter_mut().zip(row).for_each(|(to, &index)| *to = colours[usize::from(index)]);
    }
    RgbImage::new(width, height, pixels)
}

/// The places of the rows in the order they are stored in.
fn row_order(height: usize, interlaced: bool) -> impl Iterator<Item = usize> {
    let passes: &[(usize, usize)] = if interlaced { &[(0, 8), (4, 8), (2, 4), (1, 2)] } else { &[(0, 1)] };
    passes.iter().flat_map(move |&(first, step)| (first..height).step_by(step))
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
    ImageError::Corrupt { format: FORMAT, message: message.into() }
}
