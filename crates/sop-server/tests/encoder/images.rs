//! Small PNG files.

/// A PNG file of one grey value.
pub fn grey([width, height]: [u32; 2], value: u8) -> Vec<u8> {
    png([width, height], png::ColorType::Grayscale, &vec![value; (width * height) as usize])
}

/// A PNG file of colours that differ for each seed.
pub fn colours([width, height]: [u32; 2], seed: u32) -> Vec<u8> {
    let pixels: Vec<u8> = (0..width * height * 3).map(|index| ((index * 7 + seed * 31) % 251) as u8).collect();
    png([width, height], png::ColorType::Rgb, &pixels)
}

fn png([width, height]: [u32; 2], colour: png::ColorType, pixels: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, width, height);
    encoder.set_color(colour);
    let mut writer = encoder.write_header().unwrap();
    writer.write_image_data(pixels).unwrap();
    writer.finish().unwrap();
    bytes
}

/// A BMP file whose header promises 100,000 × 100,000 pixels, and nothing behind it.
pub fn bomb() -> Vec<u8> {
    let side = 100_000_u32.to_le_bytes();
    let mut bytes = b"BM".to_vec();
    bytes.extend(54_u32.to_le_bytes());
    bytes.extend([0; 4]);
    bytes.extend(54_u32.to_le_bytes());
    bytes.extend(40_u32.to_le_bytes());
    bytes.extend([side, side].concat());
    // One plane of 24 bits, no compression.
    bytes.extend([1, 0, 24, 0]);
    bytes.extend([0; 24]);
    bytes
}
