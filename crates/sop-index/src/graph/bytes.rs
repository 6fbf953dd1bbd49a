//! A graph as bytes, and back from bytes that nobody vouches for.
//!
//! All numbers are little-endian: the eight letters `sopgraph`, the version (u32), the caller's hash of what the graph was built from (32
//! bytes), the builder (u32), degree, beam (u32 each), alpha (f32), the number of rows (u64), of entries and of cells (u32 each), the
//! entries, their records and those of all rows, the cell of each row (u32 each), and the CRC-32 of all bytes before it.

use crate::GraphError;
use crate::graph::cells::Cells;
use crate::graph::entries::Entries;
use crate::graph::flat::{Graph, NONE};
use crate::graph::params::{GraphBuilder, GraphParams};

const MAGIC: &[u8; 8] = b"sopgraph";
/// Version of the format; raised when bytes or their meaning change.
const VERSION: u32 = 2;
/// Bytes before the entries.
const HEADER: usize = 8 + 4 + 32 + 4 * 4 + 8 + 2 * 4;
const CHECKSUM: usize = 4;

impl Graph {
    /// The graph as bytes that [`Self::from_bytes`] reads; `source` is a hash of the vectors that it was built from.
    #[must_use]
    pub fn to_bytes(&self, source: &[u8; 32]) -> Vec<u8> {
        let builder: u32 = match self.params.builder {
            GraphBuilder::Own => 0,
            GraphBuilder::HnswRs => 1,
        };
        let Self { entries, cells, records, .. } = self;
        let numbers = [&entries.rows, &entries.records, records, &cells.of_rows];
        let count: usize = numbers.iter().map(|numbers| numbers.len()).sum();
        let mut bytes = Vec::with_capacity(HEADER + count * size_of::<u32>() + CHECKSUM);
        bytes.extend(MAGIC);
        bytes.extend(VERSION.to_le_bytes());
        bytes.extend(source);
        for number in [builder, self.params.degree as u32, self.params.beam as u32, self.params.alpha.to_bits()] {
            bytes.extend(number.to_le_bytes());
        }
        bytes.extend((self.len as u64).to_le_bytes());
        bytes.extend((entries.rows.len() as u32).to_le_bytes());
        bytes.extend((cells.count as u32).to_le_bytes());
        for number in numbers.into_iter().flatten() {
            bytes.extend(number.to_le_bytes());
        }
        bytes.extend(crc32fast::hash(&bytes).to_le_bytes());
        bytes
    }

