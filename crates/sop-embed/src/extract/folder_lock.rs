//! A lock on a folder: shared by those who work in it, held alone by the one who removes it.

use std::fs::{File, TryLockError};
use std::io;
use std::path::Path;

/// A locked folder; the lock goes with the value, or with the process.
///
/// File systems without locks give no protection: there the shards of a set must not end at the same moment.
pub(super) struct FolderLock {
    _folder: Option<File>,
}

impl FolderLock {
    /// Makes the folder where it is missing and locks it with others; waits while it is being removed.
    pub fn shared(folder: &Path) -> io::Result<Self> {
        loop {
            std::fs::create_dir_all(folder)?;
            match lock(folder, |file| file.lock_shared().map_err(TryLockError::Error)) {
                Ok(Some(lock)) => return Ok(lock),
                // Removed before it was locked.
                Ok(None) => {}
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// Locks the folder alone; `None` where it is gone, or in use and `wait` is false.
    pub fn alone(folder: &Path, wait: bool) -> io::Result<Option<Self>> {
        let taken = match wait {
            true => lock(folder, |file| file.lock().map_err(TryLockError::Error)),
            false => lock(folder, File::try_lock),
        };
        match taken {
            Err(error) if [io::ErrorKind::NotFound, io::ErrorKind::WouldBlock].contains(&error.kind()) => Ok(None),
            other => other,
        }
    }
}

/// Opens and locks a folder; `None` where it is no longer the one of this name.
#[cfg(unix)]
fn lock(folder: &Path, take: impl Fn(&File) -> Result<(), TryLockError>) -> io::Result<Option<FolderLock>> {
    use std::os::unix::fs::MetadataExt;
    let file = File::open(folder)?;
    match take(&file) {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => return Err(io::ErrorKind::WouldBlock.into()),
        Err(TryLockError::Error(_)) => return Ok(Some(FolderLock { _folder: None })),
    }
    let identity = |metadata: std::fs::Metadata| (metadata.dev(), metadata.ino());
    let is_there = identity(std::fs::metadata(folder)?) == identity(file.metadata()?);
    Ok(is_there.then_some(FolderLock { _folder: Some(file) }))
}

/// Elsewhere folders cannot be opened as files.
#[cfg(not(unix))]
fn lock(folder: &Path, _: impl Fn(&File) -> Result<(), TryLockError>) -> io::Result<Option<FolderLock>> {
    std::fs::metadata(folder)?;
    Ok(Some(FolderLock { _folder: None }))
}
