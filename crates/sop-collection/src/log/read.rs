//! Reading a log back: the changes before the first damage, and what comes after.

use std::fmt;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use super::change::Change;
use super::frame::{Binding, HEADER_BYTES, RECORD_HEADER_BYTES, RecordHeader};

/// What was lost of a log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogLoss {
    /// The log.
    pub path: PathBuf,
    /// Bytes from the first damage on.
    pub bytes: u64,
    /// Whole records after the first damage, which cannot be used without those before them. 0 is what a crash leaves behind: the end of
    /// a change that was never acknowledged.
    pub records: u64,
    /// What is wrong.
    pub reason: String,
}

impl fmt::Display for LogLoss {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { path, bytes, records, reason } = self;
        write!(formatter, "the last {bytes} bytes of {} were lost: {reason}; ", path.display())?;
        match records {
            0 => formatter.write_str("they are the end of a change that was never acknowledged"),
            count => write!(formatter, "{count} changes after the damage were acknowledged and are not there"),
        }
    }
}

/// Where the good part of a log ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LogEnd {
    /// Bytes of the good part; 0 where not even the header is good.
    pub length: u64,
    /// Number of the last good change.
    pub last: u64,
    /// Number of the last change before the log.
    pub before: u64,
    /// What was lost.
    pub loss: Option<LogLoss>,
}

/// What is wrong with a record.
struct Damage {
    reason: &'static str,
    /// Whether the record is there to its end.
    is_whole: bool,
}

/// Reads a log and gives its changes to `apply` with their numbers, up to the first damage.
///
/// `apply` may refuse a change; that is a damage, too.
pub(crate) fn read_log(
    path: &Path,
    dim: usize,
    expected: Binding,
    apply: &mut dyn FnMut(u64, Change) -> Result<(), &'static str>,
) -> io::Result<LogEnd> {
    let file = File::open(path)?;
    let bytes = file.metadata()?.len();
    let mut end = read_records(BufReader::with_capacity(1 << 20, file), bytes, dim, Some(expected), apply)?;
    if let Some(loss) = &mut end.loss {
        loss.path = path.to_owned();
    }
    Ok(end)
}

/// Counts the records of a log that cannot be used.
pub(crate) fn count_log(path: &Path) -> io::Result<u64> {
    count_records(&mut BufReader::with_capacity(1 << 20, File::open(path)?))
}

/// As [`read_log`], of `bytes` that come from anywhere.
pub(super) fn read_records(
    mut input: impl BufRead,
    bytes: u64,
    dim: usize,
    expected: Option<Binding>,
    apply: &mut dyn FnMut(u64, Change) -> Result<(), &'static str>,
) -> io::Result<LogEnd> {
    let loss = |length: u64, reason: &str| LogLoss {
        path: PathBuf::new(),
        bytes: bytes - length,
        records: 0,
        reason: reason.to_owned(),
    };
    let mut header = [0; HEADER_BYTES];
    let before = expected.map_or(0, |expected| expected.before);
    if bytes < HEADER_BYTES as u64 {
        let loss = Some(loss(0, "its header is cut off"));
        return Ok(LogEnd { length: 0, last: before, before, loss });
    }
    input.read_exact(&mut header)?;
    let found = Binding::from_bytes(&header).and_then(|found| {
        let is_other = expected.is_some_and(|expected| found != expected);
        if is_other { Err("it belongs to another collection or state") } else { Ok(found) }
    });
    let binding = match found {
        Ok(binding) => binding,
        Err(reason) => {
            let loss = LogLoss { records: count_records(&mut input)?, ..loss(0, reason) };
            return Ok(LogEnd { length: 0, last: before, before, loss: Some(loss) });
        }
    };
    let mut end = LogEnd { length: HEADER_BYTES as u64, last: binding.before, before: binding.before, loss: None };
    let mut body = Vec::new();
    while end.length < bytes {
        let record = next_record(&mut input, bytes - end.length, end.last.wrapping_add(1), &mut body)?;
        let applied = record.and_then(|number| {
            let change = Change::decode(&body, dim).ok_or("a record is no change");
            change.and_then(|change| apply(number, change)).map_err(|reason| Damage { reason, is_whole: true })?;
            Ok(number)
        });
        match applied {
            Ok(number) => {
                end.length += (RECORD_HEADER_BYTES + body.len()) as u64;
                end.last = number;
            }
            Err(damage) => {
                let records = u64::from(damage.is_whole) + count_records(&mut input)?;
                end.loss = Some(LogLoss { records, ..loss(end.length, damage.reason) });
                break;
            }
        }
    }
    Ok(end)
}

/// Reads the next record into `body`; returns its number.
fn next_record(
    input: &mut impl BufRead,
    left: u64,
    number: u64,
    body: &mut Vec<u8>,
) -> io::Result<Result<u64, Damage>> {
    let mut header = [0; RECORD_HEADER_BYTES];
    let damage = |reason, is_whole| Ok(Err(Damage { reason, is_whole }));
    if left < RECORD_HEADER_BYTES as u64 {
        return damage("the header of the last record is cut off", false);
    }
    input.read_exact(&mut header)?;
    let Some(header) = RecordHeader::from_bytes(&header) else {
        return damage("the header of a record is damaged", false);
    };
    if u64::from(header.length) > left - RECORD_HEADER_BYTES as u64 {
        return damage("the last record is cut off", false);
    }
    // The length is known to be there: no more memory is taken than the file has bytes.
    body.resize(header.length as usize, 0);
    input.read_exact(body)?;
    if crc32fast::hash(body) != header.checksum {
        return damage("a record is damaged", true);
    }
    if header.number != number {
        return damage("a record is missing", true);
    }
    Ok(Ok(number))
}

/// Counts the records that follow somewhere: those whose header is good, and that are there to their end.
fn count_records(input: &mut impl BufRead) -> io::Result<u64> {
    let mut count = 0;
    let mut window = Vec::with_capacity(RECORD_HEADER_BYTES);
    let mut bytes = input.bytes();
    while let Some(byte) = bytes.next().transpose()? {
        if window.len() == RECORD_HEADER_BYTES {
            window.remove(0);
        }
        window.push(byte);
        let header = <&[u8; RECORD_HEADER_BYTES]>::try_from(window.as_slice()).ok().and_then(RecordHeader::from_bytes);
        if let Some(header) = header {
            window.clear();
            for _ in 0..header.length {
                if bytes.next().transpose()?.is_none() {
                    return Ok(count);
                }
            }
            count += 1;
        }
    }
    Ok(count)
}
