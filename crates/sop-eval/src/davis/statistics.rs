//! What becomes of the scores of an object's frames.

/// Scores count as found from here on.
const RECALL_THRESHOLD: f64 = 0.5;

/// Mean, recall and decay of an object's scores, as `db_statistics` of davis2017-evaluation.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Statistics {
    /// Mean over the frames.
    pub mean: f64,
    /// Share of the frames with more than 0.5.
    pub recall: f64,
    /// Mean of the first quarter of the frames less that of the last one; quarters share the frame between them.
    ///
    /// The reference keeps the ends of the quarters in 8 bits, which goes wrong beyond 256 frames; here it does not.
    pub decay: f64,
}

impl Statistics {
    /// `None` without frames.
    #[must_use]
    pub fn of(scores: &[f64]) -> Option<Self> {
        let last = scores.len().checked_sub(1)?;
        let mean = |scores: &[f64]| scores.iter().sum::<f64>() / scores.len() as f64;
        // numpy's round goes to the even neighbour; the reference adds 1e-10 first, so that halves go up.
        let end = |quarter: usize| ((last as f64 * quarter as f64 / 4.0) + 1.0 + 1e-10).round_ties_even() as usize - 1;
        let quarter = |number: usize| mean(&scores[end(number)..=end(number + 1)]);
        let found = scores.iter().filter(|&&score| score > RECALL_THRESHOLD).count();
        Some(Self { mean: mean(scores), recall: found as f64 / scores.len() as f64, decay: quarter(0) - quarter(3) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decay_is_first_quarter_less_last() {
        let scores: Vec<f64> = (0..9).map(|frame| 1.0 - f64::from(frame) / 10.0).collect();
        let found = Statistics::of(&scores).unwrap();
        // Quarters end at frames 0, 2, 4, 6, 8.
        assert!((found.decay - (0.9 - 0.3)).abs() < 1e-12, "{found:?}");
        assert!((found.recall - 5.0 / 9.0).abs() < 1e-12);
        assert_eq!(Statistics::of(&[]), None);
        assert_eq!(Statistics::of(&[0.7]).unwrap().decay, 0.0);
    }

    #[test]
    fn long_videos_have_a_decay() {
        let scores: Vec<f64> = (0..400).map(|frame| if frame < 200 { 1.0 } else { 0.0 }).collect();
        assert_eq!(Statistics::of(&scores).unwrap().decay, 1.0);
    }
}
