//! The search for one query: walk or scan, then settle.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::RowSet;
use crate::exact::nearest::Nearest;
use crate::exact::vectors::Rows;
use crate::graph::codes::{QueryCode, RowCodes};
use crate::graph::flat::Graph;
use crate::graph::settle::Settle;
use crate::graph::space::Scorer;
use crate::graph::walk::{Adjacency as _, Scratch, walk};
use crate::graph::walk_among::walk_among;
use sop_numeric::simd::vectorized;

/// What the queries of one search share.
pub(crate) struct QuerySearch<'a> {
    pub graph: &'a Graph,
    pub codes: &'a RowCodes,
    pub rows: Rows<'a>,
    /// Neighbours, no more than there are rows; at least 1.
    pub k: usize,
    pub beam: usize,
    /// The rows that may be found; all where nothing is said.
    pub among: Option<Among<'a>>,
    /// Rows that were scored, over all queries.
    pub num_scored: AtomicU64,
}

/// Some rows, and how they are searched.
pub(crate) struct Among<'a> {
    allowed: &'a RowSet,
    count: usize,
    /// Rows where walks start; none where all rows are looked at.
    starts: Vec<u32>,
}

/// Rows that are scored at once.
const BLOCK: usize = 64;
/// Rows of a set that walks start from.
const STARTS: usize = 256;
/// Rows near a query whose neighbours say what a set leaves out.
const LOOKED_AT: usize = 4;
/// Rows of a set that are looked at in the time that a walk takes to score one.
const SCANNED: usize = 2;
/// The same where a set leaves out the rows near a query: a walk then finds less, and looks at more bridges.
const SCANNED_INSTEAD: usize = 8;
/// Where a set leaves out the rows near a query, those that are nearest lie scattered at the rims of other clusters: so many times more
/// rows are kept in view.
const WIDER: usize = 8;

impl<'a> Among<'a> {
    /// Decides how `count` rows of a set are searched.
    pub fn new(allowed: &'a RowSet, count: usize, beam: usize, degree: usize) -> Self {
        let walks = count > SCANNED * scored(beam, degree);
        Self { allowed, count, starts: if walks { allowed.spread(STARTS) } else { Vec::new() } }
    }

    /// Whether rows near a query are left out more often than others are, by half; `nearest` are rows near it, whose neighbours are near, too.
    fn leaves_out(&self, nearest: &[u32], graph: &Graph) -> bool {
        let (mut near, mut allowed) = (0, 0);
        for row in nearest.iter().take(LOOKED_AT).flat_map(|&row| graph.neighbors(row)) {
            near += 1;
            allowed += usize::from(self.allowed.contains(*row));
        }
        allowed * graph.len() * 2 < self.count * near
    }
}

/// Rows that a walk scores, about: part of the records of those that it keeps in view.
pub(crate) fn scored(beam: usize, degree: usize) -> usize {
    beam.saturating_mul(degree) / 2
}

impl QuerySearch<'_> {
    /// The neighbours of a query, `[dim]`, except one row.
    pub fn nearest(&self, query: &[f64], excluded: Option<u32>, scratch: &mut Scratch) -> Nearest {
        scratch.num_scored = 0;
        let nearest = self.found(query, excluded, scratch);
        self.num_scored.fetch_add(scratch.num_scored, Ordering::Relaxed);
        nearest
    }

    fn found(&self, query: &[f64], excluded: Option<u32>, scratch: &mut Scratch) -> Nearest {
        let code = self.codes.encode(query);
        let scorer = Scorer {
            codes: self.codes,
            numbers: self.codes.numbers(),
            lifts: &[],
            vector: &code.lines,
            offset: code.offset,
            scale: code.scale,
            weight: code.weight,
            lift: 0.0,
        };
        let Some(among) = &self.among else {
            self.graph.entries.near(&scorer, scratch);
            let starts = std::mem::take(&mut scratch.starts);
            walk(self.graph, &scorer, &starts, self.beam, scratch);
            scratch.starts = starts;
            return self.settle(query, &code, excluded, scratch).0;
        };
        if among.starts.is_empty() {
            return self.scan(among, query, &code, &scorer, excluded, scratch);
        }
        self.graph.entries.near(&scorer, scratch);
        let mut beam = self.beam;
        if among.leaves_out(&scratch.starts, self.graph) {
            beam = beam.saturating_mul(WIDER);
            if among.count <= SCANNED_INSTEAD * scored(beam, self.graph.params.degree) {
                return self.scan(among, query, &code, &scorer, excluded, scratch);
            }
        }
        scratch.starts.retain(|&row| among.allowed.contains(row));
        scratch.starts.extend(&among.starts);
        walk_among(self.graph, &scorer, among.allowed, beam, scratch);
        if scratch.pool.entries().len() < beam.min(among.count) {
            // Rows of the set are islands: then all of them are looked at.
            return self.scan(among, query, &code, &scorer, excluded, scratch);
        }
        self.settle(query, &code, excluded, scratch).0
    }

    fn settle(&self, query: &[f64], code: &QueryCode, excluded: Option<u32>, scratch: &Scratch) -> (Nearest, bool) {
        let (rows, k) = (self.rows, self.k);
        vectorized(Settle { query, code, rows, entries: scratch.pool.entries(), k, excluded })
    }

    /// Looks at every row of a set.
    fn scan(
        &self,
        among: &Among<'_>,
        query: &[f64],
        code: &QueryCode,
        scorer: &Scorer<'_>,
        excluded: Option<u32>,
        scratch: &mut Scratch,
    ) -> Nearest {
        // One row more than are wanted, to know what was left out.
        let mut beam = self.k + usize::from(excluded.is_some()) + 32;
        loop {
            scratch.pool.reset(beam);
            let mut rows = among.allowed.iter();
            loop {
                scratch.batch.clear();
                scratch.batch.extend(rows.by_ref().take(BLOCK));
                if scratch.batch.is_empty() {
                    break;
                }
                scratch.batch.iter().for_each(|&row| self.codes.prefetch(row));
                scratch.take_batch(scorer);
            }
            let (nearest, is_complete) = self.settle(query, code, excluded, scratch);
            if is_complete || beam >= among.count {
                return nearest;
            }
            beam = beam.saturating_mul(4);
        }
    }
}
