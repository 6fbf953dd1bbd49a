//! The search among some rows only: along the graph, or by a look at those that may be near.

use std::sync::OnceLock;

use crate::RowSet;
use crate::exact::nearest::Nearest;
use crate::graph::cell_scan::CellScan;
use crate::graph::flat::Graph;
use crate::graph::search::{MOST_IN_VIEW, OneQuery, QuerySearch, scored};
use crate::graph::settle::SettleAll;
use crate::graph::space::Scorer;
use crate::graph::walk::{Adjacency as _, Scratch};
use crate::graph::walk_among::walk_among;
use sop_numeric::simd::vectorized;

/// Some rows, and how they are searched.
pub(crate) struct Among<'a> {
    pub allowed: &'a RowSet,
    pub count: usize,
    /// The rows, ascending; listed when they are first needed.
    listed: OnceLock<Vec<u32>>,
    /// Rows where walks start; chosen when they are first needed.
    starts: OnceLock<Vec<u32>>,
}

/// Rows that are scored at once.
const BLOCK: usize = 64;
/// Rows of a set that walks start from.
const STARTS: usize = 256;
/// Rows near a query whose neighbours say what a set leaves out.
const LOOKED_AT: usize = 4;
/// Rows that are looked at in the time that a walk takes to score one: where they have sketches, and where not.
const LOOKED_AT_INSTEAD: [usize; 2] = [8, 2];
/// The same where a set leaves out the rows near a query: a walk then finds less, and looks at more bridges.
const LOOKED_AT_WHERE_LEFT_OUT: [usize; 2] = [16, 8];
/// Where a set leaves out the rows near a query, those that are nearest lie scattered at the rims of other clusters: so many times more
/// rows are kept in view.
const WIDER: usize = 8;
/// Rows of a scan are settled where their score is at most so many standard deviations below that of the last neighbour.
const WITHIN: f64 = 3.0;
/// So many rows are scored without a look at their cells.
const FEW: usize = 1024;

impl<'a> Among<'a> {
    /// The `count` rows of a set.
    pub fn new(allowed: &'a RowSet, count: usize) -> Self {
        Self { allowed, count, listed: OnceLock::new(), starts: OnceLock::new() }
    }

    /// The rows, ascending.
    pub fn listed(&self) -> &[u32] {
        self.listed.get_or_init(|| self.allowed.to_vec())
    }

    fn starts(&self) -> &[u32] {
        self.starts.get_or_init(|| self.allowed.spread(STARTS))
    }

    /// Whether rows near a query are left out more often than others are, by half; `nearest` are rows near it, whose neighbours are near,
    /// too.
    fn leaves_out(&self, nearest: &[u32], graph: &Graph) -> bool {
        let (mut near, mut allowed) = (0, 0);
        for row in nearest.iter().take(LOOKED_AT).flat_map(|&row| graph.neighbors(row)) {
            near += 1;
            allowed += usize::from(self.allowed.contains(*row));
        }
        allowed * graph.len() * 2 < self.count * near
    }
}

/// The beam where a set leaves out the rows near a query.
fn wider(beam: usize) -> usize {
    beam.saturating_mul(WIDER).min(MOST_IN_VIEW).max(beam)
}

impl QuerySearch<'_> {
    /// The neighbours of a query among some rows.
    pub fn found_among(&self, among: &Among<'_>, one: &OneQuery<'_>, scratch: &mut Scratch) -> Nearest {
        if among.count <= FEW.max(self.beam) {
            return self.scan(among, among.listed(), one, scratch);
        }
        let (degree, which) = (self.graph.params.degree, usize::from(self.sketches.is_none()));
        let mut scan = CellScan::begin(self, among, one, std::mem::take(&mut scratch.cells));
        if scan.run(LOOKED_AT_INSTEAD[which] * scored(self.beam, degree)) {
            return self.looked(scan, one, scratch);
        }
        self.graph.entries.near(one.scorer, scratch);
        let leaves_out = among.leaves_out(&scratch.starts, self.graph);
        let beam = if leaves_out { wider(self.beam) } else { self.beam };
        if leaves_out && scan.run(LOOKED_AT_WHERE_LEFT_OUT[which] * scored(beam, degree)) {
            return self.looked(scan, one, scratch);
        }
        scratch.starts.retain(|&row| among.allowed.contains(row));
        scratch.starts.extend(among.starts());
        walk_among(self.graph, one.scorer, among.allowed, beam, scratch);
        if scratch.pool.entries().len() < beam.min(among.count) {
            // Rows of the set are islands: then they are looked for without the graph.
            scan.run(usize::MAX);
            return self.looked(scan, one, scratch);
        }
        scratch.cells = scan.stop();
        self.settle(one, scratch).0
    }

    /// The neighbours that a scan of cells finds.
    fn looked(&self, scan: CellScan<'_>, one: &OneQuery<'_>, scratch: &mut Scratch) -> Nearest {
        scratch.num_scored += scan.finish(&mut scratch.pool, &mut scratch.cells);
        let (mut nearest, is_complete) = self.settle(one, scratch);
        let scored = &scratch.cells.scored;
        if is_complete || scratch.pool.entries().len() >= scored.len() {
            return nearest;
        }
        // Integers cannot tell which of more rows are nearest.
        let lowest = nearest.worst().map_or(f64::NEG_INFINITY, |worst| {
            let score = one.code.score(worst);
            score - WITHIN * one.code.deviation() - one.code.resolution(score as f32)
        });
        let rows = scored.iter().filter(|scored| f64::from(scored.1) >= lowest).map(|scored| scored.0);
        let rows = RowSet::from_rows(self.rows.len(), rows);
        vectorized(SettleAll { query: one.query, rows: self.rows, among: &rows, k: self.k, excluded: one.excluded })
    }

    /// Scores some rows and offers them to the pool.
    fn take(&self, rows: &[u32], scorer: &Scorer<'_>, scratch: &mut Scratch) {
        let blocks = rows.chunks(BLOCK);
        rows.iter().take(BLOCK).for_each(|&row| self.codes.prefetch(row));
        for (place, block) in blocks.enumerate() {
            rows.iter().skip((place + 1) * BLOCK).take(BLOCK).for_each(|&row| self.codes.prefetch(row));
            scratch.batch.clear();
            scratch.batch.extend(block);
            scratch.take_batch(scorer);
        }
    }

    /// Looks at some rows of a set one by one.
    fn scan(&self, among: &Among<'_>, rows: &[u32], one: &OneQuery<'_>, scratch: &mut Scratch) -> Nearest {
        // One row more than are wanted, to know what was left out.
        let mut beam = self.k + usize::from(one.excluded.is_some()) + 32;
        while beam <= MOST_IN_VIEW {
            scratch.pool.reset(beam);
            self.take(rows, one.scorer, scratch);
            let (nearest, is_complete) = self.settle(one, scratch);
            if is_complete || beam >= rows.len() {
                return nearest;
            }
            beam = beam.saturating_mul(4);
        }
        // So many rows are about equally near that integers cannot tell which are nearest.
        let OneQuery { query, excluded, .. } = *one;
        vectorized(SettleAll { query, rows: self.rows, among: among.allowed, k: self.k, excluded })
    }
}
