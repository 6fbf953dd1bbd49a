//! The zip format of `torch.save`: `data.pkl`, `byteorder`, and one entry `data/<key>` per storage.

use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;

use sop_pickle::Storage;
use zip::result::ZipError;
use zip::{ZipArchive, ZipReadOptions};

use super::CheckpointError;

/// Longest `data.pkl` that is read, in bytes; those of the largest published models have a few megabytes.
pub(super) const MAX_PICKLE: u64 = 64 << 20;

/// An open archive.
pub(super) struct TorchZip<'a> {
    path: &'a Path,
    archive: ZipArchive<BufReader<File>>,
    /// Folder of all entries, with its slash.
    folder: String,
    without_checksums: bool,
}

impl<'a> TorchZip<'a> {
    /// Opens the archive and finds its folder.
    pub(super) fn open(path: &'a Path, file: File) -> Result<Self, CheckpointError> {
        let mut archive = ZipArchive::new(BufReader::new(file)).map_err(|source| failed(path, source))?;
        let mut folders: Vec<&str> = archive
            .file_names_raw()
            .filter_map(|name| std::str::from_utf8(name).ok()?.strip_suffix("data.pkl"))
            .filter(|folder| folder.is_empty() || folder.ends_with('/'))
            .collect();
        folders.sort_unstable_by_key(|folder| (folder.matches('/').count(), *folder));
        let not_a_checkpoint =
            |found: &str| CheckpointError::NotACheckpoint { path: path.to_path_buf(), found: found.to_owned() };
        if let [first, second, ..] = folders[..]
            && first.matches('/').count() == second.matches('/').count()
        {
            return Err(not_a_checkpoint("a zip of several checkpoints (unpack it and give one of them)"));
        }
        let Some(folder) = folders.first().map(|folder| (*folder).to_owned()) else {
            let is_numpy = archive.file_names_raw().any(|name| name.ends_with(b".npy"));
            return Err(not_a_checkpoint(if is_numpy { "a NumPy .npz archive" } else { "a zip without data.pkl" }));
        };
        if archive.index_for_name(&format!("{folder}constants.pkl")).is_some() {
            return Err(not_a_checkpoint("a TorchScript archive (save the model's state_dict instead)"));
        }
        let without_checksums = is_without_checksums(&mut archive).map_err(|source| failed(path, source))?;
        let mut zip = Self { path, archive, folder, without_checksums };
        match zip.entry("byteorder", 16)?.as_deref() {
            None | Some(b"little") => Ok(zip),
            Some(b"big") => Err(CheckpointError::BigEndian { path: path.to_path_buf() }),
            Some(_) => Err(CheckpointError::damaged(path, "its byteorder is neither little nor big")),
        }
    }

    /// Whether the archive was written without checksums.
    pub(super) fn is_without_checksums(&self) -> bool {
        self.without_checksums
    }

    /// The bytes of `data.pkl`.
    pub(super) fn pickle(&mut self) -> Result<Vec<u8>, CheckpointError> {
        let bytes = self.entry("data.pkl", MAX_PICKLE)?;
        bytes.ok_or_else(|| CheckpointError::damaged(self.path, "data.pkl is missing"))
    }

    /// The bytes of a storage, whose size must be the declared one.
    pub(super) fn storage(&mut self, storage: &Storage) -> Result<Vec<u8>, CheckpointError> {
        let declared = storage.bytes.unwrap_or_default() as u64;
        let name = format!("data/{}", storage.key);
        let path = self.path;
        let bytes = self.entry(&name, declared)?;
        let bytes =
            bytes.ok_or_else(|| CheckpointError::truncated(path, format!("the storage `{name}` is missing")))?;
        if bytes.len() as u64 != declared {
            let what = format!("the storage `{name}` has {} bytes instead of {declared}", bytes.len());
            return Err(CheckpointError::damaged(path, what));
        }
        Ok(bytes)
    }

    /// An entry of at most `limit` bytes; `None` when it is not there. Checks its CRC, if the
    /// archive has them.
    fn entry(&mut self, name: &str, limit: u64) -> Result<Option<Vec<u8>>, CheckpointError> {
        let path = self.path;
        let options = ZipReadOptions::new().ignore_crc32(self.without_checksums);
        let entry = match self.archive.by_name_with_options(&format!("{}{name}", self.folder), options) {
            Ok(entry) => entry,
            Err(ZipError::FileNotFound) => return Ok(None),
            Err(source) => return Err(failed(path, source)),
        };
        let size = entry.size();
        if size > limit {
            let what = format!("the entry `{name}` declares {size} bytes, at most {limit} can be used");
            return Err(CheckpointError::too_large(path, what));
        }
        // Memory grows with what is there, not with what is declared. One byte more shows an entry that goes on.
        let mut bytes = Vec::new();
        let read = entry.take(limit.saturating_add(1)).read_to_end(&mut bytes);
        read.map_err(|source| match source.kind() {
            std::io::ErrorKind::UnexpectedEof => {
                CheckpointError::truncated(path, format!("the entry `{name}` ends after {} bytes", bytes.len()))
            }
            _ => CheckpointError::Damaged {
                path: path.to_path_buf(),
                what: format!("the entry `{name}` cannot be read ({source})"),
            },
        })?;
        if bytes.len() as u64 != size {
            let what = format!("the entry `{name}` has {} bytes and declares {size}", bytes.len());
            return Err(CheckpointError::damaged(path, what));
        }
        Ok(Some(bytes))
    }
}

/// Whether no entry has a checksum, as with `torch.serialization.set_crc32_options(False)`.
///
/// A single entry without one is damage: PyTorch leaves out all or none.
fn is_without_checksums(archive: &mut ZipArchive<BufReader<File>>) -> Result<bool, ZipError> {
    let mut has_content = false;
    for index in 0..archive.len() {
        let entry = archive.by_index_raw(index)?;
        if entry.crc32() != 0 {
            return Ok(false);
        }
        has_content |= entry.size() > 0;
    }
    Ok(has_content)
}

fn failed(path: &Path, source: ZipError) -> CheckpointError {
    match source {
        ZipError::Io(source) if source.kind() != std::io::ErrorKind::UnexpectedEof => {
            CheckpointError::Io { path: path.to_path_buf(), source }
        }
        source => CheckpointError::Zip { path: path.to_path_buf(), source },
    }
}
