//! What lies in a folder.

use std::fs;
use std::path::Path;

use sop_core::is_hidden;

use crate::error::DatasetError;

/// A file or folder in a folder.
pub(crate) struct Entry {
    /// Its name; what is not UTF-8 in it is replaced.
    pub name: String,
    /// Whether the name is UTF-8, so that it can become an id.
    pub is_utf8: bool,
    pub is_folder: bool,
}

/// The entries of a folder, sorted by name; links are followed. Hidden ones (a dot in front) never count.
///
/// # Errors
/// [`DatasetError::Io`], and [`DatasetError::FileName`] for a folder whose name is not UTF-8.
pub(crate) fn entries(folder: &Path) -> Result<Vec<Entry>, DatasetError> {
    let failed = |source| DatasetError::Io { path: folder.to_owned(), source };
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let path = entry.path();
        if is_hidden(&path) {
            continue;
        }
        // Asking the entry first spares a system call for every file.
        let kind = entry.file_type().map_err(failed)?;
        let is_folder = kind.is_dir() || (kind.is_symlink() && path.is_dir());
        let file_name = entry.file_name();
        let is_utf8 = file_name.to_str().is_some();
        if is_folder && !is_utf8 {
            return Err(DatasetError::FileName { path });
        }
        found.push(Entry { name: file_name.to_string_lossy().into_owned(), is_utf8, is_folder });
    }
    found.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(found)
}
