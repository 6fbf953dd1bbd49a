//! Images as small files, for pages that show them.

use std::io;

use super::RgbImage;
use crate::TransformError;
use crate::transform::{Filter, thumbnail};

/// Longest side up to which a picture is PNG: there every pixel counts, and JPEG saves nothing.
const LARGEST_PNG: usize = 64;

/// Quality of JPEG.
const QUALITY: u8 = 85;

/// An image as a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Preview {
    /// `image/png` or `image/jpeg`.
    pub media_type: &'static str,
    /// The file's bytes.
    pub bytes: Vec<u8>,
}

/// Why no file could be made of an image.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PreviewError {
    /// The image cannot be made smaller.
    #[error(transparent)]
    Resize(#[from] TransformError),
    /// PNG cannot be written.
    #[error(transparent)]
    Png(#[from] ::png::EncodingError),
    /// JPEG cannot be written.
    #[error(transparent)]
    Jpeg(#[from] jpeg_encoder::EncodingError),
    /// A side does not fit the format.
    #[error("a side of the picture is too long for its format")]
    Side(#[from] std::num::TryFromIntError),
    /// Writing failed.
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// The image with no side longer than `side`, never enlarged: PNG where it is tiny, else JPEG.
///
/// # Errors
/// For images that are too long and thin.
pub fn preview(image: &RgbImage, side: usize) -> Result<Preview, PreviewError> {
    let small = thumbnail(image, side, Filter::Bilinear)?;
    if small.width().max(small.height()) > LARGEST_PNG {
        return Ok(Preview { media_type: "image/jpeg", bytes: jpeg(&small)? });
    }
    let mut bytes = Vec::new();
    let mut encoder = ::png::Encoder::new(&mut bytes, u32::try_from(small.width())?, u32::try_from(small.height())?);
    encoder.set_color(::png::ColorType::Rgb);
    let mut writer = encoder.write_header()?;
    writer.write_image_data(small.pixels())?;
    writer.finish()?;
    Ok(Preview { media_type: "image/png", bytes })
}

/// The image as JPEG of a quality at which photographs do not show it.
///
/// # Errors
/// For images with a side of more than 65,535 pixels.
pub fn jpeg(image: &RgbImage) -> Result<Vec<u8>, PreviewError> {
    let (width, height) = (u16::try_from(image.width())?, u16::try_from(image.height())?);
    let mut bytes = Vec::new();
    let mut encoder = jpeg_encoder::Encoder::new(&mut bytes, QUALITY);
    // A tenth smaller, for a second pass over the coefficients.
    encoder.set_optimized_huffman_tables(true);
    encoder.encode(image.pixels(), width, height, jpeg_encoder::ColorType::Rgb)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{DecodeLimits, decode};

    fn image(width: usize, height: usize) -> RgbImage {
        RgbImage::new(width, height, (0..width * height * 3).map(|index| (index % 200) as u8).collect()).unwrap()
    }

    #[test]
    fn small_images_keep_every_pixel_and_large_ones_their_shape() {
        let limits = DecodeLimits::default();
        let small = image(32, 20);
        let kept = preview(&small, 256).unwrap();
        assert_eq!((kept.media_type, decode(&kept.bytes, &limits).unwrap()), ("image/png", small));
        let large = preview(&image(800, 400), 256).unwrap();
        let decoded = decode(&large.bytes, &limits).unwrap();
        assert_eq!((large.media_type, decoded.width(), decoded.height()), ("image/jpeg", 256, 128));
        let thin = preview(&image(3000, 1), 16).unwrap();
        let decoded = decode(&thin.bytes, &limits).unwrap();
        assert_eq!((decoded.width(), decoded.height()), (16, 1));
    }
}
