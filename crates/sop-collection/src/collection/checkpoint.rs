//! Keeping a collection in shape while it is used: the base in memory, the files on disk.

use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};

use super::{Collection, Manifest, graph};
use crate::error::{ChangeError, StoreError};
use crate::log::{HEADER_BYTES, LogWriter};
use crate::points_file;
use crate::state::{Base, Cut};

/// Rows of the tail from which on they go into the base.
const TAIL_ROWS: usize = 4096;
/// The tail goes into the base when it is one in so many rows: every search looks at all of it.
const TAIL_SHARE: usize = 16;
/// As before, where a graph makes the search of the base much faster than that of the tail.
const TAIL_SHARE_OF_GRAPH: usize = 64;
/// Rows go away when one in so many is dead.
const DEAD_SHARE: usize = 4;
/// Bytes of the log from which on it is folded into the file of points.
const LOG_BYTES: u64 = 64 << 20;
/// The log is folded when it has one in so many bytes of the points.
const LOG_SHARE: u64 = 2;

/// What was done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Maintained {
    /// Rows that went into the base.
    pub rows_added: usize,
    /// Dead rows that went away.
    pub rows_dropped: usize,
    /// Whether the log was folded into the file of points.
    pub checkpoint: bool,
}

impl Collection {
    /// Does what is due: rows of the tail into the base, dead rows away, the log into the file of points. Changes and searches go on
    /// meanwhile.
    ///
    /// # Errors
    /// When files cannot be written; the collection goes on with what it had.
    pub fn maintain(&self) -> Result<Maintained, StoreError> {
        let _guard = self.maintenance();
        let done =
            if self.is_removed.load(Ordering::Acquire) { Ok(Maintained::default()) } else { self.do_what_is_due() };
        let error = done.as_ref().err().map(|error| {
            let source = std::error::Error::source(error).map(|source| format!(": {source}")).unwrap_or_default();
            format!("{error}{source}")
        });
        self.note_maintenance(error);
        done
    }

    /// Remembers what went wrong, for whoever asks.
    pub(crate) fn note_maintenance(&self, error: Option<String>) {
        *self.maintenance_error.lock().unwrap_or_else(PoisonError::into_inner) = error;
    }

    fn do_what_is_due(&self) -> Result<Maintained, StoreError> {
        let (tail, base, dead, rows, has_graph) = {
            let state = self.read();
            let base = state.base();
            (state.tail().len(), base.len(), state.num_dead(), state.num_rows(), base.graph().is_some())
        };
        let is_due = {
            let writer = self.writer();
            let points = (writer.manifest.points * self.config.dim) as u64 * 4;
            writer.log.as_ref().is_some_and(|log| log.bytes() >= LOG_BYTES && log.bytes() >= points / LOG_SHARE)
        };
        if is_due {
            return self.fold();
        }
        let share = if has_graph { TAIL_SHARE_OF_GRAPH } else { TAIL_SHARE };
        let tail_is_due = tail >= TAIL_ROWS && tail >= base / share;
        let dead_are_due = dead >= TAIL_ROWS && dead >= rows / DEAD_SHARE;
        let graph_is_due = !has_graph && graph::is_wanted(self.config.graph, base);
        if graph_is_due && !dead_are_due {
            self.build_graph()?;
        }
        if tail_is_due || dead_are_due {
            let (rows_added, rows_dropped) = self.renew_base(&self.sealed_cut(), dead_are_due, None)?;
            return Ok(Maintained { rows_added, rows_dropped, checkpoint: false });
        }
        self.renew_columns();
        Ok(Maintained::default())
    }

    /// Makes the columns of payloads again, where they hold much that is not there any more.
    fn renew_columns(&self) {
        let is_due = {
            let state = self.read();
            state.columns().is_worth_renewing(state.num_rows())
        };
        if is_due {
            // Changes wait here, but searches go on with the old columns.
            let _writer = self.writer();
            let renewed = self.read().renewed_columns();
            let before = self.write().set_columns(renewed);
            drop(before);
        }
    }

    /// Puts all rows into the base, and folds the log into the file of points.
    ///
    /// # Errors
    /// When files cannot be written; the collection goes on with what it had.
    pub fn checkpoint(&self) -> Result<Maintained, StoreError> {
        let _guard = self.maintenance();
        if self.writer().log.is_none() {
            return Err(StoreError::ReadOnly);
        }
        self.fold()
    }

    /// Folds the log, and makes a base of the points that were written.
    fn fold(&self) -> Result<Maintained, StoreError> {
        let (cut, generation) = self.fold_log()?;
        let (rows_added, rows_dropped) = self.renew_base(&cut, true, Some(generation))?;
        Ok(Maintained { rows_added, rows_dropped, checkpoint: true })
    }

