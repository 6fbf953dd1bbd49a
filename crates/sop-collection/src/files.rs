//! What a collection asks of the disk, behind a trait, so that tests can have a disk that fails or forgets.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::Path;

/// Everything by which a collection makes something durable, or takes it away. Reading goes past it.
///
/// Files other than logs are written under a temporary name, synced and renamed by [`sop_core::atomic_file`]; what is durable after that
/// is their name, by [`Self::sync_folder`].
pub trait Files: Send + Sync {
    /// Opens a log for appending at `length`, to which it is cut. `length` 0 makes the file where it is missing.
    ///
    /// # Errors
    /// Those of the operating system.
    fn open_log(&self, path: &Path, length: u64) -> io::Result<Box<dyn LogFile>>;

    /// Makes what was renamed, made and removed in a folder durable.
    ///
    /// # Errors
    /// Those of the operating system.
    fn sync_folder(&self, path: &Path) -> io::Result<()>;

    /// Renames a file or folder.
    ///
    /// # Errors
    /// Those of the operating system.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;

    /// Removes a file.
    ///
    /// # Errors
    /// Those of the operating system.
    fn remove(&self, path: &Path) -> io::Result<()>;
}

/// A log that is being written.
pub trait LogFile: Send {
    /// Appends bytes.
    ///
    /// # Errors
    /// Those of the operating system; some of the bytes may have been written then.
    fn append(&mut self, bytes: &[u8]) -> io::Result<()>;

    /// Makes what was appended, or cut off, durable.
    ///
    /// # Errors
    /// Those of the operating system.
    fn sync(&mut self) -> io::Result<()>;

    /// Cuts the file to `length` bytes; further bytes are appended there.
    ///
    /// # Errors
    /// Those of the operating system.
    fn cut(&mut self, length: u64) -> io::Result<()>;
}

/// The file system.
#[derive(Clone, Copy, Debug, Default)]
pub struct Disk;

impl Files for Disk {
    fn open_log(&self, path: &Path, length: u64) -> io::Result<Box<dyn LogFile>> {
        let mut options = OpenOptions::new();
        // In append mode every write goes to the end, wherever a cut moved it.
        let file = options.append(true).create(length == 0).open(path)?;
        file.set_len(length)?;
        Ok(Box::new(DiskLog(file)))
    }

    #[cfg(unix)]
    fn sync_folder(&self, path: &Path) -> io::Result<()> {
        File::open(path)?.sync_all()
    }

    /// Elsewhere folders cannot be opened, and are durable with their files.
    #[cfg(not(unix))]
    fn sync_folder(&self, _: &Path) -> io::Result<()> {
        Ok(())
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        std::fs::rename(from, to)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        std::fs::remove_file(path)
    }
}

struct DiskLog(File);

impl LogFile for DiskLog {
    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.0.write_all(bytes)
    }

    fn sync(&mut self) -> io::Result<()> {
        self.0.sync_data()
    }

    fn cut(&mut self, length: u64) -> io::Result<()> {
        self.0.set_len(length)
    }
}
