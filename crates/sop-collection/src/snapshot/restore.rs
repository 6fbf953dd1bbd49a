//! A collection from a snapshot that may come from anywhere.

use std::fs::File;
use std::io::{self, BufReader, Read, Write};
use std::path::Path;
use std::sync::{Arc, PoisonError};

use sop_core::Sha256Hasher;

use super::archive::{self, wrong};
use super::{FORMAT, MANIFEST, MAX_MANIFEST_BYTES, POINTS, SnapshotManifest, WHITENING};
use crate::collection::{Collection, Manifest};
use crate::config::CollectionConfig;
use crate::error::StoreError;
use crate::limits::LimitExceeded;
use crate::log::LogWriter;
use crate::name::Name;
use crate::points_file;
use crate::store::Store;
use crate::whitening_file;

/// What a snapshot says its collection is, without looking at its points: to be asked before a snapshot from elsewhere is restored.
///
/// # Errors
/// When the file does not begin as a snapshot does.
pub fn snapshot_config(file: &Path) -> Result<CollectionConfig, StoreError> {
    let mut from = BufReader::new(File::open(file).map_err(StoreError::io("open", file))?);
    let manifest = read_manifest(&mut from).map_err(|error| match error.kind() {
        io::ErrorKind::InvalidData => StoreError::damaged(file, error.to_string()),
        io::ErrorKind::UnexpectedEof => StoreError::damaged(file, "it is cut off"),
        _ => StoreError::io("read", file)(error),
    })?;
    Ok(manifest.config)
}

impl Store {
    /// Makes a collection of a snapshot, under a new name or in place of the collection of that name.
    ///
    /// Everything in the file is checked before it takes the collection's place: form, hashes, dimension, version, every point.
    ///
    /// # Errors
    /// When the file is no snapshot, damaged or beyond the limits, or the name is an alias's; what was there stays then.
    pub fn restore(&self, name: &Name, file: &Path) -> Result<Arc<Collection>, StoreError> {
        if self.is_read_only() {
            return Err(StoreError::ReadOnly);
        }
        let check_alias = || match self.aliases().contains_key(name) {
            true => Err(StoreError::Exists { what: "alias", name: name.to_string() }),
            false => Ok(()),
        };
        let _one_at_a_time = self.restoring.lock().unwrap_or_else(PoisonError::into_inner);
        check_alias()?;
        // Opening it checks every point, which takes as long as there are points: others make and remove collections meanwhile.
        let made = self.make(name, "restored", |folder| self.unpack(file, folder))?;
        let _guard = self.changing()?;
        if let Err(error) = check_alias() {
            let _ = std::fs::remove_dir_all(&made.folder);
            return Err(error);
        }
        self.put_in_place(name, made)
    }

    /// Writes the files of a collection into `folder`.
    fn unpack(&self, file: &Path, folder: &Path) -> Result<(), StoreError> {
        let damaged = |error: io::Error| match error.kind() {
            io::ErrorKind::InvalidData => StoreError::damaged(file, error.to_string()),
            io::ErrorKind::UnexpectedEof => StoreError::damaged(file, "it is cut off"),
            _ => StoreError::io("read", file)(error),
        };
        let mut from = BufReader::with_capacity(1 << 20, File::open(file).map_err(StoreError::io("open", file))?);
        let snapshot = read_manifest(&mut from).map_err(damaged)?;
        if snapshot.format != FORMAT {
            let what = format!("it has format {}, and this program reads {FORMAT}", snapshot.format);
            return Err(StoreError::damaged(file, what));
        }
        LimitExceeded::check("components of a vector", snapshot.config.dim, self.limits().dim)?;
        LimitExceeded::check("rows of a collection", snapshot.points, self.limits().rows)?;
        if snapshot.config.dim == 0 || (snapshot.points == 0) != snapshot.file.is_none() {
            return Err(StoreError::damaged(file, "what it says of itself cannot be"));
        }
        if let Some(whitening) = &snapshot.config.whitening {
            LimitExceeded::check("components of an embedding", whitening.embedding_dim, self.limits().dim)?;
            let bytes = whitening_file::length(whitening.embedding_dim, snapshot.config.dim);
            let expected = bytes
                .filter(|_| whitening.fits(snapshot.config.dim))
                .map(|bytes| (WHITENING, bytes, whitening.sha256.as_str()));
            let expected =
                expected.ok_or_else(|| StoreError::damaged(file, "what it says of its whitening cannot be"))?;
            read_file(&mut from, expected, &Manifest::whitening_path(folder)).map_err(damaged)?;
        }
        const GENERATION: u64 = 1;
        let path = Manifest::points_path(folder, GENERATION);
        if let Some(points) = &snapshot.file {
            read_file(&mut from, (POINTS, points.bytes, &points.sha256), &path).map_err(damaged)?;
        }
        match archive::read_header(&mut from).map_err(damaged)? {
            None => {}
            Some(_) => return Err(StoreError::damaged(file, "it holds more than a snapshot does")),
        }
        let manifest = Manifest {
            generation: GENERATION,
            points: snapshot.points,
            points_crc32: if snapshot.file.is_some() { points_file::checksum(&path)? } else { 0 },
            last_change: snapshot.last_change,
            ..Manifest::new(snapshot.config)
        };
        let path = Manifest::log_path(folder, GENERATION);
        let binding = manifest.binding(GENERATION, manifest.last_change);
        LogWriter::create(self.files().as_ref(), &path, binding).map_err(StoreError::io("write", &path))?;
        manifest.write(folder, self.files().as_ref())
    }
}

fn read_manifest(from: &mut impl Read) -> io::Result<SnapshotManifest> {
    let entry = archive::read_header(from)?.ok_or_else(|| wrong("it is empty"))?;
    if entry.name != MANIFEST || entry.bytes > MAX_MANIFEST_BYTES {
        return Err(wrong("it does not begin with `snapshot.json`"));
    }
    let mut text = Vec::new();
    if from.take(entry.bytes).read_to_end(&mut text)? as u64 != entry.bytes {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    archive::read_padding(from, entry.bytes)?;
    serde_json::from_slice(&text).map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))
}

/// Writes the next file, and checks that it is the one that was written down: its name, bytes and SHA-256.
fn read_file(from: &mut impl Read, (name, bytes, sha256): (&str, u64, &str), path: &Path) -> io::Result<()> {
    let entry = archive::read_header(from)?.ok_or_else(|| wrong("a file that `snapshot.json` names is missing"))?;
    if entry.name != name || entry.bytes != bytes {
        return Err(wrong("a file is another one than `snapshot.json` says"));
    }
    let mut into = File::create_new(path)?;
    let mut hasher = Sha256Hasher::default();
    let mut buffer = vec![0; 1 << 20];
    let mut left = entry.bytes;
    while left > 0 {
        let wanted = buffer.len().min(usize::try_from(left).unwrap_or(usize::MAX));
        let read = from.read(&mut buffer[..wanted])?;
        if read == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        hasher.update(&buffer[..read]);
        into.write_all(&buffer[..read])?;
        left -= read as u64;
    }
    archive::read_padding(from, entry.bytes)?;
    if hasher.finish() != sha256 {
        return Err(wrong("a file is damaged: its SHA-256 is another one"));
    }
    into.sync_all()
}