    /// Makes the base again, of the points or of all rows of a cut; returns how many rows it got, and how many went away.
    ///
    /// Where the points of the cut were written to a file, `generation` is its number.
    fn renew_base(&self, cut: &Cut, drops_dead: bool, generation: Option<u64>) -> Result<(usize, usize), StoreError> {
        let drops_dead = drops_dead && !cut.is_whole();
        let old = cut.base();
        let is_same = !drops_dead && cut.seen == old.len();
        let has_graph = old.graph().is_some() || !graph::is_wanted(self.config.graph, old.len());
        if is_same && has_graph && (generation.is_none() || generation == old.generation()) {
            return Ok((0, 0));
        }
        let base = if is_same {
            Base::clone(old)
        } else {
            let rows: Vec<u32> = if drops_dead { cut.rows.clone() } else { (0..cut.seen as u32).collect() };
            Base::new(cut.gather(&rows))
        };
        let base = match generation.filter(|_| drops_dead || cut.is_whole()) {
            Some(generation) => base.of_generation(generation),
            None => base,
        };
        // Where there is no graph so far, the rows need not wait for the first one.
        let base = match old.graph() {
            _ if is_same => base,
            Some(graph) if !drops_dead => graph::with_graph(&self.config, base, Some(graph))?,
            Some(_) => graph::with_graph(&self.config, base, None)?,
            None => base,
        };
        self.store_graph(&base)?;
        let rows = base.len();
        if drops_dead {
            // Changes wait here, but searches go on with the old rows.
            let _writer = self.writer();
            let renewed = self.read().rebased(base, cut);
            let before = std::mem::replace(&mut *self.write(), renewed);
            // Taking it apart takes a while, which nobody needs to wait for.
            drop(before);
        } else {
            self.write().extend_base(base);
        }
        if old.graph().is_none() {
            self.build_graph()?;
        }
        Ok(if drops_dead { (rows, cut.seen - rows) } else { (rows - old.len(), 0) })
    }

    /// Builds the graph again.
    pub(crate) fn rebuild_graph(&self) -> Result<(), StoreError> {
        let _guard = self.maintenance();
        self.build_graph()
    }

    /// Builds the graph of the base as it is.
    fn build_graph(&self) -> Result<(), StoreError> {
        let base = Arc::clone(self.cut().base());
        if !graph::is_wanted(self.config.graph, base.len()) {
            return Ok(());
        }
        let renewed = base.with_new_graph(&graph::params(self.config.graph))?;
        self.store_graph(&renewed)?;
        self.write().extend_base(renewed);
        Ok(())
    }

    /// The points as they are now.
    pub(crate) fn cut(&self) -> Cut {
        self.read().cut()
    }

    /// The points as they are now; rows that are added from now on begin a chunk, so that those there are can go into the base.
    fn sealed_cut(&self) -> Cut {
        let mut state = self.write();
        state.seal_tail();
        state.cut()
    }

    /// Writes the points to a new file, which the log then continues. Whatever fails or stops on the way, the old files with the logs since
    /// say the same as the new ones.
    fn fold_log(&self) -> Result<(Cut, u64), StoreError> {
        let Some(_disk) = self.disk() else { return Err(ChangeError::Removed.into()) };
        let (cut, old, mut new) = self.start_log()?;
        if !cut.rows.is_empty() {
            let path = Manifest::points_path(&self.folder, new.generation);
            points_file::write(&path, &self.config, &cut.infos, &|place| cut.vector(place))?;
            new.points_crc32 = points_file::checksum(&path)?;
            self.files.sync_folder(&self.folder).map_err(StoreError::io("sync", &self.folder))?;
        }
        new.write(&self.folder, self.files.as_ref())?;
        self.writer().manifest = new.clone();
        for generation in old.generation..new.generation {
            // What stays is removed when the collection is opened.
            let _ = self.files.remove(&Manifest::points_path(&self.folder, generation));
            let _ = self.files.remove(&Manifest::log_path(&self.folder, generation));
            let _ = self.files.remove(&Manifest::graph_path(&self.folder, generation));
        }
        Ok((cut, new.generation))
    }

    /// Starts the next log; returns the points before it, and what the folder holds now and when these are written.
    fn start_log(&self) -> Result<(Cut, Manifest, Manifest), StoreError> {
        let mut writer = self.writer();
        let log = writer.log.as_ref().ok_or(StoreError::ReadOnly)?;
        if let Some(reason) = log.stopped() {
            // Its end is not known, so that no other log can go on from there.
            return Err(ChangeError::Stopped { reason: reason.to_owned() }.into());
        }
        let before = log.last();
        // Where the last attempt failed and nothing was changed since, its log will do.
        let is_fresh = writer.log.as_ref().is_some_and(|log| log.bytes() == HEADER_BYTES as u64)
            && writer.log_number > writer.manifest.generation;
        if !is_fresh {
            let number = writer.log_number + 1;
            let path = Manifest::log_path(&self.folder, number);
            let log = LogWriter::create(self.files.as_ref(), &path, writer.manifest.binding(number, before));
            let log = log.and_then(|log| self.files.sync_folder(&self.folder).map(|()| log));
            let log = log.map_err(|error| {
                // An empty log that is not used says nothing; the next attempt writes over it.
                let _ = self.files.remove(&path);
                StoreError::io("write", &path)(error)
            })?;
            writer.log = Some(log);
            writer.log_number = number;
            self.log_facts.note(&writer);
        }
        let number = writer.log_number;
        let cut = self.sealed_cut();
        let old = writer.manifest.clone();
        let points = cut.rows.len();
        let new = Manifest { generation: number, points, points_crc32: 0, last_change: before, ..old.clone() };
        Ok((cut, old, new))
    }
}
