//! The file header and the information header, of any version.

use super::super::fields::{u16_le, u32_le};
use super::{TRUNCATED, unsupported};
use crate::error::ImageError;

/// Compression: none.
pub(super) const RAW: u32 = 0;
/// Compression: run lengths of 8-bit samples.
pub(super) const RLE8: u32 = 1;
/// Compression: run lengths of 4-bit samples.
pub(super) const RLE4: u32 = 2;
/// Compression: none, with masks that say where the channels are.
pub(super) const BITFIELDS: u32 = 3;

/// Where the information header starts.
const START: usize = 14;
/// Where the offset of the pixels stands in the file header.
const DATA_OFFSET: usize = 10;

/// What the headers say.
pub(super) struct Header {
    pub(super) width: u32,
    pub(super) height: u32,
    pub(super) top_down: bool,
    /// Bits a pixel.
    pub(super) bits: u16,
    pub(super) compression: u32,
    /// Number of palette entries; 0 for as many as `bits` can tell apart.
    pub(super) colours: u32,
    /// Bits of red, green, blue and alpha, with [`BITFIELDS`].
    pub(super) masks: [u32; 4],
    /// Bytes of a palette entry, 3 or 4.
    pub(super) entry_bytes: usize,
    /// Where the headers, masks included, end.
    pub(super) end: usize,
    /// Where the pixels start, as stated: 0 stands for the end of headers and palette.
    pub(super) data: usize,
}

impl Header {
    pub(super) fn read(bytes: &[u8]) -> Result<Self, ImageError> {
        let data = u32_le(bytes, DATA_OFFSET).ok_or(TRUNCATED)? as usize;
        let size = u32_le(bytes, START).ok_or(TRUNCATED)?;
        if !matches!(size, 12 | 40 | 52 | 56 | 64 | 108 | 124) {
            return Err(unsupported(format!("a header of {size} bytes")));
        }
        let end = START + size as usize;
        let header = bytes.get(START..end).ok_or(TRUNCATED)?;
        let short = |offset| u16_le(header, offset).ok_or(TRUNCATED);
        let long = |offset| u32_le(header, offset).ok_or(TRUNCATED);
        if size == 12 {
            return Ok(Self {
                width: short(4)?.into(),
                height: short(6)?.into(),
                top_down: false,
                bits: short(10)?,
                compression: RAW,
                colours: 0,
                masks: [0; 4],
                entry_bytes: 3,
                end,
                data,
            });
        }
        // A negative height: the rows start at the top. Pillow looks at the highest byte only.
        let height = long(8)?;
        let top_down = height >> 24 == 0xff;
        let mut read = Self {
            width: long(4)?,
            height: if top_down { height.wrapping_neg() } else { height },
            top_down,
            bits: short(14)?,
            compression: long(16)?,
            colours: long(32)?,
            masks: [0; 4],
            entry_bytes: 4,
            end,
            data,
        };
        if read.compression == BITFIELDS {
            // The masks are part of longer headers, and follow the shortest.
            let (masks, count) = match size {
                40 => (bytes.get(end..).unwrap_or_default(), 3),
                52 => (header.get(40..).unwrap_or_default(), 3),
                _ => (header.get(40..).unwrap_or_default(), 4),
            };
            for (index, mask) in read.masks.iter_mut().take(count).enumerate() {
                *mask = u32_le(masks, 4 * index).ok_or(TRUNCATED)?;
            }
            if size == 40 {
                read.end += 12;
            }
        }
        Ok(read)
    }
}
