//! Making and opening a collection.

use std::path::Path;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, RwLock};

use ndarray::Array2;
use sop_index::Whitening;

use super::{Collection, LogFacts, Manifest, Writer, graph};
use crate::config::CollectionConfig;
use crate::error::StoreError;
use crate::files::Files;
use crate::limits::Limits;
use crate::lock::FolderLock;
use crate::log::{Change, HEADER_BYTES, LogEnd, LogLoss, LogWriter, count_log, read_log};
use crate::name::Name;
use crate::points_file::{self, StoredPoints};
use crate::state::{Base, State};
use crate::whitening_file;

/// What was found when a collection was opened.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OpenReport {
    /// Points in the file of points.
    pub points: usize,
    /// Changes that were read from the log.
    pub changes: u64,
    /// What was lost of the log.
    pub losses: Vec<LogLoss>,
    /// What else was noticed, such as a graph that must be built again.
    pub notes: Vec<String>,
}

impl Collection {
    /// Makes the files of a collection in an empty folder.
    pub(crate) fn create(
        folder: &Path,
        config: CollectionConfig,
        whitening: Option<&Whitening>,
        files: &Arc<dyn Files>,
    ) -> Result<(), StoreError> {
        if let Some(whitening) = whitening {
            let bytes = whitening_file::bytes_of(whitening);
            whitening_file::write(&Manifest::whitening_path(folder), &bytes, files.as_ref())?;
        }
        let manifest = Manifest::new(config);
        let path = Manifest::log_path(folder, 0);
        LogWriter::create(files.as_ref(), &path, manifest.binding(0, 0)).map_err(StoreError::io("write", &path))?;
        manifest.write(folder, files.as_ref())
    }

    /// Opens a collection, for reading only where there is no lock.
    pub(crate) fn open(
        name: Name,
        folder: &Path,
        limits: &Limits,
        files: &Arc<dyn Files>,
        lock: Option<&Arc<FolderLock>>,
    ) -> Result<Self, StoreError> {
        let mut manifest = Manifest::read(folder)?;
        let mut report = OpenReport::default();
        let ((state, end, log_number), whitening) = loop {
            let read = read_files(folder, &manifest, None, &mut report)
                .and_then(|files| Ok((files, read_whitening(folder, &manifest.config)?)));
            if lock.is_none() {
                // Who writes may have put other files in place of these meanwhile.
                let now = Manifest::read(folder)?;
                if now != manifest {
                    (manifest, report) = (now, OpenReport::default());
                    continue;
                }
            }
            break read?;
        };
        let log = if lock.is_none() {
            None
        } else {
            let path = Manifest::log_path(folder, log_number);
            report.losses.iter().try_for_each(keep_lost).map_err(StoreError::io("copy the log of", folder))?;
            let log = if end.length < HEADER_BYTES as u64 {
                LogWriter::create(files.as_ref(), &path, manifest.binding(log_number, end.last))
                    .and_then(|log| files.sync_folder(folder).map(|()| log))
            } else {
                LogWriter::reopen(files.as_ref(), &path, end.length, end.last)
            };
            remove_leftovers(folder, &manifest, log_number, files.as_ref());
            Some(log.map_err(StoreError::io("open for writing", &path))?)
        };
        let writer = Writer { log, manifest, log_number };
        let log_facts = LogFacts::default();
        log_facts.note(&writer);
        Ok(Self {
            name,
            folder: folder.to_owned(),
            config: writer.manifest.config.clone(),
            whitening,
            limits: limits.clone(),
            files: Arc::clone(files),
            state: RwLock::new(state),
            writer: Mutex::new(writer),
            log_facts,
            queue: Default::default(),
            filters: Default::default(),
            maintenance: Mutex::new(()),
            disk: Mutex::new(()),
            maintenance_error: Mutex::new(None),
            report,
            is_removed: AtomicBool::new(false),
            _lock: lock.map(Arc::clone),
        })
    }
}

/// Reads the whitening of a folder, where there is one.
fn read_whitening(folder: &Path, config: &CollectionConfig) -> Result<Option<Whitening>, StoreError> {
    let read = |facts| whitening_file::read(&Manifest::whitening_path(folder), facts, config.dim);
    config.whitening.as_ref().map(read).transpose()
}

