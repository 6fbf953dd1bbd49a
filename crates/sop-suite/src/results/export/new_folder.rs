//! A folder that appears under its name when it is complete.

use std::path::{Path, PathBuf};

use sop_core::atomic_file::ScratchFolder;

use crate::error::{Context as _, Result, refuse};

/// A folder being written beside its final place.
pub(super) struct NewFolder {
    /// Holds the place, and removes what is left of it.
    _scratch: ScratchFolder,
    place: PathBuf,
    target: PathBuf,
}

impl NewFolder {
    /// Begins a folder, which must not be there.
    ///
    /// # Errors
    /// When something stands there, or nothing can be made beside it.
    pub fn begin(target: &Path) -> Result<Self> {
        let at = target.display();
        // A link that leads nowhere is something, too.
        if target.symlink_metadata().is_ok() {
            refuse!("{at} is there already, and an export replaces nothing; give --out another name, or remove it");
        }
        let Some(name) = target.file_name() else { refuse!("{at} is no name of a folder") };
        let parent = match target.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        };
        let scratch = ScratchFolder::create(parent, "export").with_context(|| format!("cannot write beside {at}"))?;
        let place = scratch.path().join(name);
        std::fs::create_dir(&place).with_context(|| format!("cannot write beside {at}"))?;
        Ok(Self { _scratch: scratch, place, target: target.to_owned() })
    }

    /// Writes a file of the folder, with the folders above it.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write(&self, name: &Path, text: &str) -> Result<()> {
        let path = self.place.join(name);
        let written = path.parent().map_or(Ok(()), std::fs::create_dir_all).and_then(|()| std::fs::write(&path, text));
        written.with_context(|| format!("cannot write {} for {}", name.display(), self.target.display()))
    }

    /// Gives the folder its name.
    ///
    /// # Errors
    /// When something has come to stand there.
    pub fn finish(self) -> Result<()> {
        std::fs::rename(&self.place, &self.target)
            .with_context(|| format!("cannot give the export its name {}", self.target.display()))
    }
}
