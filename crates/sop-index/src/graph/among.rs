//! The search among some rows only: along the graph, or by a look at each of them.

use std::sync::OnceLock;

use crate::RowSet;
use crate::exact::nearest::Nearest;
use crate::graph::flat::Graph;
use crate::graph::search::{MOST_IN_VIEW, OneQuery, QuerySearch, scored};
use crate::graph::settle::{self, SettleAll};
use crate::graph::space::Scorer;
use crate::graph::walk::{Adjacency as _, Scratch};
use crate::graph::walk_among::walk_among;
use sop_numeric::simd::vectorized;

/// Some rows, and how they are searched.
pub(crate) struct Among<'a> {
    allowed: &'a RowSet,
    count: usize,
    /// The rows, ascending; listed when they are first needed.
    listed: OnceLock<Vec<u32>>,
    /// Whether looking at all rows takes less than a walk where those near the query are left out.
    looks_where_left_out: bool,
    /// Rows where walks start; none where all rows are looked at.
    starts: Vec<u32>,
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
/// So many rows are scored without a look at their sketches.
const FEW: usize = 1024;
/// A row is left out where its estimate is so many standard deviations below the score of the last neighbour.
const DEVIATIONS: f32 = 1.5;
/// Estimates that are looked at together, since hardly one of them matters.
const LANES: usize = 16;
/// Rows whose estimates are held against their scores.
const MEASURED: usize = 64;

impl<'a> Among<'a> {
    /// Decides how `count` rows of a set are searched.
    pub fn new(allowed: &'a RowSet, count: usize, beam: usize, graph: &Graph, have_sketches: bool) -> Self {
        let (degree, which) = (graph.params.degree, usize::from(!have_sketches));
        let walks = count > LOOKED_AT_INSTEAD[which] * scored(beam, degree);
        let looks_where_left_out = count <= LOOKED_AT_WHERE_LEFT_OUT[which] * scored(wider(beam), degree);
        let starts = if walks { allowed.spread(STARTS) } else { Vec::new() };
        Self { allowed, count, listed: OnceLock::new(), looks_where_left_out, starts }
    }

    fn listed(&self) -> &[u32] {
        self.listed.get_or_init(|| self.allowed.to_vec())
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

#[inline(always)]
fn largest(values: &[f32]) -> f32 {
    values.iter().fold(f32::NEG_INFINITY, |largest, &value| if value > largest { value } else { largest })
}

/// The beam where a set leaves out the rows near a query.
fn wider(beam: usize) -> usize {
    beam.saturating_mul(WIDER).min(MOST_IN_VIEW).max(beam)
}

impl QuerySearch<'_> {
    /// The neighbours of a query among some rows.
    pub fn found_among(&self, among: &Among<'_>, one: &OneQuery<'_>, scratch: &mut Scratch) -> Nearest {
        if among.starts.is_empty() {
            return self.look(among, one, scratch);
        }
        self.graph.entries.near(one.scorer, scratch);
        let leaves_out = among.leaves_out(&scratch.starts, self.graph);
        if leaves_out && among.looks_where_left_out {
            return self.look(among, one, scratch);
        }
        let beam = if leaves_out { wider(self.beam) } else { self.beam };
        scratch.starts.retain(|&row| among.allowed.contains(row));
        scratch.starts.extend(&among.starts);
        walk_among(self.graph, one.scorer, among.allowed, beam, scratch);
        if scratch.pool.entries().len() < beam.min(among.count) {
            // Rows of the set are islands: then all of them are looked at.
            return self.look(among, one, scratch);
        }
        self.settle(one, scratch).0
    }

    /// Looks at every row of a set: at its sketch where there are many rows, then at those that may be among the nearest.
    fn look(&self, among: &Among<'_>, one: &OneQuery<'_>, scratch: &mut Scratch) -> Nearest {
        let listed = among.listed();
        let Some(sketches) = self.sketches.filter(|_| listed.len() > FEW.max(self.beam)) else {
            return self.scan(among, listed, one, scratch);
        };
        let sketch = sketches.query(one.code);
        let mut estimates = std::mem::take(&mut scratch.estimates);
        estimates.clear();
        sketches.estimate(&sketch, listed, &mut estimates);
        // The scores of those that look best say what a row must have, and those of some others how far estimates are off.
        scratch.pool.reset(self.beam);
        for (rows, estimates) in listed.chunks(LANES).zip(estimates.chunks(LANES)) {
            if scratch.pool.admits(largest(estimates)) {
                for (&row, &estimate) in rows.iter().zip(estimates) {
                    if scratch.pool.admits(estimate) {
                        scratch.pool.offer(row, estimate);
                    }
                }
            }
        }
        let best: Vec<u32> = scratch.pool.entries().iter().map(|entry| entry.row()).collect();
        scratch.pool.reset(self.k + usize::from(one.excluded.is_some()));
        self.take(&best, one.scorer, scratch);
        let last = scratch.pool.entries().last().map_or(f32::NEG_INFINITY, |entry| entry.score());
        // Equal similarities are ordered by row, whatever their scores.
        let equal = (settle::DEVIATIONS * one.code.deviation() + one.code.resolution(last)) as f32;
        let lowest = last - equal - DEVIATIONS * self.deviation(listed, &estimates, one.scorer, scratch);
        let mut worth = Vec::new();
        for (rows, estimates) in listed.chunks(LANES).zip(estimates.chunks(LANES)) {
            if largest(estimates) >= lowest {
                let pairs = rows.iter().zip(estimates);
                worth.extend(pairs.filter(|&(_, &estimate)| estimate >= lowest).map(|(&row, _)| row));
            }
        }
        scratch.estimates = estimates;
        // Both are those of the best estimates, so that the longer list has the other in it.
        let worth = if worth.len() < best.len() { best } else { worth };
        self.scan(among, &worth, one, scratch)
    }

    /// The root of the mean squared difference of estimates and scores, of some of the rows.
    fn deviation(&self, rows: &[u32], estimates: &[f32], scorer: &Scorer<'_>, scratch: &mut Scratch) -> f32 {
        let step = rows.len().div_ceil(MEASURED);
        scratch.batch.clear();
        scratch.batch.extend(rows.iter().step_by(step));
        scratch.batch.iter().for_each(|&row| self.codes.prefetch(row));
        scorer.scores(&scratch.batch, &mut scratch.products, &mut scratch.scores);
        let differences = scratch.scores.iter().zip(estimates.iter().step_by(step));
        let squares: f32 = differences.map(|(score, estimate)| (score - estimate).powi(2)).sum();
        (squares / scratch.batch.len() as f32).sqrt()
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
