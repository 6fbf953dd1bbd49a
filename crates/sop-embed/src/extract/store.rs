//! The folder that holds the parts of one set, finished or not.

use std::path::{Path, PathBuf};
use std::time::Duration;

use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use sop_core::{EmbeddingPart, atomic_file, part_file_name};
use sop_datasets::dataset::ImageDataset;

use super::folder_lock::FolderLock;
use super::shard::PartPlan;
use super::{Identity, Snapshot};
use crate::ExtractError;

/// Says what the parts beside it were made from.
const ORIGIN_FILE: &str = "sop-embed.json";
/// Pause before a file that another process writes is tried again.
const BUSY_WAIT: Duration = Duration::from_millis(2);
/// Images that are read again before parts of an earlier run are taken over.
const PROBES: usize = 16;

/// What the parts of a folder were made from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Origin {
    pub identity: Identity,
    pub snapshot: Snapshot,
}

impl Origin {
    /// Reads the origin file of a folder; `None` where there is none.
    pub fn read(folder: &Path) -> Result<Option<Self>, ExtractError> {
        let path = folder.join(ORIGIN_FILE);
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(source) => return Err(ExtractError::Folder { path, source }),
        };
        serde_json::from_str(&text).map(Some).map_err(|source| ExtractError::OriginFile { path, source })
    }

    fn write(&self, folder: &Path) -> Result<(), ExtractError> {
        let path = folder.join(ORIGIN_FILE);
        let text = format!("{:#}\n", serde_json::json!(self));
        loop {
            match atomic_file::write(&path, text.as_bytes()) {
                // Another shard writes the same text at this moment. It is waited for: a part that is there before the text would be
                // taken for somebody else's.
                Err(error) if error.kind() == std::io::ErrorKind::ResourceBusy => std::thread::sleep(BUSY_WAIT),
                other => return other.map_err(|source| ExtractError::Folder { path, source }),
            }
        }
    }
}

/// How closely the images of a part are looked at.
#[derive(Clone, Copy)]
enum Check {
    /// Every so many of them are read.
    Every(usize),
    /// All of them are read.
    All,
}

/// The parts of one feature's set.
pub(super) struct PartStore {
    folder: PathBuf,
    plan: PartPlan,
    /// Shared by all who work on the set: nobody removes it under the others.
    lock: Option<FolderLock>,
}

impl PartStore {
    /// Opens the folder, which is made when it is missing, and takes over the parts of an earlier run of the same origin.
    ///
    /// Where the data set's files changed since then, every image of every part is read and compared with what the part
    /// was made from; parts that differ are removed.
    ///
    /// # Errors
    /// When the folder holds other files or the parts of another origin (`restart` removes those).
    pub fn open(
        folder: &Path,
        origin: &Origin,
        dataset: &dyn ImageDataset,
        restart: bool,
    ) -> Result<Self, ExtractError> {
        let plan = PartPlan { images: dataset.len(), part_rows: origin.identity.part_rows };
        let failed = |source| ExtractError::Folder { path: folder.to_owned(), source };
        let mut store = Self { folder: folder.to_owned(), plan, lock: None };
        if restart && folder.is_dir() && !store.clear(false)? {
            return Err(ExtractError::InUse { folder: folder.to_owned() });
        }
        store.lock = Some(FolderLock::shared(folder).map_err(failed)?);
        let before = match (Origin::read(folder)?, store.files()?.into_iter().next()) {
            (Some(before), _) => before,
            (None, None) => {
                origin.write(folder)?;
                return Ok(store);
            }
            // Another shard may have begun between the two looks.
            (None, Some(path)) => match Origin::read(folder)? {
                Some(before) => before,
                None => return Err(ExtractError::ForeignParts { folder: folder.to_owned(), path }),
            },
        };
        let differences = before.identity.differences(&origin.identity);
        if !differences.is_empty() {
            let differences = differences.join("; ");
            return Err(ExtractError::OtherOrigin { folder: folder.to_owned(), differences });
        }
        if before.snapshot != origin.snapshot || !store.probe(dataset)? {
            store.remove_changed(dataset)?;
            origin.write(folder)?;
        }
        Ok(store)
    }

    /// The file of a part.
    pub fn path(&self, part: usize) -> PathBuf {
        self.folder.join(part_file_name(part, self.plan.count()))
    }

    /// Whether a part is finished.
    pub fn is_done(&self, part: usize) -> bool {
        self.path(part).is_file()
    }

    /// Number of parts that are not finished, by whichever process.
    pub fn missing(&self) -> usize {
        (0..self.plan.count()).filter(|&part| !self.is_done(part)).count()
    }

