//! The variable-length LZW code of GIF.

use super::blocks::Rest;
use super::corrupt;
use crate::error::ImageError;

/// Longest code in bits.
const MAX_BITS: u32 = 12;
/// Number of codes of that length.
const MAX_CODES: usize = 1 << MAX_BITS;

/// Decodes `count` indices from sub-blocks of data.
///
/// # Errors
/// [`ImageError::Truncated`] when the file ends before, [`ImageError::Corrupt`] for a code that does not exist yet and for an early end code.
pub(super) fn decode(data: &[u8], index_bits: u8, count: usize) -> Result<Vec<u8>, ImageError> {
    let index_bits = u32::from(index_bits);
    if index_bits >= MAX_BITS {
        return Err(corrupt(format!("codes for indices of {index_bits} bits")));
    }
    let clear = 1 << index_bits;
    let mut codes = Codes { rest: Rest(data), block: &[], bits: 0, available: 0 };
    let mut table = Table::new(clear);
    let mut length = index_bits + 1;
    let mut indices = Vec::new();
    // The last code, once there is one after a clear code.
    let mut last: Option<usize> = None;
    while indices.len() < count {
        let code = codes.next(length)?;
        if code == clear {
            table.next = clear + 2;
            length = index_bits + 1;
            last = None;
            continue;
        }
        if code == clear + 1 {
            return Err(corrupt("the data of the image ends early"));
        }
        let start = indices.len();
        match last {
            None if code > clear => return Err(corrupt("a code that stands for nothing yet")),
            None => indices.push(code as u8),
            Some(_) if code > table.next => return Err(corrupt("a code that stands for nothing yet")),
            // The code that is only defined now: the last string and its own first index again.
            Some(last) if code == table.next => {
                table.append(last, &mut indices);
                indices.extend(indices.get(start).copied());
            }
            Some(_) => table.append(code, &mut indices),
        }
        if let (Some(last), Some(&first)) = (last, indices.get(start)) {
            table.define(last, first);
            if table.next == 1 << length && length < MAX_BITS {
                length += 1;
            }
        }
        last = Some(code);
    }
    indices.truncate(count);
    Ok(indices)
}

/// The strings that the codes stand for: each is the string of an earlier code and one more index.
struct Table {
    prefix: [u16; MAX_CODES],
    index: [u8; MAX_CODES],
    length: [u16; MAX_CODES],
    /// The next code to be defined; all codes are once it is [`MAX_CODES`].
    next: usize,
}

impl Table {
    /// A table of one-index strings below the code `clear`.
    fn new(clear: usize) -> Self {
        let mut table = Self { prefix: [0; MAX_CODES], index: [0; MAX_CODES], length: [1; MAX_CODES], next: clear + 2 };
        table.index.iter_mut().zip(0..=255).for_each(|(index, value)| *index = value);
        table
    }

    fn define(&mut self, prefix: usize, index: u8) {
        if self.next < MAX_CODES {
            self.prefix[self.next] = prefix as u16;
            self.index[self.next] = index;
            self.length[self.next] = self.length[prefix].saturating_add(1);
            self.next += 1;
        }
    }

    /// Appends the string of a code.
    fn append(&self, code: usize, indices: &mut Vec<u8>) {
        let start = indices.len();
        indices.resize(start + usize::from(self.length[code]), 0);
        let mut code = code;
        for index in indices[start..].iter_mut().rev() {
            *index = self.index[code];
            code = usize::from(self.prefix[code]);
        }
    }
}

/// The codes in the sub-blocks of the data, their lowest bit first.
struct Codes<'a> {
    rest: Rest<'a>,
    block: &'a [u8],
    bits: u32,
    available: u32,
}

impl Codes<'_> {
    /// The next code of `length` bits, 12 at most.
    fn next(&mut self, length: u32) -> Result<usize, ImageError> {
        while self.available < length {
            if let Some((&byte, block)) = self.block.split_first() {
                self.bits |= u32::from(byte) << self.available;
                self.available += 8;
                self.block = block;
            } else {
                // An empty sub-block should end the data; the next is read all the same, as Pillow does.
                self.block = self.rest.sub_block()?;
            }
        }
        let code = self.bits & ((1 << length) - 1);
        self.bits >>= length;
        self.available -= length;
        Ok(code as usize)
    }
}
