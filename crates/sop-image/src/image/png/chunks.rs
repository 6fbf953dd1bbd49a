//! The chunks of a PNG file, walked as Pillow walks them.
//!
//! In front of the pixels every checksum counts, in chunks that nobody needs too. From the pixels on none does, and the
//! file may end without an end chunk; but a chunk behind the pixels that has begun must be there as a whole.

use super::checksum::crc32;
use crate::error::ImageError;

/// What every PNG file begins with.
const SIGNATURE: [u8; 8] = *b"\x89PNG\r\n\x1a\n";
/// Length and name of a chunk, in front of its content.
const HEAD: usize = 8;
/// The checksum behind the content of a chunk.
const CHECKSUM: usize = 4;
/// Bytes of the header's content.
const HEADER: usize = 13;
/// The colour type of images with a palette.
const INDEXED: u8 = 3;
/// Bytes of the largest palette.
const MAX_PALETTE: usize = 768;

/// What a file holds of its image: header, palette and compressed pixels.
pub(super) struct Chunks<'a> {
    header: [u8; HEADER],
    palette: Option<&'a [u8]>,
    pixels: Vec<Pixels<'a>>,
    ended: bool,
}

/// The content of one chunk of pixels.
struct Pixels<'a> {
    content: &'a [u8],
    /// The checksum in the file; `None` where the file ends before it.
    checksum: Option<u32>,
}

/// Which checksums the chunks of a rewritten file have.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Checksums {
    /// Those in the file, where they are there.
    Stored,
    /// The right ones.
    Computed,
}

impl<'a> Chunks<'a> {
    /// Walks a file.
    ///
    /// # Errors
    /// [`ImageError`] where Pillow refuses the file too: no pixels, a chunk that is cut or whose name is none, a wrong
    /// checksum in front of the pixels.
    pub(super) fn of(file: &'a [u8]) -> Result<Self, ImageError> {
        let mut place = SIGNATURE.len();
        let mut header: Option<[u8; HEADER]> = None;
        let mut palette = None;
        loop {
            let (length, name) = head(file, place).ok_or(ImageError::Truncated { format: "PNG" })?;
            if !is_name(name) {
                return Err(corrupt("it has a chunk without a name"));
            }
            if name == *b"IDAT" {
                break;
            }
            if name == *b"IEND" {
                return Err(corrupt("it has no pixels"));
            }
            let content = content(file, place, length)?;
            let checksum = checksum(file, place, length).ok_or(ImageError::Truncated { format: "PNG" })?;
            if checksum != crc32(&[&name, content]) {
                return Err(corrupt(&format!("the checksum of its chunk {} is wrong", String::from_utf8_lossy(&name))));
            }
            match &name {
                b"IHDR" => {
                    let fields = content.first_chunk().ok_or_else(|| corrupt("its header is too short"))?;
                    header = Some(usual(*fields)?);
                }
                b"PLTE" if header.is_some_and(|header| header[9] == INDEXED) => palette = Some(content),
                _ => {}
            }
            place = behind(place, length);
        }
        let header = header.ok_or_else(|| corrupt("it has no header"))?;
        if palette.is_some_and(|palette| palette.len() > MAX_PALETTE) {
            return Err(corrupt("its palette has more than 256 colours"));
        }
        let mut pixels = Vec::new();
        while let Some((length, _)) = head(file, place).filter(|(_, name)| name == b"IDAT") {
            let start = place + HEAD;
            let content = &file[start..file.len().min(start.saturating_add(length))];
            pixels.push(Pixels { content, checksum: checksum(file, place, length) });
            place = behind(place, length);
        }
        let ended = walk_to_end(file, place)?;
        Ok(Self { header, palette, pixels, ended })
    }

    /// Width and height that the header states.
    pub(super) fn size(&self) -> (u32, u32) {
        let [a, b, c, d, e, f, g, h, ..] = self.header;
        (u32::from_be_bytes([a, b, c, d]), u32::from_be_bytes([e, f, g, h]))
    }

