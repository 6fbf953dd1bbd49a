//! `collection.json`: what the other files of a collection's folder are.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::config::CollectionConfig;
use crate::error::StoreError;
use crate::files::Files;
use crate::log::Binding;

/// Version of the files' form.
const FORMAT: u32 = 1;
/// The largest number of a file or change that is taken: nobody counts that far, and the numbers after it still fit everywhere, a
/// signed column of the file of points included.
const MAX_NUMBER: u64 = 1 << 62;
/// Bytes of the largest manifest that is read: class names are the only long thing in it.
const MAX_BYTES: u64 = 64 << 20;

/// What the other files of the folder are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Manifest {
    /// Version of the files' form.
    pub format: u32,
    /// 32 hex digits that tell the collection from any other, whatever it is called.
    pub id: String,
    /// What the collection is.
    pub config: CollectionConfig,
    /// Number of the file of points, and of the first log after it.
    pub generation: u64,
    /// Points in that file; there is none where it would be empty.
    pub points: usize,
    /// CRC-32 of that file; 0 where there is none.
    pub points_crc32: u32,
    /// Number of the last change in that file.
    pub last_change: u64,
}

impl Manifest {
    /// The manifest of a new collection.
    pub fn new(config: CollectionConfig) -> Self {
        Self { format: FORMAT, id: new_id(), config, generation: 0, points: 0, points_crc32: 0, last_change: 0 }
    }

    pub fn path(folder: &Path) -> PathBuf {
        folder.join("collection.json")
    }

    /// Reads the manifest of a folder.
    pub fn read(folder: &Path) -> Result<Self, StoreError> {
        let path = Self::path(folder);
        let bytes = std::fs::metadata(&path).map_err(StoreError::io("read", &path))?.len();
        if bytes > MAX_BYTES {
            return Err(StoreError::damaged(&path, "it is too large for what it should be"));
        }
        let text = std::fs::read_to_string(&path).map_err(StoreError::io("read", &path))?;
        Self::parse(&text, &path)
    }

    /// Reads a manifest that came from `path`.
    pub fn parse(text: &str, path: &Path) -> Result<Self, StoreError> {
        #[derive(Deserialize)]
        struct Format {
            format: u32,
        }
        let wrong = |error: serde_json::Error| StoreError::damaged(path, error.to_string());
        let Format { format } = serde_json::from_str(text).map_err(wrong)?;
        if format != FORMAT {
            let what =
                format!("it has format {format}, and this program reads {FORMAT}: use the program that wrote it");
            return Err(StoreError::damaged(path, what));
        }
        let manifest: Self = serde_json::from_str(text).map_err(wrong)?;
        if manifest.id_bytes().is_none() || manifest.config.dim == 0 || u32::try_from(manifest.config.dim).is_err() {
            return Err(StoreError::damaged(path, "its id or dimension is none"));
        }
        if manifest.config.whitening.as_ref().is_some_and(|whitening| !whitening.fits(manifest.config.dim)) {
            return Err(StoreError::damaged(path, "its whitening cannot give vectors of its dimension"));
        }
        if manifest.generation > MAX_NUMBER || manifest.last_change > MAX_NUMBER {
            return Err(StoreError::damaged(path, "a number in it is beyond all that are ever reached"));
        }
        Ok(manifest)
    }

    /// Writes the manifest; it is durable when the function returns.
    pub fn write(&self, folder: &Path, files: &dyn Files) -> Result<(), StoreError> {
        let path = Self::path(folder);
        let text = serde_json::to_string_pretty(self).map_err(|error| StoreError::damaged(&path, error.to_string()))?;
        sop_core::atomic_file::write(&path, text.as_bytes()).map_err(StoreError::io("write", &path))?;
        files.sync_folder(folder).map_err(StoreError::io("sync", folder))
    }

    fn id_bytes(&self) -> Option<[u8; 16]> {
        let digits: Vec<u8> =
            self.id.chars().map(|digit| digit.to_digit(16).map(|digit| digit as u8)).collect::<Option<_>>()?;
        let bytes: Vec<u8> = digits.as_chunks::<2>().0.iter().map(|[high, low]| high << 4 | low).collect();
        if digits.len() == 32 { bytes.try_into().ok() } else { None }
    }

    /// What a log of this collection says of itself.
    pub fn binding(&self, generation: u64, before: u64) -> Binding {
        Binding { collection: self.id_bytes().unwrap_or_default(), generation, before, dim: self.config.dim as u32 }
    }

    pub fn points_path(folder: &Path, generation: u64) -> PathBuf {
        folder.join(format!("points-{generation}.parquet"))
    }

    pub fn whitening_path(folder: &Path) -> PathBuf {
        folder.join("whitening.bin")
    }

    pub fn graph_path(folder: &Path, generation: u64) -> PathBuf {
        folder.join(format!("graph-{generation}.bin"))
    }

    pub fn log_path(folder: &Path, generation: u64) -> PathBuf {
        folder.join(format!("log-{generation}.sop"))
    }
}

/// 32 hex digits that no other collection has.
fn new_id() -> String {
    use std::hash::{BuildHasher, Hasher, RandomState};
    let mut hasher = sop_core::Sha256Hasher::default();
    let time = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    hasher.update(&time.as_nanos().to_le_bytes());
    hasher.update(&std::process::id().to_le_bytes());
    // The standard library takes the seed of its hashers from the operating system.
    for _ in 0..4 {
        hasher.update(&RandomState::new().build_hasher().finish().to_le_bytes());
    }
    hasher.finish()[..32].to_owned()
}
