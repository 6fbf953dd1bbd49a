//! What the ending of a file's name says, before the file is opened.

use super::format::Format;

/// What a file may be by the ending of its name. The bytes of a file decide in the end; a listing goes by names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NameKind {
    /// An image of a format that is decoded.
    Image,
    /// An image of a format, named here, that is not decoded.
    UndecodedImage(&'static str),
    /// No image.
    Other,
}

/// Endings of images that are told by name only.
const UNDECODED: [(&str, &str); 11] = [
    ("tif", "TIFF"),
    ("tiff", "TIFF"),
    ("avif", "AVIF"),
    ("heic", "HEIC"),
    ("heif", "HEIF"),
    ("jp2", "JPEG 2000"),
    ("j2k", "JPEG 2000"),
    ("jxl", "JPEG XL"),
    ("ico", "ICO"),
    ("tga", "TGA"),
    ("psd", "PSD"),
];

/// The endings of images that are decoded, in lower case and without the dot.
pub fn image_endings() -> impl Iterator<Item = &'static str> {
    Format::ALL.into_iter().flat_map(|format| format.endings().iter().copied())
}

impl NameKind {
    /// What a file of this name may be; the case of the ending does not matter.
    #[must_use]
    pub fn of(name: &str) -> Self {
        let Some((_, ending)) = name.rsplit_once('.') else { return Self::Other };
        let ending = ending.to_ascii_lowercase();
        if image_endings().any(|known| known == ending) {
            return Self::Image;
        }
        let undecoded = UNDECODED.iter().find(|(known, _)| *known == ending);
        undecoded.map_or(Self::Other, |(_, format)| Self::UndecodedImage(format))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell_images() {
        for name in ["a.jpg", "a.JPEG", "a.b.png", "x.gif", "x.PBM", "x.webp", "x.bmp"] {
            assert_eq!(NameKind::of(name), NameKind::Image, "{name}");
        }
        assert_eq!(NameKind::of("a.TIF"), NameKind::UndecodedImage("TIFF"));
        for name in ["jpg", "a.txt", "a.jpg.txt", "", "a."] {
            assert_eq!(NameKind::of(name), NameKind::Other, "{name}");
        }
    }
}
