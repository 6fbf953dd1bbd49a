//! PBM, PGM and PPM decoding (P1 to P6), as Pillow's `PpmImagePlugin` does it.

use super::{DecodeLimits, RgbImage};
use crate::error::ImageError;

const FORMAT: &str = "PPM";
/// The longest token that Pillow accepts, in a header and in plain data.
const TOKEN_LENGTH: usize = 10;

/// Decodes a PBM, PGM or PPM file, plain or binary, to RGB as Pillow does.
///
/// Samples are scaled from the stated maximum to 255 and rounded half to even;
/// grey with a maximum above 255 is scaled to 65535 and then clipped at 255, not scaled down.
pub(super) fn decode(bytes: &[u8], limits: &DecodeLimits) -> Result<RgbImage, ImageError> {
    let kind = *bytes.get(1).ok_or(ImageError::Truncated { format: FORMAT })?;
    // The magic number ends with the whitespace that the format was told by.
    let mut header = Header(bytes.get(3..).unwrap_or_default());
    let (width, height) = (header.number()?, header.number()?);
    limits.check_header(width, height)?;
    let bitmap = matches!(kind, b'1' | b'4');
    let maximum = if bitmap { 1 } else { header.number()? };
    let maximum = u16::try_from(maximum)
        .ok()
        .filter(|&maximum| maximum > 0)
        .ok_or_else(|| corrupt(format!("the maximum is {maximum}, it must be 1 to 65535")))?;
    let (width, height) = (width as usize, height as usize);
    let channels = if matches!(kind, b'3' | b'6') { 3 } else { 1 };
    let scale = Scale { maximum, clipped: channels == 1 && maximum > 255 };
    let data = header.0;
    let samples = match kind {
        b'1' => plain_bits(data, width * height)?,
        b'4' => packed_bits(data, width, height)?,
        b'2' | b'3' => plain_samples(data, width * height * channels, scale)?,
        _ => binary_samples(data, width * height * channels, scale)?,
    };
    let pixels = if channels == 3 { samples } else { samples.into_iter().flat_map(|v| [v; 3]).collect() };
    RgbImage::new(width, height, pixels)
}

/// What is left of the header.
struct Header<'a>(&'a [u8]);

impl Header<'_> {
    /// Reads the next number and the one whitespace byte after it; a comment runs to the end of its line.
    fn number(&mut self) -> Result<u32, ImageError> {
        let mut token = Vec::new();
        while token.len() <= TOKEN_LENGTH {
            let Some((&byte, rest)) = self.0.split_first() else { break };
            self.0 = rest;
            if is_space(byte) {
                if !token.is_empty() {
                    break;
                }
            } else if byte == b'#' {
                let end = rest.iter().position(|&byte| is_line_end(byte)).map_or(rest.len(), |end| end + 1);
                self.0 = rest.get(end..).unwrap_or_default();
            } else {
                token.push(byte);
            }
        }
        if token.is_empty() {
            return Err(ImageError::Truncated { format: FORMAT });
        }
        // Whatever exceeds 32 bits exceeds every limit too.
        Ok(u32::try_from(number(&token)?).unwrap_or(u32::MAX))
    }
}

/// How samples become 8-bit values.
#[derive(Clone, Copy)]
struct Scale {
    maximum: u16,
    /// Scaled to 16 bits and clipped at 255.
    clipped: bool,
}

impl Scale {
    fn apply(self, sample: u16) -> u8 {
        let top = if self.clipped { 65535.0 } else { 255.0 };
        // `as` keeps values above 255 at 255.
        (f64::from(sample) / f64::from(self.maximum) * top).round_ties_even() as u8
    }
}

/// Samples of one byte, or two with the high one first, when the maximum needs them.
fn binary_samples(data: &[u8], count: usize, scale: Scale) -> Result<Vec<u8>, ImageError> {
    let width = if scale.maximum > 255 { 2 } else { 1 };
    let data = data.get(..count * width).ok_or(ImageError::Truncated { format: FORMAT })?;
    Ok(match (width, scale.maximum) {
        (1, 255) => data.to_vec(),
        (1, _) => data.iter().map(|&sample| scale.apply(sample.into())).collect(),
        _ => data.as_chunks::<2>().0.iter().map(|&sample| scale.apply(u16::from_be_bytes(sample))).collect(),
    })
}

