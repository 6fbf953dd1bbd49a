//! How much a ground truth may describe: values of a pickle may be shared, so that a small file can name a lot.

use super::GroundTruthError;

/// Bytes of names and indices in all; those of RParis6k have a quarter of a megabyte.
pub(super) const MOST_BYTES: usize = 64 << 20;

/// What may still be copied out of a file.
pub(super) struct Budget {
    left: usize,
}

impl Budget {
    pub fn new() -> Self {
        Self { left: MOST_BYTES }
    }

    /// Takes the bytes of `count` values before they are copied.
    pub fn charge(&mut self, count: usize, bytes_of_one: usize) -> Result<(), GroundTruthError> {
        let left = count.checked_mul(bytes_of_one).and_then(|bytes| self.left.checked_sub(bytes));
        self.left = left.ok_or(GroundTruthError::TooLarge { limit: MOST_BYTES })?;
        Ok(())
    }
}
