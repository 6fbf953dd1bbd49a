//! The search for one query: walk, then settle.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::exact::nearest::Nearest;
use crate::exact::vectors::Rows;
use crate::graph::among::Among;
use crate::graph::cell_rows::CellRows;
use crate::graph::codes::{QueryCode, RowCodes};
use crate::graph::flat::Graph;
use crate::graph::settle::Settle;
use crate::graph::sketch::Sketches;
use crate::graph::space::Scorer;
use crate::graph::walk::{Scratch, walk};
use sop_numeric::simd::vectorized;

/// What the queries of one search share.
pub(crate) struct QuerySearch<'a> {
    pub graph: &'a Graph,
    pub codes: &'a RowCodes,
    pub cells: &'a CellRows,
    pub sketches: Option<&'a Sketches>,
    pub rows: Rows<'a>,
    /// Neighbours, no more than there are rows; at least 1.
    pub k: usize,
    pub beam: usize,
    /// The rows that may be found; all where nothing is said.
    pub among: Option<Among<'a>>,
    /// Rows that were scored, over all queries.
    pub num_scored: AtomicU64,
}

/// One query in every form that a search needs.
pub(crate) struct OneQuery<'a> {
    /// Its components, `[dim]`.
    pub query: &'a [f64],
    pub code: &'a QueryCode,
    pub scorer: &'a Scorer<'a>,
    /// A row that is no neighbour.
    pub excluded: Option<u32>,
}

/// Rows that a pool keeps in view at most: it is kept in order, which takes time with their square.
pub(crate) const MOST_IN_VIEW: usize = 4096;

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
        let one = OneQuery { query, code: &code, scorer: &scorer, excluded };
        if let Some(among) = &self.among {
            return self.found_among(among, &one, scratch);
        }
        self.graph.entries.near(&scorer, scratch);
        let starts = std::mem::take(&mut scratch.starts);
        walk(self.graph, &scorer, &starts, self.beam, scratch);
        scratch.starts = starts;
        self.settle(&one, scratch).0
    }

    /// The neighbours among the rows of the pool; whether no row of a lower score can be among them.
    pub fn settle(&self, one: &OneQuery<'_>, scratch: &Scratch) -> (Nearest, bool) {
        let OneQuery { query, code, excluded, .. } = *one;
        vectorized(Settle { query, code, rows: self.rows, entries: scratch.pool.entries(), k: self.k, excluded })
    }
}
