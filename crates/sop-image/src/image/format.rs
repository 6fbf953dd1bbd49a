//! File formats told by their first bytes.

use sop_core::FileKind;

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

/// Kinds that are known by name but not decoded; the first one that fits counts.
const KNOWN: &[(FileKind, &str)] = &[
    (FileKind::Tiff, "TIFF"),
    (FileKind::Avif, "AVIF"),
    (FileKind::Heic, "HEIC"),
    (FileKind::Heif, "HEIF"),
    (FileKind::Jpeg2000, "JPEG 2000"),
    (FileKind::JpegXl, "JPEG XL"),
    (FileKind::Pam, "PAM"),
    (FileKind::Pfm, "PFM"),
    (FileKind::Ico, "ICO"),
    (FileKind::Pdf, "PDF"),
    (FileKind::Gzip, "gzip archive"),
    (FileKind::Zip, "ZIP archive"),
    (FileKind::Numpy, "NumPy array"),
    (FileKind::Parquet, "Parquet table"),
    (FileKind::Svg, "SVG"),
    (FileKind::Markup, "markup text (an HTML error page?)"),
    (FileKind::GitLfsPointer, "Git LFS pointer (run `git lfs pull`)"),
];

impl Format {
    pub(super) const ALL: [Self; 6] = [Self::Jpeg, Self::Png, Self::Gif, Self::Bmp, Self::Netpbm, Self::WebP];

    fn kind(self) -> FileKind {
        match self {
            Self::Jpeg => FileKind::Jpeg,
            Self::Png => FileKind::Png,
            Self::Gif => FileKind::Gif,
            Self::Bmp => FileKind::Bmp,
            Self::Netpbm => FileKind::Netpbm,
            Self::WebP => FileKind::WebP,
        }
    }

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
        if let Some(format) = Self::ALL.into_iter().find(|format| format.kind().is_start(bytes)) {
            return Ok(format);
        }
        let seen = match KNOWN.iter().find(|(kind, _)| kind.is_start(bytes)) {
            Some((_, name)) => (*name).to_owned(),
            None => format!(
                "first bytes {}",
                bytes.iter().take(8).map(|b| format!("{b:02x}")).collect::<Vec<_>>().join(" ")
            ),
        };
        Err(ImageError::UnsupportedFormat { seen })
    }
}
