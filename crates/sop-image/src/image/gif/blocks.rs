//! The blocks of a file up to its first image.

use super::super::fields::u16_le;
use super::{TRUNCATED, corrupt};
use crate::error::ImageError;

/// Signature and screen descriptor.
const HEADER_BYTES: usize = 13;
/// Position, size and flags of an image.
const IMAGE_BYTES: usize = 9;
/// The block of an image.
const IMAGE: u8 = b',';
/// The block of an extension.
const EXTENSION: u8 = b'!';
/// The block that ends the file.
const TRAILER: u8 = b';';
/// The extension that describes the next image.
const CONTROL: u8 = 0xf9;
/// The extension that holds text for people.
const COMMENT: u8 = 0xfe;
/// The flag of a screen or an image that a palette follows.
const HAS_PALETTE: u8 = 0x80;
/// The flag of an image with interlaced rows.
const INTERLACED: u8 = 0x40;

/// The first image of a file.
pub(super) struct Frame<'a> {
    /// Width and height of the screen.
    pub(super) screen: (u16, u16),
    pub(super) left: u16,
    pub(super) top: u16,
    pub(super) width: u16,
    pub(super) height: u16,
    pub(super) interlaced: bool,
    pub(super) transparent: Option<u8>,
    pub(super) global_palette: Option<&'a [u8]>,
    pub(super) local_palette: Option<&'a [u8]>,
    /// Bits of an index, as the compression counts them.
    pub(super) code_bits: u8,
    /// The compressed indices: sub-blocks, each its length and so many bytes.
    pub(super) data: &'a [u8],
}

impl<'a> Frame<'a> {
    /// Reads up to the data of the first image.
    pub(super) fn first(bytes: &'a [u8]) -> Result<Self, ImageError> {
        let mut rest = Rest(bytes);
        let header = rest.take(HEADER_BYTES)?;
        let screen = (u16_le(header, 6).ok_or(TRUNCATED)?, u16_le(header, 8).ok_or(TRUNCATED)?);
        let global_palette = rest.palette(*header.get(10).ok_or(TRUNCATED)?)?;
        let mut transparent = None;
        loop {
            match rest.byte()? {
                IMAGE => break,
                TRAILER => return Err(corrupt("no image in the file")),
                EXTENSION => {
                    let kind = rest.byte()?;
                    let block = rest.sub_block()?;
                    if kind == CONTROL
                        && let [flags, _, _, index, ..] = block
                        && flags & 1 != 0
                    {
                        transparent = Some(*index);
                    }
                    // Pillow takes an empty first sub-block for the end in comments only.
                    if kind != COMMENT || !block.is_empty() {
                        while !rest.sub_block()?.is_empty() {}
                    }
                }
                // Stray bytes are skipped.
                _ => {}
            }
        }
        let image = rest.take(IMAGE_BYTES)?;
        let field = |offset| u16_le(image, offset).ok_or(TRUNCATED);
        let flags = *image.get(8).ok_or(TRUNCATED)?;
        Ok(Self {
            screen,
            left: field(0)?,
            top: field(2)?,
            width: field(4)?,
            height: field(6)?,
            interlaced: flags & INTERLACED != 0,
            transparent,
            global_palette,
            local_palette: rest.palette(flags)?,
            code_bits: rest.byte()?,
            data: rest.0,
        })
    }
}

/// The rest of the file.
pub(super) struct Rest<'a>(pub(super) &'a [u8]);

impl<'a> Rest<'a> {
    fn take(&mut self, count: usize) -> Result<&'a [u8], ImageError> {
        let (taken, rest) = self.0.split_at_checked(count).ok_or(TRUNCATED)?;
        self.0 = rest;
        Ok(taken)
    }

    fn byte(&mut self) -> Result<u8, ImageError> {
        self.take(1)?.first().copied().ok_or(TRUNCATED)
    }

    /// The bytes of the next sub-block; an empty one ends a block.
    pub(super) fn sub_block(&mut self) -> Result<&'a [u8], ImageError> {
        let length = self.byte()?;
        self.take(length.into())
    }

    /// The palette that some flags announce, three bytes a colour.
    fn palette(&mut self, flags: u8) -> Result<Option<&'a [u8]>, ImageError> {
        if flags & HAS_PALETTE == 0 {
            return Ok(None);
        }
        self.take(3 << ((flags & 7) + 1)).map(Some)
    }
}
