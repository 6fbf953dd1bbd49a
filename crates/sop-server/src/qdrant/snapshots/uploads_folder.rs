//! Where uploads lie until they are complete.

use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

/// Where uploads lie until they are complete: on the disk of the index, so that a full one is noticed there.
pub(crate) struct UploadsFolder(PathBuf);

impl UploadsFolder {
    /// The folder of an index. What an earlier server left there goes away.
    pub(crate) fn of(root: &Path, is_read_only: bool) -> Self {
        let folder = root.join(".uploads");
        if !is_read_only {
            // Where it cannot be removed, it takes room and nothing else.
            let _ = std::fs::remove_dir_all(&folder);
        }
        Self(folder)
    }

    /// An empty file, which goes away when it is dropped.
    pub(super) fn file(&self) -> std::io::Result<NamedTempFile> {
        std::fs::create_dir_all(&self.0)?;
        NamedTempFile::new_in(&self.0)
    }
}
