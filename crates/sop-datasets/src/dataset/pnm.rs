//! Bare pixels as an image file: the simplest format there is (netpbm), so that every layout gives files.

/// A PGM file of grey pixels, or a PPM file of RGB ones, of 8 bits; rows from the top.
pub(crate) fn pnm(magic: &str, width: usize, height: usize, pixels: &[u8]) -> Vec<u8> {
    let mut file = format!("{magic}\n{width} {height}\n255\n").into_bytes();
    file.extend_from_slice(pixels);
    file
}

/// Pixels whose colours come one plane after the other, interleaved.
pub(crate) fn interleave(planes: &[u8]) -> Vec<u8> {
    let (red, rest) = planes.split_at(planes.len() / 3);
    let (green, blue) = rest.split_at(rest.len() / 2);
    red.iter().zip(green).zip(blue).flat_map(|((&red, &green), &blue)| [red, green, blue]).collect()
}
