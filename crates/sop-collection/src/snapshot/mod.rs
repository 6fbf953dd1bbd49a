//! Snapshots: a collection at one moment as one file, and back.
//!
//! A snapshot is an archive of `snapshot.json` (what the collection is, and size and SHA-256 of the other files), `whitening.bin`, which is
//! there when the collection whitens, and `points.parquet`, which is there when there are points. The folder of snapshots is `snapshots/COLLECTION`.

mod archive;
mod create;
mod restore;

use std::path::{Path, PathBuf};
use std::time::SystemTime;

pub use restore::snapshot_config;
use serde::{Deserialize, Serialize};

use crate::config::CollectionConfig;
use crate::error::StoreError;
use crate::name::Name;
use crate::store::Store;

/// Version of the form.
const FORMAT: u32 = 1;
const MANIFEST: &str = "snapshot.json";
const WHITENING: &str = "whitening.bin";
const POINTS: &str = "points.parquet";
const ENDING: &str = ".tar";
/// Bytes of the largest manifest: class names are the only long thing in it.
const MAX_MANIFEST_BYTES: u64 = 64 << 20;

/// A snapshot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SnapshotInfo {
    /// Its name.
    pub name: Name,
    /// Bytes of the file.
    pub bytes: u64,
    /// When it was made.
    pub created: SystemTime,
    /// SHA-256 of the file as lower-case hex, where it was written down beside it.
    pub sha256: Option<String>,
}

/// What a snapshot says of itself.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SnapshotManifest {
    format: u32,
    config: CollectionConfig,
    points: usize,
    last_change: u64,
    /// None where there are no points.
    file: Option<PointsFile>,
}

/// The file of points.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct PointsFile {
    bytes: u64,
    sha256: String,
}

impl Store {
    /// The snapshots of a collection, in the order of their names. The collection may be gone.
    ///
    /// # Errors
    /// When the name is none, or the folder cannot be read.
    pub fn snapshots(&self, collection: &str) -> Result<Vec<SnapshotInfo>, StoreError> {
        let folder = self.snapshot_folder(collection)?;
        let entries = match std::fs::read_dir(&folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(StoreError::io("read", &folder)(error)),
        };
        let mut found = Vec::new();
        for entry in entries {
            let entry = entry.map_err(StoreError::io("read", &folder))?;
            let text = entry.file_name().to_string_lossy().into_owned();
            let Some(name) = text.strip_suffix(ENDING).and_then(|text| Name::new(text).ok()) else { continue };
            found.push(info(name, &entry.path())?);
        }
        found.sort_by(|left, right| left.name.cmp(&right.name));
        Ok(found)
    }

    /// Where a snapshot is.
    ///
    /// # Errors
    /// When there is none of that name.
    pub fn snapshot_path(&self, collection: &str, snapshot: &str) -> Result<PathBuf, StoreError> {
        let path = self.path_of_snapshot(collection, &Name::new(snapshot)?)?;
        if path.is_file() {
            return Ok(path);
        }
        Err(StoreError::Missing { what: "snapshot", name: snapshot.to_owned() })
    }

    /// Removes a snapshot; `false` where there was none.
    ///
    /// # Errors
    /// When a name is none, or the file cannot be removed.
    pub fn delete_snapshot(&self, collection: &str, snapshot: &str) -> Result<bool, StoreError> {
        let _guard = self.changing()?;
        let path = self.path_of_snapshot(collection, &Name::new(snapshot)?)?;
        match std::fs::remove_file(&path) {
            Ok(()) => {}
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(false),
            Err(error) => return Err(StoreError::io("remove", &path)(error)),
        }
        // What is left of it says nothing without it.
        let _ = std::fs::remove_file(hash_path(&path));
        Ok(true)
    }

    fn snapshot_folder(&self, collection: &str) -> Result<PathBuf, StoreError> {
        // An alias leads to the collection, which may be gone.
        let name = match self.collection(collection) {
            Ok(collection) => collection.name().clone(),
            Err(_) => Name::new(collection)?,
        };
        Ok(self.root().join("snapshots").join(name.as_str()))
    }

    fn path_of_snapshot(&self, collection: &str, snapshot: &Name) -> Result<PathBuf, StoreError> {
        Ok(self.snapshot_folder(collection)?.join(format!("{snapshot}{ENDING}")))
    }
}

fn hash_path(path: &Path) -> PathBuf {
    path.with_extension("sha256")
}

fn info(name: Name, path: &Path) -> Result<SnapshotInfo, StoreError> {
    let metadata = std::fs::metadata(path).map_err(StoreError::io("read", path))?;
    let created = metadata.modified().map_err(StoreError::io("read", path))?;
    let sha256 = std::fs::read_to_string(hash_path(path)).ok().map(|text| text.trim().to_owned());
    Ok(SnapshotInfo { name, bytes: metadata.len(), created, sha256 })
}
