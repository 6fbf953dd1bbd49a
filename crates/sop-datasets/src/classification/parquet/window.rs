//! A bounded cache of decompressed rows.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::error::DatasetError;

/// Image bytes that one window of rows aims at: small files of one row group are read together, huge row groups in pieces.
const WINDOW_BYTES: u64 = 16 << 20;

/// Image bytes that may stay in memory: a set of no more is read once, however its images are asked for.
const CACHED_BYTES: u64 = 256 << 20;

/// Some consecutive rows of one row group, read and cached together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Window {
    /// Number of the first row in the whole data set.
    pub(super) start: usize,
    pub(super) part: usize,
    pub(super) group: usize,
    /// Rows of the group before the window.
    pub(super) skip: usize,
    pub(super) count: usize,
}

/// Cuts a row group of `rows` rows and about `bytes` bytes into windows.
pub(super) fn windows_of_group(start: usize, part: usize, group: usize, rows: usize, bytes: u64) -> Vec<Window> {
    let bytes_of_row = (bytes / rows.max(1) as u64).max(1);
    let size = usize::try_from(WINDOW_BYTES / bytes_of_row).unwrap_or(usize::MAX).clamp(1, rows.max(1));
    (0..rows)
        .step_by(size)
        .map(|skip| Window { start: start + skip, part, group, skip, count: size.min(rows - skip) })
        .collect()
}

/// The image files of one window, `None` where the file has null.
pub(super) type Files = Arc<Vec<Option<Vec<u8>>>>;

/// A slot of the cache; its lock makes threads that need the same window wait for one of them to read it.
type Slot = Arc<Mutex<Option<Files>>>;

/// The windows used last: at least twice as many as there are threads, so that every thread can walk through its own part of the data,
/// and more where they are small.
#[derive(Debug)]
pub(super) struct WindowCache {
    slots: Mutex<VecDeque<(usize, Slot)>>,
    capacity: usize,
}

impl WindowCache {
    /// A cache for a set of so many windows with about `bytes` bytes of images together.
    pub(super) fn new(windows: usize, bytes: u64) -> Self {
        let bytes_of_window = (bytes / windows.max(1) as u64).max(1);
        let fitting = usize::try_from(CACHED_BYTES / bytes_of_window).unwrap_or(usize::MAX);
        Self { slots: Mutex::new(VecDeque::new()), capacity: fitting.max(2 * rayon::current_num_threads().max(1)) }
    }

    /// The files of window number `key`, read with `read` where they are not in the cache.
    pub(super) fn get(
        &self,
        key: usize,
        read: impl FnOnce() -> Result<Vec<Option<Vec<u8>>>, DatasetError>,
    ) -> Result<Files, DatasetError> {
        let slot = self.slot(key);
        let mut content = lock(&slot);
        if let Some(files) = content.as_ref() {
            return Ok(Arc::clone(files));
        }
        let files = Arc::new(read()?);
        *content = Some(Arc::clone(&files));
        Ok(files)
    }

    /// The slot of a window, moved to the front; the one unused for longest makes room.
    fn slot(&self, key: usize) -> Slot {
        let mut slots = lock(&self.slots);
        let position = slots.iter().position(|(other, _)| *other == key);
        let slot = position.and_then(|position| slots.remove(position)).map_or_else(Slot::default, |(_, slot)| slot);
        slots.push_front((key, Arc::clone(&slot)));
        slots.truncate(self.capacity);
        slot
    }
}

/// Locks; a thread that panicked while it held the lock left a complete value behind.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