    /// Removes the parts, and the folder if nothing else is in it; `false` where another process works on the set, unless
    /// it is waited for.
    pub fn clear(&mut self, wait: bool) -> Result<bool, ExtractError> {
        let failed = |path: &Path, source| ExtractError::Folder { path: path.to_owned(), source };
        self.lock = None;
        let Some(_lock) = FolderLock::alone(&self.folder, wait).map_err(|source| failed(&self.folder, source))? else {
            return Ok(false);
        };
        let origin = self.folder.join(ORIGIN_FILE);
        // Parts without an origin file are not ours to remove.
        if origin.is_file() {
            for path in self.files()?.into_iter().chain([origin]) {
                std::fs::remove_file(&path).map_err(|source| failed(&path, source))?;
            }
        }
        let _ = std::fs::remove_dir(&self.folder);
        Ok(true)
    }

    /// Leaves nothing of a run that finished no part.
    pub fn clear_if_empty(&mut self) {
        if self.files().is_ok_and(|files| files.is_empty()) {
            // Another process may work on the set: then it is not empty for long.
            let _ = self.clear(false);
        }
    }

    /// The Parquet files in the folder, sorted.
    fn files(&self) -> Result<Vec<PathBuf>, ExtractError> {
        let failed = |source| ExtractError::Folder { path: self.folder.clone(), source };
        let mut files = Vec::new();
        for entry in std::fs::read_dir(&self.folder).map_err(failed)? {
            let path = entry.map_err(failed)?.path();
            if path.extension().is_some_and(|extension| extension == "parquet") {
                files.push(path);
            }
        }
        files.sort();
        Ok(files)
    }

    /// Compares some images with what the finished parts were made from: file times are not everything. All of them where the images have
    /// no files, whose change would show.
    fn probe(&self, dataset: &dyn ImageDataset) -> Result<bool, ExtractError> {
        let done: Vec<usize> = (0..self.plan.count()).filter(|&part| self.is_done(part)).collect();
        let in_memory = dataset.backing_files().is_empty();
        // The first and the last part that is there, and as many images of each.
        let ends = [done.first(), done.last()].into_iter().flatten().copied().collect();
        for part in if in_memory { done } else { ends } {
            let content = EmbeddingPart::read(&self.path(part))?;
            let step = if in_memory { 1 } else { content.ids.len().div_ceil(PROBES / 2).max(1) };
            if !self.agrees(part, &content, dataset, Check::Every(step)) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Removes the parts whose images are no longer what they were made from, and files that are no parts of this cut.
    fn remove_changed(&self, dataset: &dyn ImageDataset) -> Result<(), ExtractError> {
        let parts: Vec<PathBuf> = (0..self.plan.count()).map(|part| self.path(part)).collect();
        for path in self.files()? {
            let part = parts.iter().position(|part| *part == path);
            let keep = match part {
                None => false,
                Some(part) => self.agrees(part, &EmbeddingPart::read(&path)?, dataset, Check::All),
            };
            if !keep {
                std::fs::remove_file(&path).map_err(|source| ExtractError::Folder { path, source })?;
            }
        }
        Ok(())
    }

    /// Whether a part lists the images of its range, and those that are looked at are the files that it was made from.
    fn agrees(&self, part: usize, content: &EmbeddingPart, dataset: &dyn ImageDataset, check: Check) -> bool {
        let images: Vec<usize> = self.plan.images_of(part).collect();
        // The first part carries what the data set itself left out.
        let left_out = if part == 0 { dataset.left_out() } else { &[] };
        let Some(skipped) = content.provenance.skipped.strip_prefix(left_out) else { return false };
        let (step, may_skip) = match check {
            Check::Every(step) => (step, true),
            // A bad image has no hash to compare with: it may be a good one by now.
            Check::All => (1, false),
        };
        if content.ids.len() + skipped.len() != images.len() || !(may_skip || skipped.is_empty()) {
            return false;
        }
        let is_skipped = |id: &str| skipped.iter().any(|image| image.id == id);
        let taken: Vec<usize> = images.into_iter().filter(|&image| !is_skipped(dataset.id(image))).collect();
        let listed = taken.len() == content.ids.len()
            && taken
                .iter()
                .zip(content.ids.iter().zip(&content.labels))
                .all(|(&image, (id, label))| dataset.id(image) == id && dataset.label(image) == *label);
        listed
            && taken
                .par_iter()
                .zip(&content.image_sha256)
                .step_by(step)
                .all(|(&image, sha256)| dataset.stored(image).is_ok_and(|image| image.sha256() == *sha256))
    }
}
