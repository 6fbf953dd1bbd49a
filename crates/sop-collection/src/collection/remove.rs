//! Removing a collection.

use std::path::{Path, PathBuf};
use std::sync::PoisonError;
use std::sync::atomic::Ordering;

use super::{Collection, Manifest};
use crate::error::StoreError;
use crate::files::Files;
use crate::name::Name;

impl Collection {
    /// Takes the collection's folder away from `parent`; changes are refused from now on.
    pub(crate) fn remove(&self, parent: &Path) -> Result<(), StoreError> {
        let Some(_disk) = self.disk() else { return Ok(()) };
        let _writer = self.writer();
        let hidden = set_aside(self.folder(), parent, self.name(), self.files.as_ref())?;
        self.is_removed.store(true, Ordering::Release);
        drop_hidden(&hidden, parent, self.files.as_ref())
    }

    /// Says where its folder is now.
    pub(crate) fn moved_to(&mut self, folder: &Path) {
        self.folder = folder.to_owned();
        let writer = self.writer.get_mut().unwrap_or_else(PoisonError::into_inner);
        if let Some(log) = &mut writer.log {
            log.moved_to(&Manifest::log_path(folder, writer.log_number));
        }
    }
}

/// Takes the folder of a collection away that nobody has opened.
pub(crate) fn take_away(folder: &Path, parent: &Path, name: &Name, files: &dyn Files) -> Result<(), StoreError> {
    let hidden = set_aside(folder, parent, name, files)?;
    drop_hidden(&hidden, parent, files)
}

fn set_aside(folder: &Path, parent: &Path, name: &Name, files: &dyn Files) -> Result<PathBuf, StoreError> {
    let hidden = parent.join(format!(".{name}.removed"));
    if hidden.exists() {
        std::fs::remove_dir_all(&hidden).map_err(StoreError::io("remove", &hidden))?;
    }
    files.rename(folder, &hidden).map_err(StoreError::io("rename", folder))?;
    Ok(hidden)
}

fn drop_hidden(hidden: &Path, parent: &Path, files: &dyn Files) -> Result<(), StoreError> {
    files.sync_folder(parent).map_err(StoreError::io("sync", parent))?;
    // What stays is removed when the folder is opened.
    let _ = std::fs::remove_dir_all(hidden);
    Ok(())
}
