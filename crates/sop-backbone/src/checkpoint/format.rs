//! Which kind of file it is, from its first bytes.

use std::fmt;

/// Format of a checkpoint file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CheckpointFormat {
    /// `torch.save` since PyTorch 1.6: a zip archive with `data.pkl` and one entry per storage.
    TorchZip,
    /// `torch.save` before: pickles and raw storages in one stream.
    TorchLegacy,
    /// `.safetensors`.
    Safetensors,
}

impl fmt::Display for CheckpointFormat {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::TorchZip => "torch zip",
            Self::TorchLegacy => "torch legacy stream",
            Self::Safetensors => "safetensors",
        })
    }
}

/// Longest header that `.safetensors` files may have, in bytes.
pub(super) const MAX_SAFETENSORS_HEADER: u64 = 100_000_000;

/// Bytes that [`recognise`] looks at.
pub(super) const HEAD_BYTES: usize = 512;

/// The format of a file that starts with `head`, or what else the file is.
pub(super) fn recognise(head: &[u8]) -> Result<CheckpointFormat, &'static str> {
    if head.starts_with(b"PK\x03\x04") || head.starts_with(b"PK\x05\x06") {
        return Ok(CheckpointFormat::TorchZip);
    }
    if let Some((length, rest)) = head.split_first_chunk::<8>()
        && rest.first() == Some(&b'{')
        && u64::from_le_bytes(*length) <= MAX_SAFETENSORS_HEADER
    {
        return Ok(CheckpointFormat::Safetensors);
    }
    if head.first() == Some(&0x80) && head.get(1).is_none_or(|&protocol| protocol <= 5) {
        return Ok(CheckpointFormat::TorchLegacy);
    }
    Err(other(head))
}

/// What a file that is no checkpoint is.
fn other(head: &[u8]) -> &'static str {
    const MAGIC: [(&[u8], &str); 16] = [
        (b"version https://git-lfs", "a Git LFS pointer (the file itself was not fetched)"),
        (b"\x1f\x8b", "a gzip file"),
        (b"BZh", "a bzip2 file"),
        (b"\xfd7zXZ", "an xz file"),
        (b"\x28\xb5\x2f\xfd", "a zstd file"),
        (b"7z\xbc\xaf", "a 7z archive"),
        (b"\x89HDF", "an HDF5 file (Keras?)"),
        (b"\x93NUMPY", "a NumPy array"),
        (b"GGUF", "a GGUF file"),
        (b"\x89PNG", "a PNG image"),
        (b"\xff\xd8\xff", "a JPEG image"),
        (b"%PDF", "a PDF"),
        (b"PAR1", "a Parquet file"),
        (b"\x7fELF", "a program"),
        (b"#!", "a script"),
        (b"Rar!", "a RAR archive"),
    ];
    if head.is_empty() {
        return "an empty file";
    }
    if let Some((_, name)) = MAGIC.iter().find(|(magic, _)| head.starts_with(magic)) {
        return name;
    }
    if head.get(257..262) == Some(b"ustar") {
        return "a tar archive (the oldest form of torch.save is not read)";
    }
    if head.iter().all(|&byte| byte == 0) {
        return "a file of zeros (a download that failed?)";
    }
    let start = head.trim_ascii_start();
    let is_tag = |tag: &[u8]| start.get(..tag.len()).is_some_and(|start| start.eq_ignore_ascii_case(tag));
    if is_tag(b"<!doctype html") || is_tag(b"<html") {
        return "an HTML page (a download that needed a login?)";
    }
    if is_tag(b"<") {
        return "an XML file";
    }
    if is_tag(b"{") || is_tag(b"[") {
        return "a JSON file";
    }
    // A multi-byte letter that the end of the head cuts off does not make it binary.
    let is_utf8 = std::str::from_utf8(head).map_or_else(|error| error.error_len().is_none(), |_| true);
    let is_text = is_utf8 && head.iter().all(|&byte| byte >= b' ' || byte.is_ascii_whitespace());
    if is_text { "a text file" } else { "a file of another format" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_checkpoint_is_named() {
        for (head, expected) in [
            (&b""[..], "an empty file"),
            (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n", "a Git LFS pointer"),
            (b"\n <!DOCTYPE HTML><html>", "an HTML page"),
            (b"\x1f\x8b\x08", "a gzip file"),
            (b"{\"error\": 404}", "a JSON file"),
            (b"Access denied", "a text file"),
            (&[0; 64], "a file of zeros"),
            (b"\x01\x02\x03", "a file of another format"),
        ] {
            assert!(recognise(head).unwrap_err().starts_with(expected), "{head:?}");
        }
    }

    #[test]
    fn formats_are_told_from_their_first_bytes() {
        assert_eq!(recognise(b"PK\x03\x04\0\0"), Ok(CheckpointFormat::TorchZip));
        assert_eq!(recognise(b"\x80\x02\x8a\x0a"), Ok(CheckpointFormat::TorchLegacy));
        assert_eq!(recognise(b"\x02\0\0\0\0\0\0\0{}"), Ok(CheckpointFormat::Safetensors));
        assert!(recognise(b"\xff\xff\xff\xff\xff\xff\xff\x7f{}").is_err());
    }
}
