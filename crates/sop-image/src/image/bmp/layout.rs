//! How the pixels lie in the file, and what colours they stand for.

use super::header::{BITFIELDS, Header, RAW, RLE4, RLE8};
use super::unsupported;
use crate::error::ImageError;

/// Most palette entries that a header may state.
const MAX_COLOURS: u32 = 65536;
/// The masks of 32-bit pixels that Pillow accepts: red, green, blue, alpha.
const MASKS_32: [[u32; 4]; 8] = [
    [0xff0000, 0xff00, 0xff, 0],
    [0xff000000, 0xff0000, 0xff00, 0],
    [0xff000000, 0xff00, 0xff, 0],
    [0xff000000, 0xff0000, 0xff00, 0xff],
    [0xff, 0xff00, 0xff0000, 0xff000000],
    [0xff0000, 0xff00, 0xff, 0xff000000],
    [0xff000000, 0xff00, 0xff, 0xff0000],
    [0; 4],
];

/// Where the pixels are and what they mean.
pub(super) struct Layout {
    pub(super) data: usize,
    pub(super) run_lengths: bool,
    pub(super) samples: Samples,
}

/// What the samples of a row mean.
pub(super) enum Samples {
    /// Indices of 1, 4 or 8 bits, the first in the highest bits.
    Indices { bits: usize, colours: Box<[[u8; 3]; 256]> },
    /// 16 bits with this many for green and five for red and blue.
    Packed { green_bits: u32 },
    /// Whole bytes: their number, and the places of red, green and blue.
    Bytes { count: usize, places: [usize; 3] },
}

impl Layout {
    pub(super) fn new(header: &Header, bytes: &[u8]) -> Result<Self, ImageError> {
        let run_lengths = match (header.compression, header.bits) {
            (RAW, _) | (BITFIELDS, 16 | 24 | 32) => false,
            (RLE8 | RLE4, 1 | 4 | 8) => true,
            (other, bits) => return Err(unsupported(format!("compression {other} of {bits}-bit pixels"))),
        };
        let samples = match header.bits {
            1 | 4 | 8 => return Self::with_palette(header, bytes, run_lengths),
            16 => Samples::Packed { green_bits: green_bits(header)? },
            24 => Samples::Bytes { count: 3, places: places_24(header)? },
            32 => Samples::Bytes { count: 4, places: places_32(header)? },
            other => return Err(unsupported(format!("{other} bits a pixel"))),
        };
        let data = if header.data == 0 { header.end } else { header.data };
        Ok(Self { data, run_lengths, samples })
    }

    fn with_palette(header: &Header, bytes: &[u8], run_lengths: bool) -> Result<Self, ImageError> {
        let count = if header.colours == 0 { 1 << header.bits } else { header.colours };
        if count > MAX_COLOURS {
            return Err(unsupported(format!("a palette of {count} colours")));
        }
        let count = count as usize;
        let palette_end = header.end + count * header.entry_bytes;
        let data = match header.data {
            0 => palette_end.min(bytes.len()),
            // Some writers do not count the palette.
            at if at == header.end => palette_end,
            at => at,
        };
        let palette = bytes.get(header.end..palette_end.min(bytes.len())).unwrap_or_default();
        let entries = palette.chunks_exact(header.entry_bytes).map(|entry| match entry {
            [blue, green, red, ..] => [*red, *green, *blue],
            _ => [0; 3],
        });
        let stored = entries.len();
        // Indices beyond the palette are black.
        let mut colours = Box::new([[0; 3]; 256]);
        colours.iter_mut().zip(entries.clone()).for_each(|(to, from)| *to = from);
        let shade = |index: usize| if count == 2 && index == 1 { 255 } else { (index % 256) as u8 };
        let grey = stored == count && entries.enumerate().all(|(index, colour)| colour == [shade(index); 3]);
        let bits = match (grey, stored) {
            (false, 257..) => return Err(unsupported(format!("a palette of {stored} colours"))),
            (false, _) => usize::from(header.bits),
            (true, ..=2) => {
                colours.fill([255; 3]);
                colours[0] = [0; 3];
                1
            }
            (true, _) => {
                colours.iter_mut().zip(0..=255).for_each(|(to, shade)| *to = [shade; 3]);
                8
            }
        };
        Ok(Self { data, run_lengths, samples: Samples::Indices { bits, colours } })
    }
}

fn green_bits(header: &Header) -> Result<u32, ImageError> {
    match header.masks {
        _ if header.compression == RAW => Ok(5),
        [0xf800, 0x7e0, 0x1f, _] => Ok(6),
        [0x7c00, 0x3e0, 0x1f, _] => Ok(5),
        masks => Err(unsupported_masks(masks)),
    }
}

fn places_24(header: &Header) -> Result<[usize; 3], ImageError> {
    match header.masks {
        _ if header.compression == RAW => Ok([2, 1, 0]),
        [0xff0000, 0xff00, 0xff, _] => Ok([2, 1, 0]),
        masks => Err(unsupported_masks(masks)),
    }
}

fn places_32(header: &Header) -> Result<[usize; 3], ImageError> {
    if header.compression == RAW || header.masks == [0; 4] {
        return Ok([2, 1, 0]);
    }
    if !MASKS_32.contains(&header.masks) {
        return Err(unsupported_masks(header.masks));
    }
    let [red, green, blue, _] = header.masks;
    Ok([red, green, blue].map(|mask| mask.trailing_zeros() as usize / 8))
}

fn unsupported_masks([red, green, blue, alpha]: [u32; 4]) -> ImageError {
    unsupported(format!("channel masks {red:#x}, {green:#x}, {blue:#x}, {alpha:#x}"))
}

impl Samples {
    /// Bits of one sample.
    pub(super) fn bits(&self) -> usize {
        match self {
            Self::Indices { bits, .. } => *bits,
            Self::Packed { .. } => 16,
            Self::Bytes { count, .. } => 8 * count,
        }
    }

    /// The same colours for indices of a byte each.
    pub(super) fn of_one_byte(self) -> Self {
        match self {
            Self::Indices { colours, .. } => Self::Indices { bits: 8, colours },
            other => other,
        }
    }

    /// Appends the first `width` pixels of a row as RGB.
    pub(super) fn append_rgb(&self, row: &[u8], width: usize, pixels: &mut Vec<u8>) {
        match self {
            Self::Indices { bits, colours } => {
                let (per_byte, mask) = (8 / bits, u8::MAX >> (8 - bits));
                let indices =
                    row.iter().flat_map(|&byte| (0..per_byte).map(move |i| (byte >> (8 - bits * (i + 1))) & mask));
                pixels.extend(indices.take(width).flat_map(|index| colours[usize::from(index)]));
            }
            Self::Packed { green_bits } => {
                let scaled = |value: u32, bits: u32| {
                    let top = (1 << bits) - 1;
                    ((value & top) * 255 / top) as u8
                };
                pixels.extend(row.as_chunks::<2>().0.iter().take(width).flat_map(|&sample| {
                    let value = u32::from(u16::from_le_bytes(sample));
                    [scaled(value >> (5 + green_bits), 5), scaled(value >> 5, *green_bits), scaled(value, 5)]
                }));
            }
            Self::Bytes { count, places } => pixels.extend(
                row.chunks_exact(*count)
                    .take(width)
                    .flat_map(|sample| places.map(|place| sample.get(place).copied().unwrap_or_default())),
            ),
        }
    }
}
