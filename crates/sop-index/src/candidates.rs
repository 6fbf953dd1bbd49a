//! The rows that may still be among the nearest of one query.

use crate::nearest::Nearest;
use crate::simd::{Loops, prefetch};
use crate::similarity::similarity;
use crate::vectors::Rows;

/// A row whose similarity is known approximately.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Candidate {
    /// The approximate similarity.
    pub center: f32,
    /// The similarity is not above this.
    pub upper: f32,
    /// Row of the gallery.
    pub row: u32,
}

impl Candidate {
    /// The similarity is not below this.
    fn lower(&self) -> f32 {
        // The rounding of three numbers to f32 is taken off.
        let center = f64::from(self.center);
        (2.0 * center - f64::from(self.upper) - center.abs() * 4e-7) as f32
    }
}

/// Candidates between one whose row is asked for and the one computed.
const AHEAD: usize = 3;

/// What is known of the neighbours of one query.
#[derive(Debug)]
pub(crate) struct Candidates {
    /// Rows that must be looked at again.
    pub found: Vec<Candidate>,
    /// Rows whose upper bound is below are no candidates. A guess: see [`is_proven`](Self::is_proven).
    pub threshold: f32,
    /// Rows whose similarity is known.
    nearest: Nearest,
}

impl Candidates {
    /// No rows yet, `k` wanted; those below `threshold` are left out.
    pub fn new(k: usize, threshold: f32) -> Self {
        Self { found: Vec::new(), threshold, nearest: Nearest::new(k) }
    }

    /// Raises the threshold to the `rank`-th best approximate similarity found: a guess of the last neighbour's.
    pub fn guess_threshold(&mut self, rank: usize) {
        self.raise_threshold(rank, |candidate| candidate.center);
    }

    /// Raises the threshold to the `rank`-th best lower bound found.
    pub fn lower_threshold(&mut self, rank: usize) {
        self.raise_threshold(rank, Candidate::lower);
    }

    fn raise_threshold(&mut self, rank: usize, value: impl Fn(&Candidate) -> f32) {
        if rank > self.found.len() {
            return;
        }
        let by_value = |first: &Candidate, second: &Candidate| value(second).total_cmp(&value(first));
        let (_, last, _) = self.found.select_nth_unstable_by(rank - 1, by_value);
        let value = value(last);
        if value > self.threshold {
            self.threshold = value.min(f32::MAX);
            self.found.retain(|candidate| candidate.upper >= value);
        }
    }

    /// Whether no row that was left out can be among the nearest; to be asked after [`Settle`].
    pub fn is_proven(&mut self) -> bool {
        self.threshold == f32::NEG_INFINITY
            || self.nearest.worst().is_some_and(|worst| self.threshold <= worst.next_down())
    }

    /// A similarity that only rows which are not among the nearest are below, whatever was left out so far.
    pub fn proven_threshold(&mut self) -> f32 {
        self.nearest.worst().map_or(f32::NEG_INFINITY, f32::next_down)
    }

    /// The rows whose similarity is known, best first.
    pub fn into_nearest(self) -> Nearest {
        self.nearest
    }
}

/// Computes the similarity of the candidates found, as far as they may be among the nearest.
pub(crate) struct Settle<'a> {
    pub candidates: &'a mut Candidates,
    pub k: usize,
    pub query: &'a [f64],
    pub vectors: Rows<'a>,
    /// As long as a row.
    pub scratch: &'a mut [f32],
    /// Row that is not its own neighbour.
    pub excluded: Option<u32>,
}

impl Loops for Settle<'_> {
    /// How many similarities were computed.
    type Output = usize;

    #[inline(always)]
    fn run<const FUSED: bool>(mut self) -> usize {
        let Candidates { found, threshold, nearest } = &mut *self.candidates;
        found.retain(|candidate| candidate.upper >= *threshold && Some(candidate.row) != self.excluded);
        let first = self.k.saturating_sub(nearest.len()).min(found.len());
        if first > 0 && first < found.len() {
            found.select_nth_unstable_by(first - 1, |first, second| second.center.total_cmp(&first.center));
        }
        let mut found = std::mem::take(found);
        self.compute::<FUSED>(&found[..first]);
        found.drain(..first);
        if let Some(worst) = self.candidates.nearest.worst() {
            found.retain(|candidate| candidate.upper >= worst);
        }
        self.compute::<FUSED>(&found);
        let count = first + found.len();
        found.clear();
        self.candidates.found = found;
        count
    }
}

impl Settle<'_> {
    #[inline(always)]
    fn compute<const FUSED: bool>(&mut self, candidates: &[Candidate]) {
        for (place, candidate) in candidates.iter().enumerate() {
            if let Some(row) = candidates.get(place + AHEAD).and_then(|ahead| self.vectors.stored(ahead.row as usize)) {
                prefetch(row);
            }
            let row = self.vectors.get(candidate.row as usize, self.scratch);
            self.candidates.nearest.offer(candidate.row, similarity::<FUSED>(self.query, row));
        }
    }
}
