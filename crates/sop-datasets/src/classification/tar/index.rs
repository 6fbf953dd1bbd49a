//! Where the members of a tar file lie.

use std::fs::File;
use std::path::Path;

use sop_core::FileKind;
use tar::{Archive, EntryType};

use crate::dataset::positional::PositionalFile;
use crate::error::DatasetError;

/// Bytes of a tar block.
const BLOCK: u64 = 512;

/// A file in a tar file.
pub(super) struct Member {
    pub name: String,
    /// First byte of its content.
    pub start: u64,
    /// Bytes of its content.
    pub size: u64,
    /// Whether the content lies there as it is; links have none, sparse files have holes.
    pub is_plain: bool,
}

/// Lists the files of a tar file in order, by its headers; contents are skipped. Folders are left out.
///
/// # Errors
/// [`DatasetError::Shard`] for a file that is no tar, that is damaged, or that ends before its end-of-archive mark.
pub(super) fn members(file: &PositionalFile) -> Result<Vec<Member>, DatasetError> {
    let mut end = 0;
    let bad = |offset: u64, reason: String| DatasetError::Shard { path: file.path.clone(), offset, reason };
    if file.read(0, 2).is_ok_and(|start| FileKind::Gzip.is_start(&start)) {
        return Err(bad(
            0,
            "it is compressed; unpack it with gunzip, so that images can be read in any order".to_owned(),
        ));
    }
    let reader = File::open(&file.path).map_err(|source| DatasetError::Io { path: file.path.clone(), source })?;
    let mut archive = Archive::new(reader);
    let mut members = Vec::new();
    for entry in archive.entries_with_seek().map_err(|error| bad(0, error.to_string()))? {
        let entry = entry.map_err(|error| bad(end, error.to_string()))?;
        let kind = entry.header().entry_type();
        // What `git archive` writes in front: it describes the members, and is none.
        let is_description = kind.is_pax_global_extensions();
        let name = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
        let (start, size) = (entry.raw_file_position(), entry.size());
        // Only plain files and the few other kinds with content take blocks.
        let stored = if kind.is_hard_link() || kind.is_symlink() || kind.is_dir() { 0 } else { size };
        let stop = start.checked_add(stored).filter(|&stop| stop <= file.len);
        let stop = stop.ok_or_else(|| bad(end, format!("it ends within {name}, which has {size} bytes")))?;
        end = stop.next_multiple_of(BLOCK);
        if !kind.is_dir() && !is_description {
            let is_plain = matches!(kind, EntryType::Regular | EntryType::Continuous);
            members.push(Member { name, start, size: stored, is_plain });
        }
    }
    // A file that was cut off between two members looks whole without this.
    let mark = file.read(end, BLOCK as usize);
    if !mark.is_ok_and(|block| block.iter().all(|&byte| byte == 0)) {
        return Err(bad(end, "it ends without the end-of-archive mark: it was cut off".to_owned()));
    }
    Ok(members)
}

/// The name without its endings, and the endings in lower case: WebDataset's key and extension, split at the first dot
/// behind the last slash. `None` for names that have none, or begin with a dot.
pub(super) fn key_and_extension(name: &str) -> Option<(&str, String)> {
    let base = name.rfind('/').map_or(0, |slash| slash + 1);
    let dot = base + name.get(base..)?.find('.')?;
    let (key, extension) = (name.get(..dot)?, name.get(dot + 1..)?);
    (dot > base).then(|| (key, extension.to_ascii_lowercase()))
}

/// The file name without `.tar`.
pub(super) fn shard_stem(path: &Path) -> String {
    path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_split_as_webdataset_splits_them() {
        assert_eq!(key_and_extension("a/b.c/d.seg.PNG"), Some(("a/b.c/d", "seg.png".to_owned())));
        assert_eq!(key_and_extension("x.jpg"), Some(("x", "jpg".to_owned())));
        for name in ["x", "a.b/x", ".hidden", "a/.hidden.jpg", ""] {
            assert_eq!(key_and_extension(name), None, "{name}");
        }
    }
}
