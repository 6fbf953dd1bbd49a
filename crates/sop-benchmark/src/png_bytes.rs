//! Encoding of drawn images as PNG.

use super::error::GenerateError;
use super::{GeneratedConfig, GeneratedImage, Split, draw};

/// Draws an image and encodes it as an 8-bit RGB PNG without any optional chunk; the same bytes for the same version of the `png` crate.
pub(super) fn draw_png(config: &GeneratedConfig, split: Split, index: u64) -> Result<(Vec<u8>, usize), GenerateError> {
    let image = draw(config, split, index);
    let bytes = encode(&image).map_err(|source| GenerateError::Png { index, source })?;
    Ok((bytes, image.class))
}

fn encode(image: &GeneratedImage) -> Result<Vec<u8>, png::EncodingError> {
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, image.width, image.height);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_compression(png::Compression::Balanced);
    let mut writer = encoder.write_header()?;
    writer.write_image_data(&image.rgb)?;
    writer.finish()?;
    Ok(bytes)
}
