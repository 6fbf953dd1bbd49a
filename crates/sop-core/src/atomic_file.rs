//! Files that appear under their final name only when they are complete.

use std::collections::BTreeSet;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// Ending of the temporary name.
const TEMPORARY_ENDING: &str = ".sop-partial";

/// Temporary files and folders of this process, for [`remove_unfinished`].
static UNFINISHED: Mutex<BTreeSet<PathBuf>> = Mutex::new(BTreeSet::new());

/// A file being written under a temporary name beside its final one.
///
/// The temporary name follows from the final one and is locked while the file is written: a second process that wants
/// to write the same file is refused, and what a killed process left behind is taken over by the next one.
/// Dropping it removes the temporary file, so that an error on the way leaves nothing behind.
#[derive(Debug)]
pub struct AtomicFile {
    /// Stands before `file` to be dropped first: once the lock that `file` holds is gone, the name may be that of the next writer's file.
    temporary: Unfinished,
    file: File,
    path: PathBuf,
}

impl AtomicFile {
    /// Opens a temporary file in the folder of `path`, which is made when it is missing.
    ///
    /// Where the file system knows no locks, the temporary name carries the process id instead.
    ///
    /// # Errors
    /// When the folder cannot be made or written to, or `path` is a folder or a device, which no file may replace: better known now
    /// than when the work is done. [`io::ErrorKind::ResourceBusy`] when it is being written already.
    pub fn create(path: &Path) -> io::Result<Self> {
        let folder = match path.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        };
        std::fs::create_dir_all(folder)?;
        check_target(path)?;
        let name = path.file_name().ok_or(io::ErrorKind::InvalidInput)?.to_string_lossy();
        let (file, temporary) = Unfinished::make(|| open_locked(folder, &name))?;
        file.set_len(0)?;
        Ok(Self { file, temporary, path: path.to_owned() })
    }

    /// The file to write to.
    pub fn file(&mut self) -> &mut File {
        &mut self.file
    }

    /// A second handle on the same file.
    ///
    /// # Errors
    /// When the operating system refuses another handle.
    pub fn handle(&self) -> io::Result<File> {
        self.file.try_clone()
    }

    /// The temporary name, for readers that check the file before it is committed.
    #[must_use]
    pub fn temporary_path(&self) -> &Path {
        &self.temporary.path
    }

    /// The final name.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Syncs the file to the disk and gives it its final name, replacing what was there.
    ///
    /// # Errors
    /// When the sync or the renaming fails; the temporary file is then removed.
    pub fn commit(self) -> io::Result<()> {
        self.file.sync_all()?;
        std::fs::rename(&self.temporary.path, &self.path)?;
        self.temporary.keep();
        Ok(())
    }
}

/// Checks that a file may stand at `path`.
///
/// # Errors
/// When a folder or a device stands there.
pub fn check_target(path: &Path) -> io::Result<()> {
    if path.is_dir() {
        return Err(io::ErrorKind::IsADirectory.into());
    }
    if path.exists() && !path.is_file() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "what stands there is no regular file"));
    }
    Ok(())
}

/// Writes `bytes` to `path` through a temporary name.
///
/// # Errors
/// When the folder or the file cannot be written.
pub fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = AtomicFile::create(path)?;
    file.file().write_all(bytes)?;
    file.commit()
}

/// Removes the temporary files of this process: for the handler of a signal that ends it.
///
/// Threads that make, finish or drop one afterwards wait for the end of the process.
pub fn remove_unfinished() {
    let unfinished = UNFINISHED.lock().unwrap_or_else(PoisonError::into_inner);
    for path in unfinished.iter() {
        // Nothing can be done about a failure; the next writer of the same file takes it over.
        let _ = remove(path);
    }
    std::mem::forget(unfinished);
}

/// A temporary folder, removed with its value and by [`remove_unfinished`].
#[derive(Debug)]
pub struct ScratchFolder(Unfinished);

impl ScratchFolder {
    /// Makes a folder in `parent`, which is made when it is missing; `what` becomes part of its name.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn create(parent: &Path, what: &str) -> io::Result<Self> {
        std::fs::create_dir_all(parent)?;
        for number in 0.. {
            let name = format!(".{what}-{}-{number}{TEMPORARY_ENDING}", std::process::id());
            let path = parent.join(name);
            match Unfinished::make(|| std::fs::create_dir(&path).map(|()| ((), path.clone()))) {
                Ok(((), folder)) => return Ok(Self(folder)),
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error),
            }
        }
        Err(io::ErrorKind::AlreadyExists.into())
    }

    /// The folder.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.0.path
    }
}

