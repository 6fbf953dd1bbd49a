//! Output that appears under its name only when it is complete.

use std::fs;
use std::path::{Path, PathBuf};

use sop_core::atomic_file::ScratchFolder;

use super::error::GenerateError;

/// A place beside the target where it is built; what is left of it is removed if it is not published.
pub(super) struct PartialOutput {
    /// Holds the place.
    _folder: ScratchFolder,
    target: PathBuf,
    place: PathBuf,
}

impl PartialOutput {
    /// Makes a temporary sibling of `target`, and the folders above it where they are missing.
    ///
    /// # Errors
    /// [`GenerateError::UnnamedTarget`] for a path that ends in no name, [`GenerateError::Io`] where nothing can be made.
    pub(super) fn beside(target: &Path) -> Result<Self, GenerateError> {
        let Some(name) = target.file_name() else {
            return Err(GenerateError::UnnamedTarget { path: target.to_path_buf() });
        };
        let parent = match target.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        };
        fs::create_dir_all(parent).map_err(GenerateError::io("create folder", parent))?;
        let folder = ScratchFolder::create(parent, &name.to_string_lossy())
            .map_err(GenerateError::io("create a temporary folder in", parent))?;
        let place = folder.path().join(name);
        Ok(Self { _folder: folder, target: target.to_path_buf(), place })
    }

    /// Where to build the file or folder.
    pub(super) fn place(&self) -> &Path {
        &self.place
    }

    /// Moves the finished file or folder to its target.
    ///
    /// # Errors
    /// [`GenerateError::Io`] where the target cannot be replaced.
    pub(super) fn publish(self) -> Result<(), GenerateError> {
        fs::rename(&self.place, &self.target).map_err(GenerateError::io("move the finished output to", &self.target))
    }
}