    /// Red, green and blue of each colour of an image with a palette: empty where there is none.
    pub(super) fn palette(&self) -> &'a [u8] {
        self.palette.unwrap_or_default()
    }

    /// Whether there is an end chunk: where there is none and pixels are missing, the file was cut.
    pub(super) fn ended(&self) -> bool {
        self.ended
    }

    /// The image alone as a file of the usual form.
    pub(super) fn rewritten(&self, checksums: Checksums) -> Vec<u8> {
        let bytes: usize = self.pixels.iter().map(|pixels| pixels.content.len() + HEAD + CHECKSUM).sum();
        let mut file = Vec::with_capacity(bytes + 128);
        file.extend(SIGNATURE);
        append(&mut file, *b"IHDR", &self.header, None);
        if self.header[9] == INDEXED {
            // One must be there; which colours it has is not the decoder's business here.
            append(&mut file, *b"PLTE", &[0; 3], None);
        }
        for pixels in &self.pixels {
            let stored = pixels.checksum.filter(|_| checksums == Checksums::Stored);
            append(&mut file, *b"IDAT", pixels.content, stored);
        }
        append(&mut file, *b"IEND", &[], None);
        file
    }
}

/// Length and name of the chunk at `place`.
fn head(file: &[u8], place: usize) -> Option<(usize, [u8; 4])> {
    let [a, b, c, d, name @ ..] = *file.get(place..)?.first_chunk::<HEAD>()?;
    Some((u32::from_be_bytes([a, b, c, d]) as usize, name))
}

/// Where the next chunk begins.
fn behind(place: usize, length: usize) -> usize {
    place.saturating_add(HEAD + CHECKSUM).saturating_add(length)
}

fn content(file: &[u8], place: usize, length: usize) -> Result<&[u8], ImageError> {
    let start = place + HEAD;
    file.get(start..start.saturating_add(length)).ok_or(ImageError::Truncated { format: "PNG" })
}

fn checksum(file: &[u8], place: usize, length: usize) -> Option<u32> {
    let start = place.saturating_add(HEAD).saturating_add(length);
    file.get(start..)?.first_chunk().map(|&bytes| u32::from_be_bytes(bytes))
}

/// Whether this is the name of a chunk: letters, digits and `_`.
fn is_name(name: [u8; 4]) -> bool {
    name.iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b'_')
}

/// Looks at what follows the pixels; returns whether an end chunk is there.
///
/// Anything may follow the end chunk, and what has no name is not looked at.
fn walk_to_end(file: &[u8], mut place: usize) -> Result<bool, ImageError> {
    while let Some((length, name)) = head(file, place) {
        match &name {
            b"IEND" => return Ok(true),
            // The next frame of an animation.
            b"fcTL" => break,
            _ if !is_name(name) => break,
            _ => content(file, place, length)?,
        };
        place = behind(place, length);
    }
    Ok(false)
}

/// A header with the fields that Pillow does not look at as they should be.
fn usual(mut header: [u8; HEADER]) -> Result<[u8; HEADER], ImageError> {
    let [.., compression, filter, interlace] = &mut header;
    if *filter != 0 {
        return Err(corrupt(&format!("its filter method is {filter}; there is only 0")));
    }
    *compression = 0;
    *interlace = (*interlace).min(1);
    Ok(header)
}

fn append(file: &mut Vec<u8>, name: [u8; 4], content: &[u8], checksum: Option<u32>) {
    // The content is part of a file whose chunks state their lengths in 32 bits.
    file.extend((content.len() as u32).to_be_bytes());
    file.extend(name);
    file.extend(content);
    file.extend(checksum.unwrap_or_else(|| crc32(&[&name, content])).to_be_bytes());
}

fn corrupt(message: &str) -> ImageError {
    ImageError::Corrupt { format: "PNG", message: message.to_owned() }
}