/// Bits, the first in the highest, 1 for black; every row starts on a byte.
fn packed_bits(data: &[u8], width: usize, height: usize) -> Result<Vec<u8>, ImageError> {
    let stride = width.div_ceil(8);
    let data = data.get(..stride * height).ok_or(ImageError::Truncated { format: FORMAT })?;
    let row_samples = |row: &'_ [u8]| -> Vec<u8> {
        let bits = row.iter().flat_map(|&byte| (0..8).map(move |bit| byte << bit & 0x80 != 0));
        bits.map(|black| if black { 0 } else { 255 }).take(width).collect()
    };
    Ok(data.chunks_exact(stride).flat_map(row_samples).collect())
}

/// Digits 0 and 1 (black), with or without whitespace between.
fn plain_bits(data: &[u8], count: usize) -> Result<Vec<u8>, ImageError> {
    check_plain_length(data, count)?;
    let mut samples = Vec::with_capacity(count);
    for byte in without_comments(data).filter(|&byte| !is_space(byte)).take(count) {
        samples.push(match byte {
            b'0' => 255,
            b'1' => 0,
            other => return Err(corrupt(format!("the byte {other:#04x} among the bits"))),
        });
    }
    complete(samples, count)
}

/// Decimal numbers with whitespace between.
fn plain_samples(data: &[u8], count: usize, scale: Scale) -> Result<Vec<u8>, ImageError> {
    check_plain_length(data, count)?;
    let mut samples = Vec::with_capacity(count);
    let mut token = Vec::with_capacity(TOKEN_LENGTH + 1);
    for byte in without_comments(data).chain([b' ']) {
        if !is_space(byte) {
            token.push(byte);
            if token.len() > TOKEN_LENGTH {
                return Err(corrupt("a number of more than 10 characters"));
            }
        } else if !token.is_empty() {
            let value = number(&token)?;
            let value = u16::try_from(value).ok().filter(|&value| value <= scale.maximum);
            let value = value.ok_or_else(|| corrupt("a sample above the stated maximum"))?;
            samples.push(scale.apply(value));
            token.clear();
            if samples.len() == count {
                break;
            }
        }
    }
    complete(samples, count)
}

/// Every sample takes a byte at least, so that nothing is allocated for samples that cannot be there.
fn check_plain_length(data: &[u8], count: usize) -> Result<(), ImageError> {
    if data.len() < count { Err(ImageError::Truncated { format: FORMAT }) } else { Ok(()) }
}

fn complete(samples: Vec<u8>, count: usize) -> Result<Vec<u8>, ImageError> {
    if samples.len() == count { Ok(samples) } else { Err(ImageError::Truncated { format: FORMAT }) }
}

/// The bytes outside comments, which run from `#` to the end of the line, that end included.
fn without_comments(data: &[u8]) -> impl Iterator<Item = u8> {
    let mut comment = false;
    data.iter().copied().filter(move |&byte| {
        let kept = !comment && byte != b'#';
        comment = if comment { !is_line_end(byte) } else { byte == b'#' };
        kept
    })
}

fn number(token: &[u8]) -> Result<u64, ImageError> {
    let text = str::from_utf8(token).ok().filter(|text| text.len() <= TOKEN_LENGTH);
    let digits = text.filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()));
    digits
        .and_then(|text| text.parse().ok())
        .ok_or_else(|| corrupt(format!("`{}` where a number of at most 10 digits should be", token.escape_ascii())))
}

/// Whitespace as Python's `bytes.split` has it, the vertical tab included.
fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t'..=b'\r')
}

fn is_line_end(byte: u8) -> bool {
    matches!(byte, b'\r' | b'\n')
}

fn corrupt(message: impl Into<String>) -> ImageError {
    ImageError::Corrupt { format: FORMAT, message: message.into() }
}
