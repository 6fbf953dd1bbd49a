//! A graph as bytes, and back from bytes that nobody vouches for.
//!
//! All numbers are little-endian: the eight letters `sopgraph`, the version (u32), the caller's hash of what the graph was built from (32
//! bytes), the builder (u32), degree, beam (u32 each), alpha (f32), the number of rows (u64) and of entries (u32), the entries and the
//! records (u32 each), and the CRC-32 of all bytes before it.

use crate::GraphError;
use crate::graph::flat::{Graph, NONE};
use crate::graph::params::{GraphBuilder, GraphParams};

const MAGIC: &[u8; 8] = b"sopgraph";
/// Version of the format; raised when bytes or their meaning change.
const VERSION: u32 = 1;
/// Bytes before the entries.
const HEADER: usize = 8 + 4 + 32 + 4 * 4 + 8 + 4;
const CHECKSUM: usize = 4;

impl Graph {
    /// The graph as bytes that [`Self::from_bytes`] reads; `source` is a hash of the vectors that it was built from.
    #[must_use]
    pub fn to_bytes(&self, source: &[u8; 32]) -> Vec<u8> {
        let builder: u32 = match self.params.builder {
            GraphBuilder::Own => 0,
        };
        let numbers = self.entries.len() + self.records.len();
        let mut bytes = Vec::with_capacity(HEADER + numbers * size_of::<u32>() + CHECKSUM);
        bytes.extend(MAGIC);
        bytes.extend(VERSION.to_le_bytes());
        bytes.extend(source);
        for number in [builder, self.params.degree as u32, self.params.beam as u32, self.params.alpha.to_bits()] {
            bytes.extend(number.to_le_bytes());
        }
        bytes.extend((self.len as u64).to_le_bytes());
        bytes.extend((self.entries.len() as u32).to_le_bytes());
        for number in self.entries.iter().chain(&self.records) {
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
            _ => return Err(damaged("its builder is unknown")),
        };
        let (degree, beam) = (header.degree as usize, header.beam as usize);
        let params = GraphParams { builder, degree, beam, alpha: f32::from_bits(header.alpha) };
        params.check().map_err(|_| damaged("a parameter is out of its range"))?;
        let num_entries = header.num_entries as usize;
        let len = usize::try_from(header.len).ok().filter(|&len| len <= crate::graph::codes::MAX_ROWS);
        let len = len.ok_or(damaged("it has too many rows"))?;
        let num_bytes = len.checked_mul(degree).and_then(|count| count.checked_add(num_entries)?.checked_mul(4));
        if num_bytes.and_then(|count| count.checked_add(HEADER)) != Some(body.len()) {
            return Err(damaged("its length is not that of its rows"));
        }
        let mut numbers = body[HEADER..].as_chunks::<4>().0.iter().map(|bytes| u32::from_le_bytes(*bytes));
        let entries: Vec<u32> = numbers.by_ref().take(num_entries).collect();
        if entries.is_empty() != (len == 0) || entries.iter().any(|&row| row as usize >= len) {
            return Err(damaged("an entry is no row"));
        }
        let graph = Self { params, len, records: numbers.collect(), entries };
        for (row, record) in (0_u32..).zip(graph.records.chunks_exact(degree)) {
            let count = record.iter().position(|&neighbor| neighbor == NONE).unwrap_or(degree);
            let (neighbors, free) = record.split_at(count);
            if neighbors.iter().any(|&neighbor| neighbor as usize >= len || neighbor == row) {
                return Err(damaged("a neighbour is no other row"));
            }
            if free.iter().any(|&neighbor| neighbor != NONE) {
                return Err(damaged("a neighbour comes after the end of its record"));
            }
        }
        Ok(graph)
    }
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
        })
    }
}
