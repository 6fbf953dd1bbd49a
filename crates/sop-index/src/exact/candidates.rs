//! The rows that may still be among the nearest of one query.

use crate::exact::nearest::Nearest;

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

/// What is known of the neighbours of one query.
#[derive(Debug)]
pub(crate) struct Candidates {
    /// Rows that must be looked at again.
    pub found: Vec<Candidate>,
    /// Rows whose upper bound is below are no candidates. A guess: see [`is_proven`](Self::is_proven).
    pub threshold: f32,
    /// Rows whose similarity is to be computed, ascending.
    pub due: Vec<u32>,
    /// Rows whose similarity is known.
    pub nearest: Nearest,
}

impl Candidates {
    /// No rows yet, `k` wanted; those below `threshold` are left out.
    pub fn new(k: usize, threshold: f32) -> Self {
        Self { found: Vec::new(), due: Vec::new(), threshold, nearest: Nearest::new(k) }
    }

    /// Raises the threshold to the `rank`-th best similarity known: a guess of the last neighbour's.
    pub fn guess_threshold(&mut self, rank: usize) {
        if let Some(similarity) = self.nearest.similarity_at(rank) {
            self.raise_threshold(similarity.next_down());
        }
    }

    /// Raises the threshold to the `rank`-th best lower bound found.
    pub fn lower_threshold(&mut self, rank: usize) {
        if rank > self.found.len() {
            return;
        }
        let by_lower = |first: &Candidate, second: &Candidate| second.lower().total_cmp(&first.lower());
        let (_, last, _) = self.found.select_nth_unstable_by(rank - 1, by_lower);
        let lower = last.lower();
        self.raise_threshold(lower);
    }

    fn raise_threshold(&mut self, value: f32) {
        if value > self.threshold {
            self.threshold = value.min(f32::MAX);
            self.found.retain(|candidate| candidate.upper >= value);
        }
    }

    /// Makes the best candidates due, as far as they are known approximately.
    pub fn best_due(&mut self, count: usize, excluded: Option<u32>) {
        let threshold = self.threshold;
        self.found.retain(|candidate| candidate.upper >= threshold && Some(candidate.row) != excluded);
        let first = count.min(self.found.len());
        if first > 0 && first < self.found.len() {
            self.found.select_nth_unstable_by(first - 1, |first, second| second.center.total_cmp(&first.center));
        }
        self.due.extend(self.found.drain(..first).map(|candidate| candidate.row));
        self.due.sort_unstable();
    }

    /// Makes the candidates due that may be better than the worst of `k` known ones.
    pub fn rest_due(&mut self) {
        let worst = self.nearest.worst().unwrap_or(f32::NEG_INFINITY);
        self.due.clear();
        self.due
            .extend(self.found.drain(..).filter(|candidate| candidate.upper >= worst).map(|candidate| candidate.row));
        self.due.sort_unstable();
    }

    /// Whether no row that was left out can be among the nearest; to be asked when all are settled.
    pub fn is_proven(&mut self) -> bool {
        self.threshold == f32::NEG_INFINITY
            || self.nearest.worst().is_some_and(|worst| self.threshold <= worst.next_down())
    }

    /// A similarity that only rows which are not among the nearest are below, whatever was left out so far.
    pub fn proven_threshold(&mut self) -> f32 {
        self.nearest.worst().map_or(f32::NEG_INFINITY, f32::next_down)
    }
}
