//! A walk through Thrift's compact encoding that costs no more than the bytes it passes.
//!
//! The Parquet library skips a list of booleans without reading a byte for each, so a list that claims two thousand million of
//! them keeps it busy for seconds. What it is given to parse is walked through here first.

use std::io::{self, BufRead, Read};

/// Depth of nesting in a header or a footer; a schema is a flat list, so that real files stay far below.
const MAX_DEPTH: u32 = 24;

/// Booleans in lists, sets and maps of one structure; Parquet's footer and page headers have none.
const MAX_LISTED_BOOLEANS: u64 = 1024;

/// What a page header says of its page.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) struct PageOutline {
    /// Bytes after decompression.
    pub bytes: u64,
    /// Values, or levels where values are null or in lists.
    pub values: u64,
}

/// Walks through one structure of any kind.
pub(super) fn check_structure(input: impl BufRead) -> io::Result<()> {
    let mut walk = Walk { input, passed: 0, listed_booleans: 0 };
    walk.fields(|walk, _, kind| walk.skip(kind, MAX_DEPTH))
}

/// Walks through a page header; returns its content and its length in bytes.
///
/// The fields that the Parquet library knows must have the types that it reads them as, so that it takes the same way.
pub(super) fn read_page_header(input: impl BufRead) -> io::Result<(PageOutline, u64)> {
    let mut walk = Walk { input, passed: 0, listed_booleans: 0 };
    let mut page = PageOutline::default();
    walk.fields(|walk, id, kind| match (id, kind) {
        (1 | 3 | 4, Kind::Integer) => walk.integer().map(drop),
        (2, Kind::Integer) => walk.count().map(|bytes| page.bytes = bytes),
        (5 | 7 | 8, Kind::Struct) => walk.fields(|walk, inner, kind| match (id, inner, kind) {
            (_, 1, Kind::Integer) => walk.count().map(|values| page.values = values),
            (5, 2..=4, Kind::Integer) | (7, 2, Kind::Integer) | (8, 2..=6, Kind::Integer) => walk.integer().map(drop),
            (7, 3, Kind::Boolean) | (8, 7, Kind::Boolean) => Ok(()),
            (5, 5, Kind::Struct) | (8, 8, Kind::Struct) => walk.statistics(),
            (5, 1..=5, _) | (7, 1..=3, _) | (8, 1..=8, _) => Err(damaged("a field of a page header has another type")),
            _ => walk.skip(kind, MAX_DEPTH),
        }),
        (6, Kind::Struct) => walk.skip(kind, MAX_DEPTH),
        (1..=8, _) => Err(damaged("a field of a page header has another type")),
        _ => walk.skip(kind, MAX_DEPTH),
    })?;
    Ok((page, walk.passed))
}

/// The types of the encoding, as far as skipping tells them apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Boolean,
    Byte,
    Integer,
    Double,
    Binary,
    List,
    Map,
    Struct,
    Uuid,
}

impl Kind {
    fn from_code(code: u8) -> io::Result<Self> {
        Ok(match code {
            1 | 2 => Self::Boolean,
            3 => Self::Byte,
            4..=6 => Self::Integer,
            7 => Self::Double,
            8 => Self::Binary,
            9 | 10 => Self::List,
            11 => Self::Map,
            12 => Self::Struct,
            13 => Self::Uuid,
            _ => return Err(damaged("unknown type in a Thrift structure")),
        })
    }
}

struct Walk<R> {
    input: R,
    /// Bytes passed so far.
    passed: u64,
    listed_booleans: u64,
}

impl<R: BufRead> Walk<R> {
    /// Calls `visit` with the number and type of every field up to the end of a structure; it passes the value.
    fn fields(&mut self, mut visit: impl FnMut(&mut Self, i16, Kind) -> io::Result<()>) -> io::Result<()> {
        let mut id = 0_i16;
        loop {
            let header = self.byte()?;
            if header & 0x0f == 0 {
                return Ok(());
            }
            id = match header >> 4 {
                0 => i16::try_from(self.integer()?).map_err(|_| damaged("field number out of range"))?,
                step => id.checked_add(i16::from(step)).ok_or_else(|| damaged("field number out of range"))?,
            };
            visit(self, id, Kind::from_code(header & 0x0f)?)?;
        }
    }

    /// Statistics of a page: the smallest and largest value, counts, and whether they are exact.
    fn statistics(&mut self) -> io::Result<()> {
        self.fields(|walk, id, kind| match (id, kind) {
            (1 | 2 | 5 | 6, Kind::Binary) | (3 | 4 | 9, Kind::Integer) | (7 | 8, Kind::Boolean) => {
                walk.skip(kind, MAX_DEPTH)
            }
            (1..=9, _) => Err(damaged("a field of a page's statistics has another type")),
            _ => walk.skip(kind, MAX_DEPTH),
        })
    }

