//! The search for one query: walk or scan, then settle.

use crate::RowSet;
use crate::exact::nearest::Nearest;
use crate::exact::vectors::Rows;
use crate::graph::codes::{QueryCode, RowCodes};
use crate::graph::flat::Graph;
use crate::graph::settle::Settle;
use crate::graph::space::Scorer;
use crate::graph::walk::{Scratch, walk};
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
const STARTS: usize = 64;

impl<'a> Among<'a> {
    /// Decides how `count` rows of a set are searched.
    pub fn new(allowed: &'a RowSet, count: usize, beam: usize, degree: usize) -> Self {
        // A walk scores about half a record for each row it keeps in view, and looks at more to find rows of the set.
        let walks = count > beam.saturating_mul(degree);
        Self { allowed, count, starts: if walks { allowed.spread(STARTS) } else { Vec::new() } }
    }
}

impl QuerySearch<'_> {
    /// The neighbours of a query, `[dim]`, except one row.
    pub fn nearest(&self, query: &[f64], excluded: Option<u32>, scratch: &mut Scratch) -> Nearest {
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
        match &self.among {
            None => walk(self.graph, &scorer, &self.graph.entries, self.beam, scratch),
            Some(among) if among.starts.is_empty() => {
                return self.scan(among, query, &code, &scorer, excluded, scratch);
            }
            Some(among) => walk_among(self.graph, &scorer, &among.starts, among.allowed, self.beam, scratch),
        }
        let wanted = self.k + usize::from(excluded.is_some());
        match &self.among {
            // The rows of the set may be islands: then all of them are looked at.
            Some(among) if scratch.pool.entries().len() < self.beam.min(among.count).max(wanted) => {
                self.scan(among, query, &code, &scorer, excluded, scratch)
            }
            _ => self.settle(query, &code, excluded, scratch).0,
        }
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
