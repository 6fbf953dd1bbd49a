//! What a data set holds of an image: a file, or bare pixels.

use std::borrow::Cow;

use ndarray::Array3;
use sop_core::Sha256Hasher;
use sop_image::transform::Transform;
use sop_image::{DecodeLimits, ImageError, PrepareError, RgbImage, decode};

/// An image as it is stored.
///
/// Bare pixels are images without a format of their own. Where a file is asked for, by [`Self::into_file`] and for the hash, they
/// are the file of the simplest format there is (netpbm).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StoredImage {
    /// An undecoded file.
    File(Vec<u8>),
    /// Bare colours.
    Rgb(RgbImage),
    /// Bare greys of 8 bits: `height * width` bytes, rows from the top.
    Grey {
        /// Width in pixels.
        width: usize,
        /// Height in pixels.
        height: usize,
        /// The pixels.
        pixels: Vec<u8>,
    },
}

impl StoredImage {
    /// SHA-256 of the image as a file; nothing is copied for it.
    #[must_use]
    pub fn digest(&self) -> [u8; 32] {
        self.hashed().finish_bytes()
    }

    /// SHA-256 of the image as a file, as 64 lower-case hex digits.
    #[must_use]
    pub fn sha256(&self) -> String {
        self.hashed().finish()
    }

    /// The image as a file: bare colours as PPM, bare greys as PGM.
    #[must_use]
    pub fn into_file(self) -> Vec<u8> {
        match self {
            Self::File(bytes) => bytes,
            bare => {
                let (header, content) = bare.header_and_content();
                [header.as_bytes(), content].concat()
            }
        }
    }

    /// The pixels; greys are replicated.
    ///
    /// # Errors
    /// As [`decode`] of the file.
    pub fn decode(&self, limits: &DecodeLimits) -> Result<Cow<'_, RgbImage>, ImageError> {
        match self {
            Self::File(bytes) => decode(bytes, limits).map(Cow::Owned),
            Self::Rgb(image) => {
                limits.check(image.width(), image.height())?;
                Ok(Cow::Borrowed(image))
            }
            Self::Grey { width, height, pixels } => {
                limits.check(*width, *height)?;
                let colours = pixels.iter().flat_map(|&grey| [grey; 3]).collect();
                RgbImage::new(*width, *height, colours).map(Cow::Owned)
            }
        }
    }

    /// The encoder's input, `[3, height, width]`; of a file, no more is decoded than the transform needs.
    ///
    /// # Errors
    /// As [`Transform::apply_to_file`] of the file.
    pub fn apply(&self, transform: &Transform, limits: &DecodeLimits) -> Result<Array3<f32>, PrepareError> {
        match self {
            Self::File(bytes) => transform.apply_to_file(bytes, limits),
            bare => Ok(transform.apply(bare.decode(limits)?.as_ref())?),
        }
    }

    fn hashed(&self) -> Sha256Hasher {
        let (header, content) = self.header_and_content();
        let mut hasher = Sha256Hasher::default();
        hasher.update(header.as_bytes());
        hasher.update(content);
        hasher
    }

    /// The two parts of the file.
    fn header_and_content(&self) -> (String, &[u8]) {
        let header = |magic, width, height| format!("{magic}\n{width} {height}\n255\n");
        match self {
            Self::File(bytes) => (String::new(), bytes),
            Self::Rgb(image) => (header("P6", image.width(), image.height()), image.pixels()),
            Self::Grey { width, height, pixels } => (header("P5", *width, *height), pixels),
        }
    }
}

#[cfg(test)]
mod tests {
    use sop_core::sha256_hex;

    use super::*;

    fn bare() -> [StoredImage; 2] {
        let pixels = |count: usize| (0..count).map(|place| (place * 37 % 251) as u8).collect::<Vec<u8>>();
        let grey = StoredImage::Grey { width: 28, height: 17, pixels: pixels(28 * 17) };
        [StoredImage::Rgb(RgbImage::new(28, 17, pixels(3 * 28 * 17)).unwrap()), grey]
    }

    #[test]
    fn bare_pixels_have_the_hash_of_their_file() {
        for image in bare() {
            let file = image.clone().into_file();
            assert_eq!(image.sha256(), sha256_hex(&file));
            assert_eq!(StoredImage::File(file.clone()).sha256(), sha256_hex(&file));
            assert!(file.starts_with(if matches!(image, StoredImage::Rgb(_)) {
                b"P6\n28 17\n255\n"
            } else {
                b"P5\n28 17\n255\n"
            }));
        }
    }

    #[test]
    fn bare_pixels_become_what_their_file_becomes() {
        let limits = DecodeLimits::default();
        for image in bare() {
            let file = StoredImage::File(image.clone().into_file());
            assert_eq!(image.decode(&limits).unwrap(), file.decode(&limits).unwrap());
            for steps in [
                "resize_short(32,bicubic)|center_crop(24)|normalize(imagenet)",
                "resize_short(9,bilinear)|center_crop(12)|normalize(half)",
                "resize_exact(5,64,nearest)|normalize(none)",
                "center_crop(40)|normalize(imagenet)",
                "normalize(none)",
            ] {
                let transform: Transform = steps.parse().unwrap();
                let expected = file.apply(&transform, &limits).unwrap();
                assert_eq!(image.apply(&transform, &limits).unwrap(), expected, "{steps}");
            }
        }
    }

    #[test]
    fn bare_pixels_keep_the_limits_and_refuse_other_counts() {
        let limits = DecodeLimits { max_pixels: 28 * 17 - 1 };
        for image in bare() {
            let error = image.decode(&limits).unwrap_err().to_string();
            let of_file = StoredImage::File(image.into_file()).decode(&limits).unwrap_err().to_string();
            assert_eq!(error, of_file);
        }
        let short = StoredImage::Grey { width: 2, height: 2, pixels: vec![0; 3] };
        assert!(matches!(short.decode(&DecodeLimits::default()), Err(ImageError::PixelCount { .. })));
        let empty = StoredImage::Grey { width: 0, height: 2, pixels: Vec::new() };
        assert!(matches!(empty.decode(&DecodeLimits::default()), Err(ImageError::Empty)));
    }
}
