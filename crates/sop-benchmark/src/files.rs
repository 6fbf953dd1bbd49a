//! Writing a set of files that are made independently of each other.

use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

use rayon::prelude::*;

use super::error::GenerateError;
use super::partial_output::PartialOutput;

/// A file below the root of a set: its path, with `/` between names, and its content.
pub(super) type SetFile = (String, Vec<u8>);

/// Writes `count` groups of files, made on the current rayon pool, and the folders `folders` even where they stay empty.
///
/// The set is built in a temporary sibling of `dir` and renamed when it is complete.
/// `progress` is called from the pool's threads with the number of groups done: every number from 1 to `count` once, not always
/// in order.
///
/// # Errors
/// [`GenerateError::NoImages`] if `count` is 0, [`GenerateError::FolderNotEmpty`] if `dir` exists and is not an empty folder,
/// [`GenerateError::Io`] where writing fails, and what `make` fails with; nothing is left behind then.
pub(super) fn write_files(
    dir: &Path,
    folders: &[&str],
    count: usize,
    make: impl Fn(usize) -> Result<Vec<SetFile>, GenerateError> + Sync,
    progress: &(dyn Fn(usize) + Sync),
) -> Result<(), GenerateError> {
    if count == 0 {
        return Err(GenerateError::NoImages { path: dir.to_path_buf() });
    }
    let replaces_empty = refuse_filled(dir)?;
    let partial = PartialOutput::beside(dir)?;
    let make_folder = |folder: &Path| fs::create_dir_all(folder).map_err(GenerateError::io("create folder", folder));
    folders.iter().try_for_each(|folder| make_folder(&partial.place().join(folder)))?;
    let done = AtomicUsize::new(0);
    (0..count).into_par_iter().try_for_each(|index| {
        for (path, bytes) in make(index)? {
            let file = partial.place().join(path);
            if let Some(folder) = file.parent() {
                make_folder(folder)?;
            }
            fs::write(&file, bytes).map_err(GenerateError::io("write", &file))?;
        }
        progress(done.fetch_add(1, Ordering::Relaxed) + 1);
        Ok::<(), GenerateError>(())
    })?;
    if replaces_empty {
        // Not every system renames over an empty folder; removal fails if something has been put there meanwhile.
        fs::remove_dir(dir).map_err(GenerateError::io("replace empty folder", dir))?;
    }
    partial.publish()
}

/// Whether `dir` exists and is empty; an error if it is anything else that exists.
fn refuse_filled(dir: &Path) -> Result<bool, GenerateError> {
    let filled = || GenerateError::FolderNotEmpty { path: dir.to_path_buf() };
    match fs::symlink_metadata(dir) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(GenerateError::io("look at", dir)(error)),
        Ok(metadata) if !metadata.is_dir() => return Err(filled()),
        Ok(_) => {}
    }
    let mut entries = fs::read_dir(dir).map_err(GenerateError::io("read folder", dir))?;
    if entries.next().is_some() { Err(filled()) } else { Ok(true) }
}
