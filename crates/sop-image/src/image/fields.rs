//! Little-endian fields of file headers.

/// The 16-bit number at an offset; none beyond the end of the data.
pub(super) fn u16_le(bytes: &[u8], offset: usize) -> Option<u16> {
    bytes.get(offset..)?.first_chunk().map(|field| u16::from_le_bytes(*field))
}

/// The 24-bit number at an offset; none beyond the end of the data.
pub(super) fn u24_le(bytes: &[u8], offset: usize) -> Option<u32> {
    bytes.get(offset..)?.first_chunk().map(|&[a, b, c]| u32::from_le_bytes([a, b, c, 0]))
}

/// The 32-bit number at an offset; none beyond the end of the data.
pub(super) fn u32_le(bytes: &[u8], offset: usize) -> Option<u32> {
    bytes.get(offset..)?.first_chunk().map(|field| u32::from_le_bytes(*field))
}
