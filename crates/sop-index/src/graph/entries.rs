//! Where walks start: a graph of some of the rows, along which a walk gets near the query in a few steps.
//!
//! Rows drawn at random lie where the rows are. Among few rows of each cluster neighbours belong to other clusters, too, so that a walk
//! gets from one to another, which it cannot where a cluster has many rows more than a record has places: what the upper layers of HNSW
//! are for.

use crate::graph::flat::NONE;
use crate::graph::space::Scorer;
use crate::graph::walk::{Adjacency, Scratch, walk};

/// One row in this many is an entry.
const SHARE: usize = 32;
/// Entries at least, as far as there are rows.
const LEAST: usize = 64;
/// Entries that every walk begins with.
const ROOTS: usize = 64;
/// Entries that a walk keeps in view: so many rows does the walk along all rows start from.
const BEAM: usize = 16;

/// How many of `num_rows` rows are entries.
pub(crate) fn num_entries(num_rows: usize) -> usize {
    (num_rows / SHARE).max(LEAST).min(num_rows)
}

/// Some rows of a graph with neighbours among themselves.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Entries {
    /// Number of all rows.
    pub num_rows: usize,
    /// The rows, ascending.
    pub rows: Vec<u32>,
    /// Places of a record.
    pub degree: usize,
    /// `[rows, degree]`; a record ends at the first [`NONE`].
    pub records: Vec<u32>,
}

impl Entries {
    /// Some rows as entries, with what `graph` says of their neighbours, all of which are among them.
    pub fn new(mut rows: Vec<u32>, degree: usize, graph: &impl Adjacency) -> Self {
        rows.sort_unstable();
        let mut records = vec![NONE; rows.len() * degree];
        for (&row, record) in rows.iter().zip(records.chunks_mut(degree)) {
            let neighbors = graph.neighbors(row);
            record[..neighbors.len()].copy_from_slice(neighbors);
        }
        Self { num_rows: graph.len(), rows, degree, records }
    }

    /// Leaves entries near what is scored in the starts of `scratch`.
    pub fn near(&self, scorer: &Scorer<'_>, scratch: &mut Scratch) {
        let mut starts = std::mem::take(&mut scratch.starts);
        starts.clear();
        starts.extend(self.rows.iter().step_by(self.rows.len().div_ceil(ROOTS).max(1)));
        walk(self, scorer, &starts, BEAM, scratch);
        starts.clear();
        starts.extend(scratch.pool.entries().iter().map(|entry| entry.row()));
        scratch.starts = starts;
    }

    /// Bytes in memory.
    pub fn bytes(&self) -> usize {
        size_of_val(&*self.rows) + size_of_val(&*self.records)
    }
}

impl Adjacency for Entries {
    fn len(&self) -> usize {
        self.num_rows
    }

    #[inline]
    fn neighbors(&self, row: u32) -> &[u32] {
        let Ok(place) = self.rows.binary_search(&row) else { return &[] };
        let record = &self.records[place * self.degree..][..self.degree];
        let count = record.iter().position(|&neighbor| neighbor == NONE).unwrap_or(self.degree);
        &record[..count]
    }
}
