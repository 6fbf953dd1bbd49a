//! Beam search over a graph.
//!
//! The best row of the pool that was not expanded yet is expanded: its neighbours that were not seen before are fetched together, then
//! scored together. The walk ends when all rows of the pool are expanded.

use crate::graph::cell_scan::CellBuffers;
use crate::graph::pool::Pool;
use crate::graph::prefetch::prefetch;
use crate::graph::space::Scorer;

/// Neighbours of rows.
pub(crate) trait Adjacency: Sync {
    /// Rows.
    fn len(&self) -> usize;

    /// The neighbours of a row.
    fn neighbors(&self, row: u32) -> &[u32];
}

/// Marks: one bit for each row that was seen.
#[derive(Debug, Default)]
pub(crate) struct Seen(Vec<u64>);

impl Seen {
    /// No row of `len` was seen.
    pub fn reset(&mut self, len: usize) {
        self.0.clear();
        self.0.resize(len.div_ceil(64), 0);
    }

    /// Adds a row; says whether it is new.
    #[inline(always)]
    pub fn insert(&mut self, row: u32) -> bool {
        self.insert_at(row as usize)
    }

    /// Whether a row was seen.
    #[inline(always)]
    pub fn contains(&self, row: u32) -> bool {
        self.contains_at(row as usize)
    }

    /// As [`Self::insert`], for what is numbered otherwise.
    #[inline(always)]
    pub fn insert_at(&mut self, place: usize) -> bool {
        let (word, bit) = (&mut self.0[place / 64], 1 << (place % 64));
        let new = *word & bit == 0;
        *word |= bit;
        new
    }

    /// As [`Self::contains`], for what is numbered otherwise.
    #[inline(always)]
    pub fn contains_at(&self, place: usize) -> bool {
        self.0[place / 64] >> (place % 64) & 1 == 1
    }
}

/// What a walk needs of memory; used for many, one after another.
#[derive(Debug, Default)]
pub(crate) struct Scratch {
    pub pool: Pool,
    pub seen: Seen,
    /// Where a walk starts.
    pub starts: Vec<u32>,
    pub batch: Vec<u32>,
    pub products: Vec<i32>,
    pub scores: Vec<f32>,
    /// What a scan of cells needs.
    pub cells: CellBuffers,
    /// Rows that were scored, over all walks.
    pub num_scored: u64,
}

impl Scratch {
    /// Begins a walk over `len` rows.
    pub fn reset(&mut self, len: usize, beam: usize) {
        self.pool.reset(beam);
        self.seen.reset(len);
    }

    /// Scores the batch and offers it to the pool.
    #[inline]
    pub fn take_batch(&mut self, scorer: &Scorer<'_>) {
        scorer.scores(&self.batch, &mut self.products, &mut self.scores);
        self.num_scored += self.batch.len() as u64;
        for (&row, &score) in self.batch.iter().zip(&self.scores) {
            if self.pool.admits(score) {
                self.pool.offer(row, score);
            }
        }
    }
}

/// Leaves the best rows that are found in the pool of `scratch`: at most `beam` ones.
pub(crate) fn walk(graph: &impl Adjacency, scorer: &Scorer<'_>, starts: &[u32], beam: usize, scratch: &mut Scratch) {
    scratch.reset(graph.len(), beam);
    scratch.batch.clear();
    for &row in starts {
        if scratch.seen.insert(row) {
            scratch.batch.push(row);
        }
    }
    scratch.take_batch(scorer);
    while let Some(row) = scratch.pool.expand() {
        scratch.batch.clear();
        for &neighbor in graph.neighbors(row) {
            if scratch.seen.insert(neighbor) {
                scorer.codes.prefetch(neighbor);
                scratch.batch.push(neighbor);
            }
        }
        // While the batch is on its way, so are the neighbours of the row that is next unless the batch has a better one.
        if let Some(next) = scratch.pool.peek() {
            prefetch(graph.neighbors(next));
        }
        scratch.take_batch(scorer);
    }
}
