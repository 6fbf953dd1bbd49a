//! A small picture of an image.

use std::io;

use sop_image::transform::{Filter, thumbnail};
use sop_image::{RgbImage, TransformError};

/// Sides of pictures that may be asked for, in pixels.
pub(super) const SIDES: std::ops::RangeInclusive<usize> = 16..=2048;

/// Longest side up to which a picture is PNG: there every pixel counts, and JPEG saves nothing.
const LARGEST_PNG: usize = 64;

/// Quality of JPEG.
const QUALITY: u8 = 85;

/// A picture as a file.
pub(super) struct Picture {
    pub(super) content_type: &'static str,
    pub(super) bytes: Vec<u8>,
}

/// Why no picture could be made of a decoded image.
#[derive(Debug, thiserror::Error)]
pub(super) enum PictureError {
    #[error(transparent)]
    Resize(#[from] TransformError),
    #[error(transparent)]
    Png(#[from] png::EncodingError),
    #[error(transparent)]
    Jpeg(#[from] jpeg_encoder::EncodingError),
    #[error("a side of the picture is too long for its format")]
    Side(#[from] std::num::TryFromIntError),
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// The image with no side longer than `side`, never enlarged: PNG where it is tiny, else JPEG.
///
/// # Errors
/// For images that are too long and thin.
pub(super) fn picture(image: &RgbImage, side: usize) -> Result<Picture, PictureError> {
    let small = thumbnail(image, side, Filter::Bilinear)?;
    let mut bytes = Vec::new();
    if small.width().max(small.height()) <= LARGEST_PNG {
        let mut encoder = png::Encoder::new(&mut bytes, u32::try_from(small.width())?, u32::try_from(small.height())?);
        encoder.set_color(png::ColorType::Rgb);
        let mut writer = encoder.write_header()?;
        writer.write_image_data(small.pixels())?;
        writer.finish()?;
        return Ok(Picture { content_type: "image/png", bytes });
    }
    let encoder = jpeg_encoder::Encoder::new(&mut bytes, QUALITY);
    let (width, height) = (u16::try_from(small.width())?, u16::try_from(small.height())?);
    encoder.encode(small.pixels(), width, height, jpeg_encoder::ColorType::Rgb)?;
    Ok(Picture { content_type: "image/jpeg", bytes })
}

#[cfg(test)]
mod tests {
    use sop_image::{DecodeLimits, decode};

    use super::*;

    fn image(width: usize, height: usize) -> RgbImage {
        RgbImage::new(width, height, (0..width * height * 3).map(|index| (index % 200) as u8).collect()).unwrap()
    }

    #[test]
    fn small_images_keep_every_pixel_and_large_ones_their_shape() {
        let limits = DecodeLimits::default();
        let small = image(32, 20);
        let kept = picture(&small, 256).unwrap();
        assert_eq!((kept.content_type, decode(&kept.bytes, &limits).unwrap()), ("image/png", small));
        let large = picture(&image(800, 400), 256).unwrap();
        let decoded = decode(&large.bytes, &limits).unwrap();
        assert_eq!((large.content_type, decoded.width(), decoded.height()), ("image/jpeg", 256, 128));
        let thin = picture(&image(3000, 1), 16).unwrap();
        let decoded = decode(&thin.bytes, &limits).unwrap();
        assert_eq!((decoded.width(), decoded.height()), (16, 1));
    }
}
