//! Which kind of file it is, from its first bytes.

use std::fmt;

use sop_core::FileKind;

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
    let is = |kind: FileKind| kind.is_start(head);
    if is(FileKind::Zip) || is(FileKind::EmptyZip) {
        return Ok(CheckpointFormat::TorchZip);
    }
    if is(FileKind::Safetensors)
        && head.first_chunk::<8>().is_some_and(|length| u64::from_le_bytes(*length) <= MAX_SAFETENSORS_HEADER)
    {
        return Ok(CheckpointFormat::Safetensors);
    }
    if is(FileKind::Pickle) {
        return Ok(CheckpointFormat::TorchLegacy);
    }
    Err(other(head))
}

/// What a file that is no checkpoint is.
fn other(head: &[u8]) -> &'static str {
    const KNOWN: [(FileKind, &str); 17] = [
        (FileKind::GitLfsPointer, "a Git LFS pointer (the file itself was not fetched)"),
        (FileKind::Gzip, "a gzip file"),
        (FileKind::Bzip2, "a bzip2 file"),
        (FileKind::Xz, "an xz file"),
        (FileKind::Zstd, "a zstd file"),
        (FileKind::SevenZip, "a 7z archive"),
        (FileKind::Hdf5, "an HDF5 file (Keras?)"),
        (FileKind::Numpy, "a NumPy array"),
        (FileKind::Gguf, "a GGUF file"),
        (FileKind::Png, "a PNG image"),
        (FileKind::Jpeg, "a JPEG image"),
        (FileKind::Pdf, "a PDF"),
        (FileKind::Parquet, "a Parquet file"),
        (FileKind::Elf, "a program"),
        (FileKind::Script, "a script"),
        (FileKind::Rar, "a RAR archive"),
        (FileKind::Tar, "a tar archive (the oldest form of torch.save is not read)"),
    ];
    if head.is_empty() {
        return "an empty file";
    }
    if let Some((_, name)) = KNOWN.iter().find(|(kind, _)| kind.is_start(head)) {
        return name;
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
