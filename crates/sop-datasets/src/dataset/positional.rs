//! Reading a file at a place, from several threads at a time.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use crate::error::DatasetError;

/// A file that is kept open; reads do not disturb each other.
#[derive(Debug)]
pub(crate) struct PositionalFile {
    pub path: PathBuf,
    pub len: u64,
    file: File,
}

impl PositionalFile {
    /// Opens a file.
    pub fn open(path: &Path) -> Result<Self, DatasetError> {
        let failed = |source| DatasetError::Io { path: path.to_owned(), source };
        let file = File::open(path).map_err(failed)?;
        let len = file.metadata().map_err(failed)?.len();
        Ok(Self { path: path.to_owned(), len, file })
    }

    /// Reads `count` bytes from `start`, which must lie within the file as it was when it was opened.
    pub fn read(&self, start: u64, count: usize) -> Result<Vec<u8>, DatasetError> {
        let failed = |source| DatasetError::Io { path: self.path.clone(), source };
        let inside = start.checked_add(count as u64).is_some_and(|end| end <= self.len);
        if !inside {
            return Err(failed(io::ErrorKind::UnexpectedEof.into()));
        }
        let mut bytes = vec![0; count];
        read_exact_at(&self.file, &mut bytes, start).map_err(failed)?;
        Ok(bytes)
    }
}

#[cfg(unix)]
fn read_exact_at(file: &File, bytes: &mut [u8], start: u64) -> io::Result<()> {
    std::os::unix::fs::FileExt::read_exact_at(file, bytes, start)
}

#[cfg(windows)]
fn read_exact_at(file: &File, mut bytes: &mut [u8], mut start: u64) -> io::Result<()> {
    while !bytes.is_empty() {
        match std::os::windows::fs::FileExt::seek_read(file, bytes, start)? {
            0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            count => {
                bytes = &mut bytes[count..];
                start += count as u64;
            }
        }
    }
    Ok(())
}
