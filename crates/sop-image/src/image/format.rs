//! File formats told by their first bytes.

use super::netpbm;
use crate::error::ImageError;

/// Names of the formats that can be decoded.
pub const SUPPORTED_FORMATS: &[&str] = &["JPEG", "PNG", "GIF", "BMP", "PPM", "WebP"];

/// A format that can be decoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    Jpeg,
    Png,
    Gif,
    Bmp,
    Netpbm,
    WebP,
}

/// Offset and bytes that tell a format which is known by name but not decoded.
const KNOWN: &[(usize, &[u8], &str)] = &[
    (0, b"II*\0", "TIFF"),
    (0, b"MM\0*", "TIFF"),
    (4, b"ftypavi", "AVIF"),
    (4, b"ftyphei", "HEIC"),
    (4, b"ftypmif", "HEIF"),
    (0, b"\0\0\0\x0cjP  ", "JPEG 2000"),
    (0, b"\xff\x4f\xff\x51", "JPEG 2000"),
    (0, b"\xff\x0a", "JPEG XL"),
    (0, b"\0\0\0\x0cJXL ", "JPEG XL"),
    (0, b"P7\n", "PAM"),
    (0, b"Pf", "PFM"),
    (0, b"PF", "PFM"),
    (0, b"\0\0\x01\0", "ICO"),
    (0, b"%PDF", "PDF"),
    (0, b"\x1f\x8b", "gzip archive"),
    (0, b"PK\x03\x04", "ZIP archive"),
    (0, b"\x93NUMPY", "NumPy array"),
    (0, b"PAR1", "Parquet table"),
    (0, b"<svg", "SVG"),
    (0, b"<", "markup text (an HTML error page?)"),
    (0, b"version https://git-lfs", "Git LFS pointer (run `git lfs pull`)"),
];

impl Format {
    pub(super) const ALL: [Self; 6] = [Self::Jpeg, Self::Png, Self::Gif, Self::Bmp, Self::Netpbm, Self::WebP];

    /// The endings of its files' names, in lower case and without the dot.
    pub(super) fn endings(self) -> &'static [&'static str] {
        match self {
            Self::Jpeg => &["jpg", "jpeg", "jpe", "jfif"],
            Self::Png => &["png"],
            Self::Gif => &["gif"],
            Self::Bmp => &["bmp"],
            Self::Netpbm => &["ppm", "pgm", "pbm", "pnm"],
            Self::WebP => &["webp"],
        }
    }

    /// The format of a file.
    ///
    /// # Errors
    /// [`ImageError::NoData`] for no bytes, [`ImageError::UnsupportedFormat`] for the start of anything else.
    pub(super) fn of(bytes: &[u8]) -> Result<Self, ImageError> {
        if bytes.is_empty() {
            return Err(ImageError::NoData);
        }
        match bytes {
            [0xff, 0xd8, 0xff, ..] => return Ok(Self::Jpeg),
            [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n', ..] => return Ok(Self::Png),
            [b'G', b'I', b'F', b'8', b'7' | b'9', b'a', ..] => return Ok(Self::Gif),
            [b'B', b'M', ..] => return Ok(Self::Bmp),
            [b'P', b'1'..=b'6', space, ..] if netpbm::is_space(*space) => return Ok(Self::Netpbm),
            [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => return Ok(Self::WebP),
            _ => {}
        }
        let known =
            KNOWN.iter().find(|(offset, magic, _)| bytes.get(*offset..).is_some_and(|rest| rest.starts_with(magic)));
        let seen = match known {
            Some((_, _, name)) => (*name).to_owned(),
            None => format!(
                "first bytes {}",
                bytes.iter().take(8).map(|b| format!("{b:02x}")).collect::<Vec<_>>().join(" ")
            ),
        };
        Err(ImageError::UnsupportedFormat { seen })
    }
}
