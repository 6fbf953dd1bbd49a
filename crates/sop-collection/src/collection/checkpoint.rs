//! Keeping a collection in shape while it is used: the base in memory, the files on disk.

use super::{AUTO_GRAPH_ROWS, Collection, Manifest};
use crate::config::GraphChoice;
use crate::error::StoreError;
use crate::log::LogWriter;
use crate::points_file;
use crate::state::{Base, RowInfo};

/// Rows of the tail from which on they go into the base.
const TAIL_ROWS: usize = 4096;
/// The tail goes into the base when it is one in so many rows.
const TAIL_SHARE: usize = 16;
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
        let (tail, base, dead, rows) = {
            let state = self.read();
            (state.tail().len(), state.base().len(), state.num_dead(), state.num_rows())
        };
        let mut done = Maintained::default();
        let tail_is_due = tail >= TAIL_ROWS && tail >= base / TAIL_SHARE;
        let dead_are_due = dead >= TAIL_ROWS && dead >= rows / DEAD_SHARE;
        if tail_is_due || dead_are_due {
            (done.rows_added, done.rows_dropped) = self.renew_base(dead_are_due);
        }
        let is_due = {
            let writer = self.writer();
            let points = (writer.manifest.points * self.config.dim) as u64 * 4;
            writer.log.as_ref().is_some_and(|log| log.bytes() >= LOG_BYTES && log.bytes() >= points / LOG_SHARE)
        };
        if is_due {
            self.fold_log()?;
            done.checkpoint = true;
        }
        Ok(done)
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
        self.fold_log()?;
        let (rows_added, rows_dropped) = self.renew_base(true);
        Ok(Maintained { rows_added, rows_dropped, checkpoint: true })
    }

    /// Whether a base of so many rows should have a graph.
    pub(crate) fn wants_graph(&self, rows: usize) -> bool {
        match self.config.graph {
            GraphChoice::Exact => false,
            GraphChoice::Auto => rows > AUTO_GRAPH_ROWS,
            GraphChoice::Own | GraphChoice::HnswRs => rows > 0,
        }
    }

    /// Makes the base again, of the live rows or of all; returns how many rows it got, and how many went away.
    fn renew_base(&self, drops_dead: bool) -> (usize, usize) {
        let (base, kept, dead) = {
            let mut state = self.write();
            state.seal_tail();
            let dead = state.num_dead();
            if state.tail().len() == 0 && (dead == 0 || !drops_dead) {
                return (0, 0);
            }
            drop(state);
            let state = self.read();
            let kept = state.live_rows();
            let rows: Vec<u32> =
                if drops_dead && dead > 0 { kept.rows.clone() } else { (0..kept.seen as u32).collect() };
            (state.gather(&rows), kept, dead)
        };
        let added = base.nrows();
        let base = Base::new(base);
        if drops_dead && dead > 0 {
            // Changes wait here, but searches go on with the old rows.
            let _writer = self.writer();
            let renewed = self.read().rebased(base, &kept);
            let dropped = kept.seen - kept.rows.len();
            *self.write() = renewed;
            return (added, dropped);
        }
        self.write().extend_base(base);
        (added, 0)
    }

    /// Writes the points to a new file, which the log then continues. Whatever fails or stops on the way, the old files with the logs since
    /// say the same as the new ones.
    fn fold_log(&self) -> Result<(), StoreError> {
        let (infos, rows, base, tail, old, new) = {
            let mut writer = self.writer();
            let before = writer.log.as_ref().ok_or(StoreError::ReadOnly)?.last();
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
            let state = self.read();
            let rows: Vec<u32> = state.live().iter().collect();
            let infos: Vec<RowInfo> = rows.iter().filter_map(|&row| state.info(row).cloned()).collect();
            let new =
                Manifest { generation: number, points: rows.len(), last_change: before, ..writer.manifest.clone() };
            (infos, rows, state.base().clone(), state.tail().clone(), writer.manifest.clone(), new)
        };
        if !rows.is_empty() {
            let vector = |place: usize| {
                let row = *rows.get(place)? as usize;
                if row < base.len() { base.vector(row) } else { tail.vector(row) }
            };
            let path = Manifest::points_path(&self.folder, new.generation);
            points_file::write(&path, &self.config, &infos, &vector)?;
            self.files.sync_folder(&self.folder).map_err(StoreError::io("sync", &self.folder))?;
        }
        new.write(&self.folder, self.files.as_ref())?;
        self.writer().manifest = new.clone();
        for generation in old.generation..new.generation {
            // What stays is removed when the collection is opened.
            let _ = self.files.remove(&Manifest::points_path(&self.folder, generation));
            let _ = self.files.remove(&Manifest::log_path(&self.folder, generation));
        }
        Ok(())
    }
}
