//! Kinds of files told by their first bytes.

/// A kind of file that has a signature.
///
/// What a kind is called, and which kinds are asked for in which order, is for each reader to say: a data set of images and a
/// checkpoint are mistaken for different things.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileKind {
    /// AVIF image.
    Avif,
    /// BMP image.
    Bmp,
    /// bzip2 file.
    Bzip2,
    /// Program for Linux.
    Elf,
    /// Zip archive without members.
    EmptyZip,
    /// GGUF file of weights.
    Gguf,
    /// GIF image.
    Gif,
    /// Pointer that Git LFS leaves in the place of a file.
    GitLfsPointer,
    /// gzip file.
    Gzip,
    /// HDF5 file.
    Hdf5,
    /// HEIC image.
    Heic,
    /// HEIF image.
    Heif,
    /// Windows icon.
    Ico,
    /// JPEG image.
    Jpeg,
    /// JPEG 2000 image, bare or in its container.
    Jpeg2000,
    /// JPEG XL image, bare or in its container.
    JpegXl,
    /// Text of tags.
    Markup,
    /// PBM, PGM or PPM image.
    Netpbm,
    /// NumPy array.
    Numpy,
    /// PAM image.
    Pam,
    /// Parquet table.
    Parquet,
    /// PDF.
    Pdf,
    /// PFM image.
    Pfm,
    /// Pickle of protocol 2 to 5, or the first byte of one.
    Pickle,
    /// PNG image.
    Png,
    /// RAR archive.
    Rar,
    /// Weights in the format `.safetensors`, as far as two of its bytes tell.
    Safetensors,
    /// Script with its interpreter in the first line.
    Script,
    /// 7z archive.
    SevenZip,
    /// SVG drawing without an XML declaration.
    Svg,
    /// tar archive.
    Tar,
    /// TIFF image.
    Tiff,
    /// WebP image.
    WebP,
    /// xz file.
    Xz,
    /// Zip archive.
    Zip,
    /// zstd file.
    Zstd,
}

impl FileKind {
    /// Whether a file of these first bytes has the signature of this kind; 512 bytes are enough for all of them.
    #[must_use]
    pub fn is_start(self, bytes: &[u8]) -> bool {
        let at = |offset: usize, magic: &[u8]| bytes.get(offset..).is_some_and(|rest| rest.starts_with(magic));
        match self {
            Self::Avif => at(4, b"ftypavi"),
            Self::Bmp => at(0, b"BM"),
            Self::Bzip2 => at(0, b"BZh"),
            Self::Elf => at(0, b"\x7fELF"),
            Self::EmptyZip => at(0, b"PK\x05\x06"),
            Self::Gguf => at(0, b"GGUF"),
            Self::Gif => at(0, b"GIF87a") || at(0, b"GIF89a"),
            Self::GitLfsPointer => at(0, b"version https://git-lfs"),
            Self::Gzip => at(0, b"\x1f\x8b"),
            Self::Hdf5 => at(0, b"\x89HDF"),
            Self::Heic => at(4, b"ftyphei"),
            Self::Heif => at(4, b"ftypmif"),
            Self::Ico => at(0, b"\0\0\x01\0"),
            Self::Jpeg => at(0, b"\xff\xd8\xff"),
            Self::Jpeg2000 => at(0, b"\0\0\0\x0cjP  ") || at(0, b"\xff\x4f\xff\x51"),
            Self::JpegXl => at(0, b"\xff\x0a") || at(0, b"\0\0\0\x0cJXL "),
            Self::Markup => at(0, b"<"),
            // Whitespace as Python's `bytes.split` has it, the vertical tab included.
            Self::Netpbm => matches!(bytes, [b'P', b'1'..=b'6', b' ' | b'\t'..=b'\r', ..]),
            Self::Numpy => at(0, b"\x93NUMPY"),
            Self::Pam => at(0, b"P7\n"),
            Self::Parquet => at(0, b"PAR1"),
            Self::Pdf => at(0, b"%PDF"),
            Self::Pfm => at(0, b"Pf") || at(0, b"PF"),
            Self::Pickle => matches!(bytes, [0x80] | [0x80, 0..=5, ..]),
            Self::Png => at(0, b"\x89PNG\r\n\x1a\n"),
            Self::Rar => at(0, b"Rar!"),
            Self::Safetensors => at(8, b"{"),
            Self::Script => at(0, b"#!"),
            Self::SevenZip => at(0, b"7z\xbc\xaf"),
            Self::Svg => at(0, b"<svg"),
            Self::Tar => at(257, b"ustar"),
            Self::Tiff => at(0, b"II*\0") || at(0, b"MM\0*"),
            Self::WebP => at(0, b"RIFF") && at(8, b"WEBP"),
            Self::Xz => at(0, b"\xfd7zXZ"),
            Self::Zip => at(0, b"PK\x03\x04"),
            Self::Zstd => at(0, b"\x28\xb5\x2f\xfd"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_counts_only_in_its_place_and_as_a_whole() {
        assert!(FileKind::WebP.is_start(b"RIFF\x10\0\0\0WEBPVP8 "));
        for other in [&b"RIFF\x10\0\0\0WAVEfmt "[..], b"RIFF\x10\0\0\0WEB", b"xRIFF\x10\0\0\0WEBP", b""] {
            assert!(!FileKind::WebP.is_start(other), "{other:?}");
        }
        assert!(FileKind::Avif.is_start(b"\0\0\0\x20ftypavif") && !FileKind::Avif.is_start(b"ftypavif"));
        assert!(
            FileKind::Gif.is_start(b"GIF87a")
                && FileKind::Gif.is_start(b"GIF89a..")
                && !FileKind::Gif.is_start(b"GIF88a")
        );
        assert!(
            FileKind::Netpbm.is_start(b"P6\n")
                && !FileKind::Netpbm.is_start(b"P7\n")
                && !FileKind::Netpbm.is_start(b"P6x")
        );
        assert!(FileKind::Pickle.is_start(b"\x80\x02") && FileKind::Pickle.is_start(b"\x80"));
        assert!(!FileKind::Pickle.is_start(b"\x80\x06"));
        let mut tar = [0; 512];
        tar[257..262].copy_from_slice(b"ustar");
        assert!(FileKind::Tar.is_start(&tar) && !FileKind::Tar.is_start(&tar[..261]));
    }
}
