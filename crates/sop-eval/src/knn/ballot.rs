//! The votes for one test image.

/// Sum of votes per class for one image; used again for the next one, so that many classes cost nothing per image.
pub(super) struct Ballot {
    votes: Vec<f64>,
    voted: Vec<bool>,
    /// Classes with a vote, in the order of their first one.
    classes: Vec<u32>,
}

impl Ballot {
    /// A ballot over classes `0..num_classes`.
    pub fn new(num_classes: usize) -> Self {
        Self { votes: vec![0.0; num_classes], voted: vec![false; num_classes], classes: Vec::new() }
    }

    /// Takes all votes away.
    pub fn clear(&mut self) {
        for class in self.classes.drain(..) {
            self.votes[class as usize] = 0.0;
            self.voted[class as usize] = false;
        }
    }

    /// Adds a vote.
    pub fn add(&mut self, class: u32, weight: f64) {
        if !self.voted[class as usize] {
            self.voted[class as usize] = true;
            self.classes.push(class);
        }
        self.votes[class as usize] += weight;
    }

    /// The class with the most votes, of equal ones the lower; `None` without a vote.
    pub fn first(&self) -> Option<u32> {
        let votes = |class: u32| self.votes[class as usize];
        self.classes.iter().copied().reduce(|first, other| {
            let is_ahead = votes(other) > votes(first) || (votes(other) == votes(first) && other < first);
            if is_ahead { other } else { first }
        })
    }

    /// Number of classes ahead of `class`: more votes, or as many and a lower index. `None` when it has no vote.
    pub fn rank(&self, class: u32) -> Option<u32> {
        if !self.voted[class as usize] {
            return None;
        }
        let votes = self.votes[class as usize];
        let ahead = |&&other: &&u32| {
            let others = self.votes[other as usize];
            others > votes || (others == votes && other < class)
        };
        Some(self.classes.iter().filter(ahead).count() as u32)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranks_follow_votes_then_the_lower_class() {
        let mut ballot = Ballot::new(5);
        for (class, weight) in [(3, 1.0), (1, 0.5), (4, 2.0), (1, 0.5)] {
            ballot.add(class, weight);
        }
        let ranks = |ballot: &Ballot| (0..5).map(|class| ballot.rank(class)).collect::<Vec<_>>();
        assert_eq!(ranks(&ballot), [None, Some(1), None, Some(2), Some(0)]);
        assert_eq!(ballot.first(), Some(4));
        ballot.add(1, 1.0);
        assert_eq!(ballot.first(), Some(1));
        ballot.clear();
        assert_eq!(ballot.first(), None);
        assert_eq!(ranks(&ballot), [None; 5]);
        ballot.add(0, 0.0);
        assert_eq!(ballot.rank(0), Some(0));
    }
}
