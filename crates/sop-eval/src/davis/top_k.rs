//! The most similar context tokens of one query, kept as they come.

/// A context token that may be among the best.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Candidate {
    pub similarity: f32,
    /// Place of the context frame.
    pub frame: u32,
    /// Token of that frame.
    pub token: u32,
}

/// All context tokens that are at least as similar as the `k`-th of them: ties with it are kept, as in the reference.
#[derive(Clone, Debug)]
pub(super) struct TopK {
    k: usize,
    /// The `k` largest so far, falling.
    best: Vec<f32>,
    candidates: Vec<Candidate>,
}

impl TopK {
    pub fn new(k: usize) -> Self {
        Self { k, best: Vec::with_capacity(k + 1), candidates: Vec::with_capacity(8 * k) }
    }

    /// What a similarity must reach to be of interest.
    pub fn threshold(&self) -> f32 {
        if self.best.len() < self.k { f32::NEG_INFINITY } else { self.best.last().copied().unwrap_or(f32::INFINITY) }
    }

    /// Looks at the similarities of neighbouring tokens of a frame, of which the first is `first_token`.
    pub fn look(&mut self, similarities: &[f32], frame: u32, first_token: u32) {
        let threshold = self.threshold();
        // Most runs hold nothing of interest, which a processor sees for many at once.
        if !similarities.iter().fold(false, |any, &similarity| any | (similarity >= threshold)) {
            return;
        }
        for (token, &similarity) in (first_token..).zip(similarities) {
            if similarity >= self.threshold() {
                self.candidates.push(Candidate { similarity, frame, token });
                let place = self.best.partition_point(|&better| better >= similarity);
                self.best.insert(place, similarity);
                self.best.truncate(self.k);
            }
        }
    }

    /// The best, in the order in which they came.
    pub fn finish(mut self) -> Vec<Candidate> {
        let threshold = self.threshold();
        self.candidates.retain(|candidate| candidate.similarity >= threshold);
        self.candidates
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ties_with_the_last_are_kept() {
        let mut top = TopK::new(2);
        top.look(&[0.1, 0.5, 0.3], 0, 10);
        top.look(&[0.3, 0.2, 0.9], 1, 0);
        top.look(&[0.5], 2, 7);
        let tokens: Vec<(u32, u32)> = top.finish().iter().map(|found| (found.frame, found.token)).collect();
        assert_eq!(tokens, [(0, 11), (1, 2), (2, 7)]);
    }

    #[test]
    fn fewer_than_k_are_all_kept() {
        let mut top = TopK::new(5);
        top.look(&[-0.5, 0.5], 0, 0);
        assert_eq!(top.finish().len(), 2);
    }
}
