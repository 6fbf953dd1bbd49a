//! Appending to a log.

use std::io;
use std::path::{Path, PathBuf};

use super::change::Change;
use super::frame::{Binding, HEADER_BYTES, RECORD_HEADER_BYTES, RecordHeader};
use crate::error::ChangeError;
use crate::files::{Files, LogFile};

/// The body of a record with its checksum.
pub(crate) struct EncodedChange {
    body: Vec<u8>,
    checksum: u32,
}

impl EncodedChange {
    /// Encodes a change; `None` where it is larger than a record may be.
    pub fn new(change: &Change) -> Option<Self> {
        let body = change.encode()?;
        let checksum = crc32fast::hash(&body);
        Some(Self { body, checksum })
    }

    /// Bytes that its record takes.
    pub fn bytes(&self) -> usize {
        self.body.len() + RECORD_HEADER_BYTES
    }
}

/// Appends records to a log, and keeps it whole.
pub(crate) struct LogWriter {
    file: Box<dyn LogFile>,
    path: PathBuf,
    /// Bytes that are written and synced.
    length: u64,
    /// Number of the last change that is written and synced.
    last: u64,
    /// Why nothing can be written any more.
    stopped: Option<String>,
}

impl LogWriter {
    /// Starts a log; it is durable when the folder is synced.
    pub fn create(files: &dyn Files, path: &Path, binding: Binding) -> io::Result<Self> {
        let mut file = files.open_log(path, 0)?;
        file.append(&binding.to_bytes())?;
        file.sync()?;
        let length = HEADER_BYTES as u64;
        Ok(Self { file, path: path.to_owned(), length, last: binding.before, stopped: None })
    }

    /// Goes on with a log of which `length` bytes and the changes up to `last` are good; the rest is cut off.
    pub fn reopen(files: &dyn Files, path: &Path, length: u64, last: u64) -> io::Result<Self> {
        let mut file = files.open_log(path, length)?;
        file.sync()?;
        Ok(Self { file, path: path.to_owned(), length, last, stopped: None })
    }

    /// Says where the file is now.
    pub fn moved_to(&mut self, path: &Path) {
        self.path = path.to_owned();
    }

    /// Bytes of the log.
    pub fn bytes(&self) -> u64 {
        self.length
    }

    /// Number of the last change.
    pub fn last(&self) -> u64 {
        self.last
    }

    /// Why no change is taken, where that is so.
    pub fn stopped(&self) -> Option<&str> {
        self.stopped.as_deref()
    }

    /// Writes changes and syncs once: all of them, or none. Returns the number of the first one.
    pub fn append(&mut self, changes: &[&EncodedChange]) -> Result<u64, ChangeError> {
        if let Some(reason) = &self.stopped {
            return Err(ChangeError::Stopped { reason: reason.clone() });
        }
        let first = self.last + 1;
        match self.write(changes, first) {
            Ok(()) => {
                self.length += changes.iter().map(|change| change.bytes() as u64).sum::<u64>();
                self.last += changes.len() as u64;
                Ok(first)
            }
            Err(error) => Err(self.cut_back(&error)),
        }
    }

    fn write(&mut self, changes: &[&EncodedChange], first: u64) -> io::Result<()> {
        /// Records below this size are gathered into one write.
        const GATHERED: usize = 1 << 16;
        let mut gathered = Vec::new();
        for (number, change) in (first..).zip(changes) {
            let length = u32::try_from(change.body.len()).map_err(io::Error::other)?;
            gathered.extend(RecordHeader { length, checksum: change.checksum, number }.to_bytes());
            if change.body.len() < GATHERED {
                gathered.extend_from_slice(&change.body);
            } else {
                self.file.append(&gathered)?;
                gathered.clear();
                self.file.append(&change.body)?;
            }
        }
        if !gathered.is_empty() {
            self.file.append(&gathered)?;
        }
        self.file.sync()
    }

    /// Takes a failed append back. What cannot be taken back must not be followed by anything.
    fn cut_back(&mut self, error: &io::Error) -> ChangeError {
        let reason = error.to_string();
        match self.file.cut(self.length).and_then(|()| self.file.sync()) {
            Ok(()) => ChangeError::NotWritten {
                path: self.path.clone(),
                reason,
                is_full: matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded),
            },
            Err(second) => {
                let path = self.path.display();
                let reason = format!("{path} could not be written ({reason}), nor cut back to what it was ({second})");
                self.stopped = Some(reason.clone());
                ChangeError::Stopped { reason }
            }
        }
    }
}
