//! From candidates to known similarities, for many queries at once.

use crate::exact::candidates::Candidates;
use crate::exact::similarity::similarity;
use crate::exact::vectors::Rows;
use sop_numeric::simd::{Loops, prefetch};

/// Bytes of the rows that all queries look at before the next rows are: they come from memory once, then from the cache
/// that cores share.
const PASS_BYTES: usize = 4 << 20;
/// The same where queries look at many of the rows: then they come from the cache of a core.
const DENSE_PASS_BYTES: usize = 192 << 10;
/// Rows for each query that are many.
const DENSE: usize = 512;
/// Rows between one that is asked for and the one computed.
const AHEAD: usize = 2;

/// Computes the similarities of the candidates found, as far as they may be among the nearest.
///
/// First those of the best candidates, which say what the others must reach.
pub(crate) struct Settle<'a> {
    pub candidates: &'a mut [Candidates],
    /// Queries with more candidates than this are settled.
    pub more_than: usize,
    /// How many of the best candidates are settled; all that may be among the nearest where nothing is said.
    pub best: Option<usize>,
    pub k: usize,
    /// The queries, `[queries, dim]`.
    pub queries: &'a [f64],
    /// Row that is not its own neighbour, for each query; none when empty.
    pub excluded: &'a [u32],
    pub rows: Rows<'a>,
}

impl Loops for Settle<'_> {
    /// How many similarities were computed.
    type Output = usize;

    #[inline(always)]
    fn run<const FUSED: bool>(mut self) -> usize {
        let chosen: Vec<bool> =
            self.candidates.iter().map(|candidates| candidates.found.len() > self.more_than).collect();
        for (place, candidates) in self.candidates.iter_mut().enumerate().filter(|&(place, _)| chosen[place]) {
            // Those found last may well be better than those known.
            let best = self.best.unwrap_or(self.k.saturating_sub(candidates.nearest.len()).max(self.k / 2));
            candidates.best_due(best, self.excluded.get(place).copied());
        }
        let mut count = 0;
        for rest in [false, true] {
            if rest && self.best.is_none() {
                let chosen = self.candidates.iter_mut().zip(&chosen).filter(|(_, chosen)| **chosen);
                chosen.for_each(|(candidates, _)| candidates.rest_due());
            }
            count += self.compute::<FUSED>();
        }
        count
    }
}

impl Settle<'_> {
    #[inline(always)]
    fn compute<const FUSED: bool>(&mut self) -> usize {
        let dim = self.rows.dim();
        let queries = self.candidates.iter().filter(|candidates| !candidates.due.is_empty()).count();
        let due: usize = self.candidates.iter().map(|candidates| candidates.due.len()).sum();
        let bytes = if due > DENSE * queries { DENSE_PASS_BYTES } else { PASS_BYTES };
        let rows_of_a_pass = (bytes / size_of::<f32>() / dim).max(1);
        let mut scratch = vec![0.0; dim];
        let mut done = vec![0_usize; self.candidates.len()];
        for end in (rows_of_a_pass..).step_by(rows_of_a_pass) {
            for ((candidates, done), query) in self.candidates.iter_mut().zip(&mut done).zip(self.queries.chunks(dim)) {
                while let Some(&row) = candidates.due.get(*done).filter(|&&row| (row as usize) < end) {
                    if let Some(ahead) = candidates.due.get(*done + AHEAD) {
                        prefetch(self.rows.stored(*ahead as usize).unwrap_or_default());
                    }
                    let values = self.rows.get(row as usize, &mut scratch);
                    candidates.nearest.offer(row, similarity::<FUSED>(query, values));
                    *done += 1;
                }
            }
            if end >= self.rows.len() {
                break;
            }
        }
        self.candidates.iter_mut().for_each(|candidates| candidates.due.clear());
        due
    }
}
