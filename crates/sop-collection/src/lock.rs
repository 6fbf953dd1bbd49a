//! One process writes to an index folder.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::Path;

use crate::error::StoreError;

/// The lock of an index folder, held as long as the value lives. The file stays, and says who had it last.
#[derive(Debug)]
pub(crate) struct FolderLock(#[expect(dead_code, reason = "the lock goes away with the file")] File);

impl FolderLock {
    /// Takes the lock.
    pub fn take(folder: &Path) -> Result<Self, StoreError> {
        let path = folder.join("lock");
        let mut options = OpenOptions::new();
        let file = options.read(true).write(true).create(true).truncate(false).open(&path);
        let mut file = file.map_err(StoreError::io("open", &path))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut holder = String::new();
                // Who it is helps, but is not needed.
                let _ = file.take(200).read_to_string(&mut holder);
                let holder =
                    if holder.is_empty() { "another process".to_owned() } else { holder.trim_end().to_owned() };
                return Err(StoreError::Locked { path: folder.to_owned(), holder });
            }
            Err(TryLockError::Error(source)) => return Err(StoreError::io("lock", &path)(source)),
        }
        // `args` would panic over a name that is no UTF-8.
        let program = std::env::args_os().next().unwrap_or_default();
        let program = Path::new(&program).file_name().unwrap_or_default().to_string_lossy().into_owned();
        let text = format!("process {} ({program})\n", std::process::id());
        let written =
            file.set_len(0).and_then(|()| file.seek(SeekFrom::Start(0))).and_then(|_| file.write_all(text.as_bytes()));
        written.map_err(StoreError::io("write", &path))?;
        Ok(Self(file))
    }
}
