//! The log: changes since the file of points, each checksummed, in the order in which they were made.
//!
//! A file is a header of 64 bytes and records. A record is a header of 20 bytes (length of the body, its CRC-32, the number of the change,
//! and the CRC-32 of these three) and the body. All numbers are little-endian.

mod change;
mod frame;
mod read;
mod write;

pub(crate) use change::{Change, NewRow, PayloadChange};
pub(crate) use frame::{Binding, HEADER_BYTES};
pub use read::LogLoss;
pub(crate) use read::{LogEnd, count_log, read_log};
pub(crate) use write::{EncodedChange, LogWriter};

/// Reads a log's bytes as if they were of a file, for fuzzing: nothing that it says may end in a panic.
#[doc(hidden)]
pub fn read_for_fuzzing(bytes: &[u8], dim: usize) -> usize {
    let mut changes = 0;
    let _ = read::read_records(bytes, bytes.len() as u64, dim, None, &mut |_, _| {
        changes += 1;
        Ok(())
    });
    changes
}