    fn skip(&mut self, kind: Kind, depth: u32) -> io::Result<()> {
        let depth = depth.checked_sub(1).ok_or_else(|| damaged("a Thrift structure is nested too deeply"))?;
        match kind {
            Kind::Boolean => Ok(()),
            Kind::Byte => self.pass(1),
            Kind::Integer => self.varint().map(drop),
            Kind::Double => self.pass(8),
            Kind::Uuid => self.pass(16),
            Kind::Binary => self.varint().and_then(|length| self.pass(length)),
            Kind::Struct => self.fields(|walk, _, kind| walk.skip(kind, depth)),
            Kind::List => {
                let header = self.byte()?;
                if header == 0 {
                    return Ok(());
                }
                let count = if header >> 4 == 15 { self.varint()? } else { u64::from(header >> 4) };
                let element = Kind::from_code(header & 0x0f)?;
                self.elements(count, &[element], depth)
            }
            Kind::Map => {
                let count = self.varint()?;
                if count == 0 {
                    return Ok(());
                }
                let kinds = self.byte()?;
                self.elements(count, &[Kind::from_code(kinds >> 4)?, Kind::from_code(kinds & 0x0f)?], depth)
            }
        }
    }

    /// Passes `count` times the values of `kinds`; all but booleans take a byte or more, so that the input ends the loop.
    fn elements(&mut self, count: u64, kinds: &[Kind], depth: u32) -> io::Result<()> {
        let booleans = kinds.iter().filter(|kind| **kind == Kind::Boolean).count() as u64;
        self.listed_booleans = self.listed_booleans.saturating_add(count.saturating_mul(booleans));
        if self.listed_booleans > MAX_LISTED_BOOLEANS {
            return Err(damaged("a Thrift structure claims an absurd number of booleans"));
        }
        for _ in 0..count {
            for kind in kinds {
                self.skip(*kind, depth)?;
            }
        }
        Ok(())
    }

    /// An integer that counts something.
    fn count(&mut self) -> io::Result<u64> {
        u64::try_from(self.integer()?).map_err(|_| damaged("a page header has a negative size"))
    }

    /// A signed integer in zigzag order: 0, -1, 1, -2, ….
    fn integer(&mut self) -> io::Result<i64> {
        self.varint().map(|value| (value >> 1) as i64 ^ -((value & 1) as i64))
    }

    /// Seven bits a byte, lowest first.
    fn varint(&mut self) -> io::Result<u64> {
        let mut value = 0_u64;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            value |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Ok(value);
            }
        }
        Err(damaged("a Thrift integer has more than 64 bits"))
    }

    fn byte(&mut self) -> io::Result<u8> {
        let mut byte = [0];
        self.input.read_exact(&mut byte)?;
        self.passed += 1;
        Ok(byte[0])
    }

    fn pass(&mut self, count: u64) -> io::Result<()> {
        let passed = io::copy(&mut self.input.by_ref().take(count), &mut io::sink())?;
        self.passed += passed;
        if passed == count { Ok(()) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
    }
}

fn damaged(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    /// Type 0, 100 bytes, 20 stored, 7 values plain with levels run-length encoded.
    const DATA_PAGE: [u8; 18] = [0x15, 0, 0x15, 0xc8, 1, 0x15, 40, 0x2c, 0x15, 14, 0x15, 0, 0x15, 6, 0x15, 6, 0, 0];

    #[test]
    fn page_header_gives_bytes_values_and_its_own_length() {
        let mut stream = DATA_PAGE.to_vec();
        stream.extend([1, 2, 3]);
        assert_eq!(read_page_header(stream.as_slice()).unwrap(), (PageOutline { bytes: 100, values: 7 }, 18));
    }

    #[test]
    fn every_truncation_is_an_error() {
        for length in 0..DATA_PAGE.len() {
            assert!(read_page_header(&DATA_PAGE[..length]).is_err(), "{length}");
        }
    }

    #[test]
    fn claims_of_many_booleans_are_refused_at_once() {
        // Field 20 is no field of a page header: a list of 2^31 - 1 booleans, and a map of as many pairs of them.
        for claim in [&[0xf1, 0xff, 0xff, 0xff, 0xff, 7][..], &[0xff, 0xff, 0xff, 0xff, 7, 0x11]] {
            let kind = if claim[0] == 0xf1 { 9 } else { 11 };
            let mut bytes = vec![kind, 40];
            bytes.extend(claim);
            bytes.push(0);
            assert!(check_structure(bytes.as_slice()).unwrap_err().to_string().contains("booleans"));
            assert!(read_page_header(bytes.as_slice()).unwrap_err().to_string().contains("booleans"));
        }
        assert!(check_structure([9, 40, 0x31, 0].as_slice()).is_ok());
    }

    #[test]
    fn known_fields_have_their_types() {
        // The size of the page as a list.
        assert!(read_page_header([0x15, 0, 0x19, 0x31, 0].as_slice()).is_err());
        assert!(check_structure([0x15, 0, 0x19, 0x31, 0].as_slice()).is_ok());
    }

    #[test]
    fn deep_nesting_is_refused() {
        assert!(check_structure([0x1c; 10_000].as_slice()).unwrap_err().to_string().contains("deep"));
    }
}
