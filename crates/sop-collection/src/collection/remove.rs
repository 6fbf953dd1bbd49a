//! Removing a collection.

use std::path::Path;
use std::sync::atomic::Ordering;

use super::Collection;
use crate::error::StoreError;

impl Collection {
    /// Takes the collection's folder away from `parent`; changes are refused from now on.
    pub(crate) fn remove(&self, parent: &Path) -> Result<(), StoreError> {
        let Some(_disk) = self.disk() else { return Ok(()) };
        let _writer = self.writer();
        let hidden = parent.join(format!(".{}.removed", self.name()));
        if hidden.exists() {
            std::fs::remove_dir_all(&hidden).map_err(StoreError::io("remove", &hidden))?;
        }
        self.files.rename(self.folder(), &hidden).map_err(StoreError::io("rename", self.folder()))?;
        self.is_removed.store(true, Ordering::Release);
        self.files.sync_folder(parent).map_err(StoreError::io("sync", parent))?;
        // What stays is removed when the folder is opened.
        let _ = std::fs::remove_dir_all(&hidden);
        Ok(())
    }
}
