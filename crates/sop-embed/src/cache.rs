//! Embeddings kept for the next time: a folder of sets named after what they were made from.
//!
//! An entry is an ordinary set of parts ([`Place::Folder`]) at `<root>/v1/<key>`, where the key is a hash of the
//! [`Identity`] and of the listing of the data set. It is opened by [`extract`](crate::extract()) like any interrupted run,
//! which compares the identity field by field and the data set's files with those it was made from. A set that is
//! incomplete is completed; one whose images changed is made anew: there is no way to read one without that comparison.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use sop_core::EmbeddingSet;
use sop_datasets::dataset::ImageDataset;

use crate::CacheError;
use crate::extract::{Identity, Origin, Place, Snapshot};

/// Layout of the cache; folders of other layouts are listed and pruned, never read.
const LAYOUT: &str = "v1";
/// Locked by everyone who uses entries (shared) or removes some (exclusively).
const LOCK_FILE: &str = "lock";

/// A folder of cached embeddings.
#[derive(Clone, Debug)]
pub struct EmbeddingCache {
    root: PathBuf,
}

/// Keeps entries from being pruned while it lives.
#[derive(Debug)]
pub struct CacheUse {
    _lock: Option<File>,
}

/// A cached set.
#[derive(Clone, Debug)]
pub struct CacheEntry {
    /// Its folder.
    pub folder: PathBuf,
    /// What it is.
    pub content: CacheContent,
    /// Bytes on disk.
    pub bytes: u64,
    /// When it was made or last used.
    pub last_used: SystemTime,
}

/// What a folder of the cache holds.
#[derive(Clone, Debug)]
pub enum CacheContent {
    /// Embeddings, all of them or (`complete` is false) the parts that were made before an interruption.
    Set {
        /// What they were made from.
        identity: Box<Identity>,
        /// Images of the data set.
        images: usize,
        /// Whether all parts are there.
        complete: bool,
    },
    /// Something that this version cannot read; the reason in words.
    Unusable(String),
}

impl EmbeddingCache {
    /// The cache in this folder, which is made when something is stored.
    #[must_use]
    pub fn at(root: PathBuf) -> Self {
        Self { root }
    }

    /// The folder.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Where the embeddings of this extraction are kept, there or not.
    #[must_use]
    pub fn place(&self, identity: &Identity, dataset: &dyn ImageDataset) -> Place {
        Place::Folder(self.root.join(LAYOUT).join(identity.key(&Snapshot::listing_sha256(dataset))))
    }

    /// Announces that entries are going to be used: nothing is pruned while the value lives.
    ///
    /// # Errors
    /// [`CacheError::NotWritable`] when the folder cannot be made or written to: before images are encoded in vain.
    pub fn start_use(&self) -> Result<CacheUse, CacheError> {
        let not_writable = |source| CacheError::NotWritable { root: self.root.clone(), source };
        let lock = self.lock_file().map_err(not_writable)?;
        self.probe().map_err(not_writable)?;
        // Where the file system knows no locks, pruning must be left to a quiet moment.
        let locked = lock.lock_shared().is_ok();
        Ok(CacheUse { _lock: locked.then_some(lock) })
    }

    /// Notes that an entry was used now.
    pub fn touch(&self, place: &Place) {
        let folder = place.parts_folder();
        // The time is a hint for pruning: failing to set it is no reason to fail.
        let _ = File::open(folder).and_then(|folder| folder.set_modified(SystemTime::now()));
    }

    /// All entries, the least recently used first.
    ///
    /// # Errors
    /// When the folder cannot be listed; one that is not there is an empty cache.
    pub fn entries(&self) -> Result<Vec<CacheEntry>, CacheError> {
        let mut entries = Vec::new();
        for layout in folders(&self.root)? {
            if layout.file_name().is_some_and(|name| name == LAYOUT) {
                for folder in folders(&layout)? {
                    let content = content(&folder);
                    entries.push(entry(folder, content)?);
                }
            } else {
                let reason = "made by another version of the program".to_owned();
                entries.push(entry(layout, CacheContent::Unusable(reason))?);
            }
        }
        entries.sort_by(|a, b| (a.last_used, &a.folder).cmp(&(b.last_used, &b.folder)));
        Ok(entries)
    }

    /// Removes the entries for which `is_wanted` is false, and returns them.
    ///
    /// # Errors
    /// [`CacheError::InUse`] while another process uses the cache, [`CacheError::Io`] when something cannot be removed.
    pub fn prune(&self, is_wanted: impl Fn(&CacheEntry) -> bool) -> Result<Vec<CacheEntry>, CacheError> {
        if !self.root.exists() {
            return Ok(Vec::new());
        }
        let lock = self.lock_file();
        let lock = lock.map_err(|source| CacheError::Io { path: self.root.join(LOCK_FILE), source })?;
        if let Err(std::fs::TryLockError::WouldBlock) = lock.try_lock() {
            return Err(CacheError::InUse { root: self.root.clone() });
        }
        let unwanted: Vec<CacheEntry> = self.entries()?.into_iter().filter(|entry| !is_wanted(entry)).collect();
        for entry in &unwanted {
            std::fs::remove_dir_all(&entry.folder)
                .map_err(|source| CacheError::Io { path: entry.folder.clone(), source })?;
        }
        Ok(unwanted)
    }

    /// Writes and removes an empty file where entries are made; other processes do not take it for one.
    fn probe(&self) -> io::Result<()> {
        let folder = self.root.join(LAYOUT);
        std::fs::create_dir_all(&folder)?;
        let file = folder.join(format!(".probe-{}", std::process::id()));
        File::create(&file)?;
        std::fs::remove_file(file)
    }

    fn lock_file(&self) -> io::Result<File> {
        std::fs::create_dir_all(&self.root)?;
        File::options().write(true).create(true).truncate(false).open(self.root.join(LOCK_FILE))
    }
}

fn entry(folder: PathBuf, content: CacheContent) -> Result<CacheEntry, CacheError> {
    let failed = |source| CacheError::Io { path: folder.clone(), source };
    let last_used = std::fs::metadata(&folder).and_then(|metadata| metadata.modified()).map_err(failed)?;
    let bytes = bytes_in(&folder).map_err(failed)?;
    Ok(CacheEntry { folder, content, bytes, last_used })
}

fn content(folder: &Path) -> CacheContent {
    match Origin::read(folder) {
        Ok(Some(origin)) => CacheContent::Set {
            identity: Box::new(origin.identity),
            images: origin.snapshot.images,
            complete: EmbeddingSet::files(&folder.display().to_string()).is_ok(),
        },
        Ok(None) => CacheContent::Unusable("it does not say what it is".to_owned()),
        Err(error) => CacheContent::Unusable(error.to_string()),
    }
}

/// The folders right inside of a folder, sorted; none where there is no such folder.
fn folders(folder: &Path) -> Result<Vec<PathBuf>, CacheError> {
    let failed = |source| CacheError::Io { path: folder.to_owned(), source };
    let entries = match std::fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        other => other.map_err(failed)?,
    };
    let mut found = Vec::new();
    for entry in entries {
        let entry = entry.map_err(failed)?;
        if entry.file_type().map_err(failed)?.is_dir() {
            found.push(entry.path());
        }
    }
    found.sort();
    Ok(found)
}

/// Bytes of the files in a folder and below; links are not followed.
fn bytes_in(folder: &Path) -> io::Result<u64> {
    let mut bytes = 0;
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let metadata = entry.metadata()?;
        bytes += if metadata.is_dir() { bytes_in(&entry.path())? } else { metadata.len() };
    }
    Ok(bytes)
}
