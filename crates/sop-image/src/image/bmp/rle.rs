//! Run-length encoded pixels, unpacked as Pillow's `BmpRleDecoder` does it.

use super::TRUNCATED;
use crate::error::ImageError;

/// Unpacks the indices of a picture, a byte each, from the bytes of a file at `position`.
///
/// Indices are laid one after the other, so that an absolute run may reach into the next row; an encoded run ends with its row.
pub(super) fn unpack(
    bytes: &[u8],
    position: usize,
    width: usize,
    height: usize,
    nibbles: bool,
) -> Result<Vec<u8>, ImageError> {
    let total = width * height;
    let mut source = Source { bytes, position };
    let mut indices = Vec::new();
    let mut x = 0;
    while indices.len() < total {
        let Some([count, value]) = source.pair() else { break };
        match (count, value) {
            (0, 0) => {
                indices.resize(indices.len().next_multiple_of(width), 0);
                x = 0;
            }
            (0, 1) => break,
            (0, 2) => {
                let Some([right, up]) = source.pair() else { break };
                let skipped = usize::from(right) + usize::from(up) * width;
                indices.resize(total.min(indices.len() + skipped), 0);
                x = indices.len() % width;
            }
            (0, stated) => {
                let count = usize::from(stated).min(total - indices.len());
                let run = source.take(if nibbles { count.div_ceil(2) } else { count });
                let Some(run) = run else { break };
                if nibbles {
                    indices.extend(run.iter().flat_map(|byte| [byte >> 4, byte & 15]).take(count));
                } else {
                    indices.extend_from_slice(run);
                }
                x += usize::from(stated);
                // Runs fill whole 16-bit words, counted from the start of the file.
                source.position = source.position.next_multiple_of(2);
            }
            (count, value) => {
                let count = usize::from(count).min(width.saturating_sub(x));
                if nibbles {
                    indices.extend([value >> 4, value & 15].into_iter().cycle().take(count));
                } else {
                    indices.resize(indices.len() + count, value);
                }
                x += count;
            }
        }
    }
    if indices.len() < total {
        return Err(TRUNCATED);
    }
    indices.truncate(total);
    Ok(indices)
}

/// The rest of the file.
struct Source<'a> {
    bytes: &'a [u8],
    position: usize,
}

impl<'a> Source<'a> {
    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let taken = self.bytes.get(self.position..)?.get(..count)?;
        self.position += count;
        Some(taken)
    }

    fn pair(&mut self) -> Option<[u8; 2]> {
        self.take(2)?.first_chunk().copied()
    }
}