/// Reads the points of a folder, up to a change or all; returns them, the end of the last log and its number.
pub(super) fn read_files(
    folder: &Path,
    manifest: &Manifest,
    last: Option<u64>,
    report: &mut OpenReport,
) -> Result<(State, LogEnd, u64), StoreError> {
    let config = &manifest.config;
    let points_path = Manifest::points_path(folder, manifest.generation);
    let StoredPoints { rows, vectors } = if manifest.points == 0 {
        StoredPoints { rows: Vec::new(), vectors: Array2::zeros((0, config.dim)) }
    } else {
        if points_file::checksum(&points_path)? != manifest.points_crc32 {
            let what = "it is not as it was written (its checksum is another one)";
            return Err(StoreError::damaged(&points_path, what));
        }
        points_file::read(&points_path, config)?
    };
    if rows.len() != manifest.points {
        let what = format!("it has {} points, and {} were written", rows.len(), manifest.points);
        return Err(StoreError::damaged(&points_path, what));
    }
    report.points = rows.len();
    let base = Base::new(vectors).of_generation(manifest.generation);
    let (base, note) = if last.is_none() { graph::with_stored(folder, manifest, base) } else { (base, None) };
    report.notes.extend(note);
    let state = State::checked(base, rows, manifest.last_change);
    let mut state = state.ok_or_else(|| StoreError::damaged(&points_path, "a payload is no JSON object"))?;
    if state.num_keys() != state.num_rows() {
        return Err(StoreError::damaged(&points_path, "an id occurs twice"));
    }
    let (end, log_number) = replay(folder, manifest, last, &mut state, report)?;
    Ok((state, end, log_number))
}

/// Applies the changes of the logs since the file of points; returns the end of the last one and its number.
fn replay(
    folder: &Path,
    manifest: &Manifest,
    last: Option<u64>,
    state: &mut State,
    report: &mut OpenReport,
) -> Result<(LogEnd, u64), StoreError> {
    let mut number = manifest.generation;
    let mut before = manifest.last_change;
    loop {
        let path = Manifest::log_path(folder, number);
        let binding = manifest.binding(number, before);
        let mut apply = |version: u64, change: Change| {
            if last.is_none_or(|last| version <= last) {
                state.apply_read(version, &change)?;
            }
            Ok(())
        };
        let end = if path.exists() {
            read_log(&path, manifest.config.dim, binding, &mut apply).map_err(StoreError::io("read", &path))?
        } else {
            let reason = "it is missing".to_owned();
            let loss = Some(LogLoss { path: path.clone(), bytes: 0, records: 0, reason });
            LogEnd { length: 0, last: before, before, loss }
        };
        report.changes += end.last - before;
        let is_damaged = end.loss.is_some();
        report.losses.extend(end.loss.clone());
        let next = Manifest::log_path(folder, number + 1);
        if !next.exists() {
            return Ok((end, number));
        }
        if is_damaged {
            // Later changes cannot be used without those before them.
            let bytes = std::fs::metadata(&next).map_err(StoreError::io("read", &next))?.len();
            let records = count_log(&next).map_err(StoreError::io("read", &next))?;
            if records > 0 {
                let reason = format!("it continues {}, whose end is lost", path.display());
                report.losses.push(LogLoss { path: next, bytes, records, reason });
            }
            return Ok((end, number));
        }
        before = end.last;
        number += 1;
    }
}

/// Keeps a copy of a log of which more is lost than the end of a change that was never acknowledged.
fn keep_lost(loss: &LogLoss) -> std::io::Result<()> {
    if loss.records == 0 {
        return Ok(());
    }
    std::fs::copy(&loss.path, loss.path.with_extension(format!("sop.lost-{}", loss.bytes))).map(drop)
}

/// Removes files of other generations, which a stopped checkpoint left.
fn remove_leftovers(folder: &Path, manifest: &Manifest, log_number: u64, files: &dyn Files) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let number = |prefix: &str, ending: &str| -> Option<u64> {
            name.strip_prefix(prefix)?.strip_suffix(ending)?.parse().ok()
        };
        let is_left = number("points-", ".parquet").is_some_and(|number| number != manifest.generation)
            || number("log-", ".sop").is_some_and(|number| number < manifest.generation || number > log_number)
            || number("graph-", ".bin").is_some_and(|number| number != manifest.generation)
            || name.ends_with(".sop-partial");
        if is_left {
            let _ = files.remove(&entry.path());
        }
    }
}