    /// Reads what [`Self::to_bytes`] wrote for the same `source`.
    ///
    /// The bytes may come from anywhere: all are checked, and no more memory is taken than they have. Whether every row can be reached is
    /// for [`Self::unreachable`] to say.
    ///
    /// # Errors
    /// When the bytes are no graph, damaged, of another version, or of another source.
    pub fn from_bytes(bytes: &[u8], source: &[u8; 32]) -> Result<Self, GraphError> {
        let damaged = |what| GraphError::Damaged { what };
        let Some(rest) = bytes.strip_prefix(MAGIC) else { return Err(damaged("it does not begin as a graph does")) };
        let mut reader = Reader(rest);
        let version = reader.u32().ok_or(damaged("it is cut off"))?;
        if version != VERSION {
            return Err(GraphError::Version { found: version, known: VERSION });
        }
        let Some((body, checksum)) = bytes.split_last_chunk::<CHECKSUM>() else { return Err(damaged("it is cut off")) };
        if crc32fast::hash(body) != u32::from_le_bytes(*checksum) {
            return Err(damaged("its checksum is wrong"));
        }
        let header = reader.header().ok_or(damaged("it is cut off"))?;
        if header.source != *source {
            return Err(GraphError::OtherSource);
        }
        let builder = match header.builder {
            0 => GraphBuilder::Own,
            1 => GraphBuilder::HnswRs,
            _ => return Err(damaged("its builder is unknown")),
        };
        let (degree, beam) = (header.degree as usize, header.beam as usize);
        let params = GraphParams { builder, degree, beam, alpha: f32::from_bits(header.alpha) };
        params.check().map_err(|_| damaged("a parameter is out of its range"))?;
        let num_entries = header.num_entries as usize;
        let len = usize::try_from(header.len).ok().filter(|&len| len <= crate::graph::codes::MAX_ROWS);
        let len = len.ok_or(damaged("it has too many rows"))?;
        // Entries and rows have a record each, and rows have a cell.
        let num_numbers = len.checked_add(num_entries).and_then(|records| records.checked_mul(degree + 1));
        let num_bytes = num_numbers.and_then(|count| count.checked_mul(4)?.checked_add(HEADER));
        if num_bytes != Some(body.len()) {
            return Err(damaged("its length is not that of its rows"));
        }
        let mut numbers = body[HEADER..].as_chunks::<4>().0.iter().map(|bytes| u32::from_le_bytes(*bytes));
        let rows: Vec<u32> = numbers.by_ref().take(num_entries).collect();
        let is_row = |&row: &u32| (row as usize) < len;
        if rows.is_empty() != (len == 0)
            || !rows.iter().all(is_row)
            || !rows.is_sorted_by(|first, second| first < second)
        {
            return Err(damaged("an entry is no row, or out of order"));
        }
        let entry_records: Vec<u32> = numbers.by_ref().take(num_entries * degree).collect();
        check_records(rows.iter().copied(), &entry_records, degree, |row| rows.binary_search(row).is_ok())
            .map_err(damaged)?;
        let records: Vec<u32> = numbers.by_ref().take(len * degree).collect();
        check_records(0.., &records, degree, is_row).map_err(damaged)?;
        let cells = Cells { count: header.num_cells as usize, of_rows: numbers.collect() };
        if cells.count > len || cells.of_rows.iter().any(|&cell| cell as usize >= cells.count) {
            return Err(damaged("a row is in a cell that there is not"));
        }
        let entries =
            Entries { num_rows: len, rows, degree: if len == 0 { 0 } else { degree }, records: entry_records };
        Ok(Self { params, len, records, entries, cells })
    }
}

/// Says what is wrong with records of rows, whose neighbours must be others that `is_row` knows.
fn check_records(
    rows: impl Iterator<Item = u32>,
    records: &[u32],
    degree: usize,
    is_row: impl Fn(&u32) -> bool,
) -> Result<(), &'static str> {
    for (row, record) in rows.zip(records.chunks_exact(degree)) {
        let count = record.iter().position(|&neighbor| neighbor == NONE).unwrap_or(degree);
        let (neighbors, free) = record.split_at(count);
        if neighbors.iter().any(|neighbor| *neighbor == row || !is_row(neighbor)) {
            return Err("a neighbour is no other row");
        }
        if free.iter().any(|&neighbor| neighbor != NONE) {
            return Err("a neighbour comes after the end of its record");
        }
    }
    Ok(())
}

/// What comes before the entries, after the version.
struct Header {
    source: [u8; 32],
    builder: u32,
    degree: u32,
    beam: u32,
    alpha: u32,
    len: u64,
    num_entries: u32,
    num_cells: u32,
}

/// Takes numbers from the front of bytes.
struct Reader<'a>(&'a [u8]);

impl Reader<'_> {
    fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (first, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(*first)
    }

    fn u32(&mut self) -> Option<u32> {
        self.take().map(u32::from_le_bytes)
    }

    fn header(&mut self) -> Option<Header> {
        Some(Header {
            source: self.take()?,
            builder: self.u32()?,
            degree: self.u32()?,
            beam: self.u32()?,
            alpha: self.u32()?,
            len: self.take().map(u64::from_le_bytes)?,
            num_entries: self.u32()?,
            num_cells: self.u32()?,
        })
    }
}
