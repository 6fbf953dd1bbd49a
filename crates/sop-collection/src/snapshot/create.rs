//! Making a snapshot while the collection is used.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use sop_core::atomic_file::{AtomicFile, ScratchFolder};
use sop_core::sha256_file;
use sop_index::Whitening;

use super::archive::{self, Entry};
use super::{ENDING, FORMAT, MANIFEST, POINTS, PointsFile, SnapshotInfo, SnapshotManifest, WHITENING, hash_path, info};
use crate::error::StoreError;
use crate::name::Name;
use crate::points_file;
use crate::store::Store;
use crate::whitening_file;

impl Store {
    /// Makes a snapshot of a collection as it is now. Changes and searches go on meanwhile.
    ///
    /// # Errors
    /// When there is no such collection, or the files cannot be written.
    pub fn create_snapshot(&self, collection: &str) -> Result<SnapshotInfo, StoreError> {
        if self.is_read_only() {
            return Err(StoreError::ReadOnly);
        }
        let collection = self.collection(collection)?;
        let folder = self.snapshot_folder(collection.name().as_str())?;
        if !folder.is_dir() {
            std::fs::create_dir_all(&folder).map_err(StoreError::io("make", &folder))?;
            for above in folder.ancestors().skip(1).take(2) {
                self.files().sync_folder(above).map_err(StoreError::io("sync", above))?;
            }
        }
        let cut = collection.cut();
        let scratch = ScratchFolder::create(&folder, "snapshot").map_err(StoreError::io("write to", &folder))?;
        let points = scratch.path().join(POINTS);
        let file = if cut.infos.is_empty() {
            None
        } else {
            points_file::write(&points, collection.config(), &cut.infos, &|place| cut.vector(place))?;
            let bytes = std::fs::metadata(&points).map_err(StoreError::io("read", &points))?.len();
            let sha256 = sha256_file(&points).map_err(StoreError::io("read", &points))?;
            Some(PointsFile { bytes, sha256 })
        };
        let manifest = SnapshotManifest {
            format: FORMAT,
            config: collection.config().clone(),
            points: cut.infos.len(),
            last_change: cut.last,
            file,
        };
        let time = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_millis();
        let prefix: String = collection.name().as_str().chars().take(150).collect();
        let name = Name::new(&format!("{prefix}-{}-{time}", cut.last))?;
        let path = folder.join(format!("{name}{ENDING}"));
        write_archive(&path, &manifest, collection.whitening(), &points).map_err(StoreError::io("write", &path))?;
        let sha256 = sha256_file(&path).map_err(StoreError::io("read", &path))?;
        sop_core::atomic_file::write(&hash_path(&path), sha256.as_bytes()).map_err(StoreError::io("write", &path))?;
        self.files().sync_folder(&folder).map_err(StoreError::io("sync", &folder))?;
        info(name, &path)
    }
}

fn write_archive(
    path: &Path,
    manifest: &SnapshotManifest,
    whitening: Option<&Whitening>,
    points: &Path,
) -> io::Result<()> {
    let mut file = AtomicFile::create(path)?;
    let mut into = BufWriter::with_capacity(1 << 20, file.handle()?);
    let text = serde_json::to_vec_pretty(manifest)?;
    let mut whole = |name: &str, bytes: &[u8]| {
        archive::write_header(&mut into, &Entry { name: name.to_owned(), bytes: bytes.len() as u64 })?;
        into.write_all(bytes)?;
        archive::write_padding(&mut into, bytes.len() as u64)
    };
    whole(MANIFEST, &text)?;
    if let Some(whitening) = whitening {
        whole(WHITENING, &whitening_file::bytes_of(whitening))?;
    }
    if let Some(PointsFile { bytes, .. }) = &manifest.file {
        archive::write_header(&mut into, &Entry { name: POINTS.to_owned(), bytes: *bytes })?;
        io::copy(&mut File::open(points)?, &mut into)?;
        archive::write_padding(&mut into, *bytes)?;
    }
    archive::write_end(&mut into)?;
    into.flush()?;
    drop(into);
    file.file().flush()?;
    file.commit()
}
