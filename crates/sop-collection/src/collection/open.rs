//! Making and opening a collection.

use std::path::Path;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, RwLock};

use ndarray::Array2;

use super::{Collection, Manifest, Writer};
use crate::config::CollectionConfig;
use crate::error::StoreError;
use crate::files::Files;
use crate::limits::Limits;
use crate::log::{Change, HEADER_BYTES, LogEnd, LogLoss, LogWriter, read_log};
use crate::name::Name;
use crate::points_file::{self, StoredPoints};
use crate::state::{Base, State};

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
    /// Makes a collection in an empty folder; it is durable when the folder above is synced.
    pub(crate) fn create(
        name: Name,
        folder: &Path,
        config: CollectionConfig,
        limits: &Limits,
        files: &Arc<dyn Files>,
    ) -> Result<Self, StoreError> {
        let manifest = Manifest::new(config);
        let path = Manifest::log_path(folder, 0);
        let log =
            LogWriter::create(files.as_ref(), &path, manifest.binding(0, 0)).map_err(StoreError::io("write", &path))?;
        manifest.write(folder, files.as_ref())?;
        let state = State::empty(manifest.config.dim);
        let writer = Writer { log: Some(log), manifest, log_number: 0 };
        Ok(Self::assemble(name, folder, limits, files, state, writer, OpenReport::default()))
    }

    /// Opens a collection.
    pub(crate) fn open(
        name: Name,
        folder: &Path,
        limits: &Limits,
        files: &Arc<dyn Files>,
        is_read_only: bool,
    ) -> Result<Self, StoreError> {
        let manifest = Manifest::read(folder)?;
        let config = &manifest.config;
        let points_path = Manifest::points_path(folder, manifest.generation);
        let StoredPoints { rows, vectors } = if manifest.points == 0 {
            StoredPoints { rows: Vec::new(), vectors: Array2::zeros((0, config.dim)) }
        } else {
            points_file::read(&points_path, config)?
        };
        if rows.len() != manifest.points {
            let what = format!("it has {} points, and {} were written", rows.len(), manifest.points);
            return Err(StoreError::damaged(&points_path, what));
        }
        let mut report = OpenReport { points: rows.len(), ..OpenReport::default() };
        let mut state = State::of_base(Base::new(vectors), rows, manifest.last_change, config.dim);
        if state.num_live() != state.num_rows() || !state.has_every_key() {
            return Err(StoreError::damaged(&points_path, "an id occurs twice"));
        }
        let (end, log_number) = replay(folder, &manifest, &mut state, &mut report)?;
        let log = if is_read_only {
            None
        } else {
            let path = Manifest::log_path(folder, log_number);
            let log = if end.length < HEADER_BYTES as u64 {
                LogWriter::create(files.as_ref(), &path, manifest.binding(log_number, end.last))
                    .and_then(|log| files.sync_folder(folder).map(|()| log))
            } else {
                keep_lost(&path, &end).and_then(|()| LogWriter::reopen(files.as_ref(), &path, end.length, end.last))
            };
            remove_leftovers(folder, &manifest, log_number, files.as_ref());
            Some(log.map_err(StoreError::io("open for writing", &path))?)
        };
        let writer = Writer { log, manifest, log_number };
        Ok(Self::assemble(name, folder, limits, files, state, writer, report))
    }

    fn assemble(
        name: Name,
        folder: &Path,
        limits: &Limits,
        files: &Arc<dyn Files>,
        state: State,
        writer: Writer,
        report: OpenReport,
    ) -> Self {
        Self {
            name,
            folder: folder.to_owned(),
            config: writer.manifest.config.clone(),
            limits: limits.clone(),
            files: Arc::clone(files),
            state: RwLock::new(state),
            writer: Mutex::new(writer),
            queue: Default::default(),
            filters: Default::default(),
            maintenance: Mutex::new(()),
            report,
            is_removed: AtomicBool::new(false),
        }
    }
}

/// Applies the changes of the logs since the file of points; returns the end of the last one and its number.
fn replay(
    folder: &Path,
    manifest: &Manifest,
    state: &mut State,
    report: &mut OpenReport,
) -> Result<(LogEnd, u64), StoreError> {
    let mut number = manifest.generation;
    let mut before = manifest.last_change;
    loop {
        let path = Manifest::log_path(folder, number);
        let binding = manifest.binding(number, before);
        let mut apply = |version: u64, change: Change| {
            state.apply(version, &change);
            Ok(())
        };
        let mut end = if path.exists() {
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
            if bytes > HEADER_BYTES as u64 {
                let reason = format!("it continues {}, whose end is lost", path.display());
                report.losses.push(LogLoss { path: next, bytes, records: 0, reason });
            }
            end.loss = report.losses.last().cloned();
            return Ok((end, number));
        }
        before = end.last;
        number += 1;
    }
}

/// Keeps what comes after a damage, where it is more than the end of a change that was never acknowledged.
fn keep_lost(path: &Path, end: &LogEnd) -> std::io::Result<()> {
    let Some(loss) = end.loss.as_ref().filter(|loss| loss.records > 0) else { return Ok(()) };
    let kept = path.with_extension(format!("lost-{}", end.length));
    let _ = loss;
    std::fs::copy(path, kept).map(drop)
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