fn remove(path: &Path) -> io::Result<()> {
    if path.is_dir() { std::fs::remove_dir_all(path) } else { std::fs::remove_file(path) }
}

/// A temporary file or folder that is removed with its value.
#[derive(Debug)]
struct Unfinished {
    path: PathBuf,
}

impl Unfinished {
    /// Makes a file or folder at the path that `make` returns; an interrupt comes before that or finds the path.
    fn make<T>(make: impl FnOnce() -> io::Result<(T, PathBuf)>) -> io::Result<(T, Self)> {
        let mut unfinished = UNFINISHED.lock().unwrap_or_else(PoisonError::into_inner);
        let (made, path) = make()?;
        unfinished.insert(path.clone());
        Ok((made, Self { path }))
    }

    /// The file has its final name now: nothing is left to remove.
    fn keep(mut self) {
        self.forget();
        self.path = PathBuf::new();
    }

    fn forget(&self) {
        UNFINISHED.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.path);
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        if !self.path.as_os_str().is_empty() {
            self.forget();
            let _ = remove(&self.path);
        }
    }
}

/// Opens the temporary file of `name` in `folder` and locks it.
fn open_locked(folder: &Path, name: &str) -> io::Result<(File, PathBuf)> {
    let open = |path: &Path| OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path);
    let path = folder.join(format!(".{name}{TEMPORARY_ENDING}"));
    loop {
        let file = open(&path)?;
        match file.try_lock() {
            // Another writer may have given the file its final name, or removed it, between opening and locking.
            Ok(()) if is_at(&file, &path) => return Ok((file, path)),
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(io::Error::new(
                    io::ErrorKind::ResourceBusy,
                    "another process is writing it; wait for it or stop it",
                ));
            }
            Err(TryLockError::Error(_)) => {
                let path = folder.join(format!(".{name}.{}{TEMPORARY_ENDING}", std::process::id()));
                return Ok((open(&path)?, path));
            }
        }
    }
}

/// Whether an open file still stands under its name.
#[cfg(unix)]
fn is_at(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    let identity = |metadata: std::fs::Metadata| (metadata.dev(), metadata.ino());
    match (file.metadata(), std::fs::metadata(path)) {
        (Ok(open), Ok(named)) => identity(open) == identity(named),
        _ => false,
    }
}

/// Elsewhere an open file can be neither renamed nor removed.
#[cfg(not(unix))]
fn is_at(_: &File, _: &Path) -> bool {
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dropped_file_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("new/out.bin");
        let mut file = AtomicFile::create(&path).unwrap();
        file.file().write_all(b"half").unwrap();
        drop(file);
        assert_eq!(std::fs::read_dir(path.parent().unwrap()).unwrap().count(), 0);
    }

    #[test]
    fn a_folder_is_refused_at_the_start() {
        let folder = tempfile::tempdir().unwrap();
        let error = AtomicFile::create(folder.path()).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::IsADirectory);
    }

    #[test]
    fn a_committed_file_replaces_the_old_one() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out.bin");
        write(&path, b"old").unwrap();
        write(&path, b"new").unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"new");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_second_writer_is_refused_until_the_first_is_done() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out.bin");
        let mut first = AtomicFile::create(&path).unwrap();
        first.file().write_all(b"first").unwrap();
        assert_eq!(AtomicFile::create(&path).unwrap_err().kind(), io::ErrorKind::ResourceBusy);
        first.commit().unwrap();
        write(&path, b"second").unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"second");
    }

    #[test]
    fn a_writer_that_gives_up_leaves_the_file_of_the_next_one_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out.bin");
        std::thread::scope(|scope| {
            let gives_up = scope.spawn(|| {
                for _ in 0..2000 {
                    drop(AtomicFile::create(&path));
                }
            });
            while !gives_up.is_finished() {
                match write(&path, b"whole") {
                    Err(error) if error.kind() == io::ErrorKind::ResourceBusy => {}
                    other => other.unwrap(),
                }
            }
        });
        write(&path, b"whole").unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"whole");
    }

    #[test]
    fn what_a_killed_writer_left_is_taken_over() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out.bin");
        let left = AtomicFile::create(&path).unwrap().temporary_path().to_owned();
        std::fs::write(&left, b"much more than what is written next").unwrap();
        write(&path, b"short").unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"short");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}
