//! A graph over the rows of an index: one record of fixed size a row, without vectors.

use crate::graph::cells::Cells;
use crate::graph::entries::Entries;
use crate::graph::params::GraphParams;
use crate::graph::walk::Adjacency;

/// Stands in a record where there is no further neighbour.
pub(crate) const NONE: u32 = u32::MAX;

/// Neighbours of every row, to walk along while searching; it knows no vectors.
///
/// Each row has at most `degree` neighbours, and there is a way from every row to every other, which [`Self::unreachable`] proves.
#[derive(Clone, Debug, PartialEq)]
pub struct Graph {
    pub(crate) params: GraphParams,
    pub(crate) len: usize,
    /// `[len, degree]`; a record ends at the first [`NONE`].
    pub(crate) records: Vec<u32>,
    /// Where walks start.
    pub(crate) entries: Entries,
    /// Rows that lie near each other.
    pub(crate) cells: Cells,
}

impl Graph {
    /// A graph without rows.
    pub(crate) fn empty(params: GraphParams) -> Self {
        Self { params, len: 0, records: Vec::new(), entries: Entries::default(), cells: Cells::default() }
    }

    /// Number of rows.
    #[must_use]
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there is no row.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// How it was built.
    #[must_use]
    pub fn params(&self) -> &GraphParams {
        &self.params
    }

    /// The rows where walks start, ascending; none only where there is no row.
    #[must_use]
    pub fn entries(&self) -> &[u32] {
        &self.entries.rows
    }

    /// The neighbours of a row; none of a row that there is not.
    #[must_use]
    pub fn neighbors_of(&self, row: usize) -> &[u32] {
        if row < self.len { self.neighbors(row as u32) } else { &[] }
    }

    /// Bytes in memory.
    #[must_use]
    pub fn memory_bytes(&self) -> usize {
        size_of_val(&*self.records) + self.entries.bytes() + self.cells.bytes()
    }
}

impl Adjacency for Graph {
    fn len(&self) -> usize {
        self.len
    }

    #[inline(always)]
    fn neighbors(&self, row: u32) -> &[u32] {
        let degree = self.params.degree;
        let record = &self.records[row as usize * degree..][..degree];
        if record[degree - 1] != NONE {
            return record;
        }
        let count = record.iter().position(|&neighbor| neighbor == NONE).unwrap_or(degree);
        &record[..count]
    }
}
