//! Archives in the form of tar, of plain files alone: what `tar xf` reads, and nothing more than that.
//!
//! Links, folders, devices and extensions of the form are refused when one is read, so that an archive from anywhere can do no more than
//! give the bytes of files that were asked for.

use std::io::{self, Read, Write};

/// Bytes of a header, and of what files are filled up to.
const BLOCK: usize = 512;
/// Place and length of the fields that are used.
const NAME: std::ops::Range<usize> = 0..100;
const SIZE: std::ops::Range<usize> = 124..136;
const CHECKSUM: std::ops::Range<usize> = 148..156;
const KIND: usize = 156;
const MAGIC: std::ops::Range<usize> = 257..265;

/// A file in an archive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    pub name: String,
    pub bytes: u64,
}

/// Writes the header of a file; its bytes follow, and then [`write_padding`].
pub(super) fn write_header(into: &mut impl Write, entry: &Entry) -> io::Result<()> {
    let mut header = [0_u8; BLOCK];
    let mut put = |place: usize, text: &[u8]| {
        header.iter_mut().skip(place).zip(text).for_each(|(to, from)| *to = *from);
    };
    if entry.name.len() >= NAME.len() {
        return Err(io::Error::other("a name in an archive is too long"));
    }
    put(NAME.start, entry.name.as_bytes());
    put(100, b"0000644\x000000000\x000000000\x00");
    if entry.bytes < 1 << 33 {
        put(SIZE.start, format!("{:011o}\x00", entry.bytes).as_bytes());
    } else {
        // Larger numbers are binary, marked by the highest bit.
        put(SIZE.start, &[0x80]);
        put(SIZE.end - 8, &entry.bytes.to_be_bytes());
    }
    put(136, b"00000000000\x00");
    put(CHECKSUM.start, b"        ");
    put(KIND, b"0");
    put(MAGIC.start, b"ustar\x0000");
    let checksum: u32 = header.iter().map(|&byte| u32::from(byte)).sum();
    let text = format!("{checksum:06o}\x00 ");
    header.iter_mut().skip(CHECKSUM.start).zip(text.as_bytes()).for_each(|(to, from)| *to = *from);
    into.write_all(&header)
}

/// Fills up after a file.
pub(super) fn write_padding(into: &mut impl Write, bytes: u64) -> io::Result<()> {
    into.write_all(&[0; BLOCK][..padding(bytes)])
}

/// Ends an archive.
pub(super) fn write_end(into: &mut impl Write) -> io::Result<()> {
    into.write_all(&[0; 2 * BLOCK])
}

/// Reads the header of the next file; `None` at the end. The file's bytes and [`read_padding`] come next.
pub(super) fn read_header(from: &mut impl Read) -> io::Result<Option<Entry>> {
    let mut header = [0_u8; BLOCK];
    from.read_exact(&mut header)?;
    if header.iter().all(|&byte| byte == 0) {
        return Ok(None);
    }
    let is_checksum = |place: &usize| CHECKSUM.contains(place);
    let sum = |(place, byte): (usize, &u8)| if is_checksum(&place) { u32::from(b' ') } else { u32::from(*byte) };
    let checksum: u32 = header.iter().enumerate().map(sum).sum();
    if octal(&header[CHECKSUM]) != Some(u64::from(checksum)) {
        return Err(wrong("it is no archive, or a header in it is damaged"));
    }
    if !matches!(header[KIND], b'0' | 0) {
        return Err(wrong("it holds something else than plain files"));
    }
    let size = &header[SIZE];
    let bytes = if size[0] == 0x80 {
        let (high, low) = size.split_at(4);
        let is_small = high[1..].iter().all(|&byte| byte == 0);
        low.try_into().ok().map(u64::from_be_bytes).filter(|_| is_small)
    } else {
        octal(size)
    };
    let name = header[NAME].split(|&byte| byte == 0).next().and_then(|name| std::str::from_utf8(name).ok());
    match (name, bytes) {
        (Some(name), Some(bytes)) => Ok(Some(Entry { name: name.to_owned(), bytes })),
        _ => Err(wrong("a name or a size in it is none")),
    }
}

/// Reads past what fills up after a file.
pub(super) fn read_padding(from: &mut impl Read, bytes: u64) -> io::Result<()> {
    from.read_exact(&mut [0; BLOCK][..padding(bytes)])
}

fn padding(bytes: u64) -> usize {
    (BLOCK - (bytes % BLOCK as u64) as usize) % BLOCK
}

fn octal(field: &[u8]) -> Option<u64> {
    let text = std::str::from_utf8(field).ok()?.trim_matches(['\0', ' ']);
    u64::from_str_radix(text, 8).ok().filter(|_| text.bytes().all(|byte| byte.is_ascii_digit()))
}

pub(super) fn wrong(what: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_come_back_at_every_size() {
        for bytes in [0, 1, 511, 512, (1 << 33) - 1, 1 << 33, u64::MAX] {
            let entry = Entry { name: "points.parquet".to_owned(), bytes };
            let mut archive = Vec::new();
            write_header(&mut archive, &entry).unwrap();
            write_end(&mut archive).unwrap();
            let mut archive = archive.as_slice();
            assert_eq!(read_header(&mut archive).unwrap(), Some(entry));
            assert_eq!(read_header(&mut archive).unwrap(), None);
        }
    }

    #[test]
    fn every_changed_byte_that_counts_is_noticed() {
        let mut archive = Vec::new();
        write_header(&mut archive, &Entry { name: "a".to_owned(), bytes: 7 }).unwrap();
        for place in 0..BLOCK {
            let mut damaged = archive.clone();
            damaged[place] ^= 1;
            let read = read_header(&mut damaged.as_slice());
            assert!(read.is_err() || CHECKSUM.contains(&place), "byte {place}: {read:?}");
        }
    }
}
