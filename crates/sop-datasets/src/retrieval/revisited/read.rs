//! Ground truth from and to files.

use std::fs::File;
use std::io::{Read, Write};
use std::path::Path;

use sop_core::atomic_file::AtomicFile;

use super::budget::MOST_BYTES;
use super::{GroundTruth, GroundTruthError};

impl GroundTruth {
    /// Reads a file of either form, told by its first byte: JSON begins with `{`, which no pickle does.
    ///
    /// # Errors
    /// When the file cannot be read or is larger than any ground truth, or as [`GroundTruth::from_json`] and
    /// [`GroundTruth::from_pickle`].
    pub fn read(path: &Path) -> Result<Self, GroundTruthError> {
        let read = || {
            let mut bytes = Vec::new();
            File::open(path)?.take(MOST_BYTES as u64 + 1).read_to_end(&mut bytes)?;
            if bytes.len() > MOST_BYTES {
                return Err(GroundTruthError::TooLarge { limit: MOST_BYTES });
            }
            // Some editors begin a text with a mark of its encoding.
            let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes);
            match text.trim_ascii_start().first() {
                Some(b'{') => Self::from_json(text),
                _ => Self::from_pickle(&bytes),
            }
        };
        read().map_err(in_file(path))
    }

    /// Writes a file of the JSON form, which appears under its name when it is complete.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn write_json(&self, path: &Path) -> Result<(), GroundTruthError> {
        let write = || {
            let mut file = AtomicFile::create(path)?;
            file.file().write_all(&self.to_json()?)?;
            Ok(file.commit()?)
        };
        write().map_err(in_file(path))
    }
}

fn in_file(path: &Path) -> impl Fn(GroundTruthError) -> GroundTruthError {
    move |source| GroundTruthError::File { path: path.to_owned(), source: Box::new(source) }
}
