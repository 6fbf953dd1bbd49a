//! The collapse monitor: is there still a difference between images?

use ndarray::{ArrayView2, Axis};
use serde::{Deserialize, Serialize};

/// When a run is called collapsed.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct MonitorConfig {
    /// Steps in a row in which embeddings are dead before the run is stopped; 0 for never.
    pub stop_after: u64,
    /// Steps over which a measure is averaged before it warns.
    pub window: u64,
}

impl Default for MonitorConfig {
    fn default() -> Self {
        Self { stop_after: 200, window: 50 }
    }
}

/// How different the teacher's embeddings of a batch are, and how the memory is used.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spread {
    /// Variance of the embeddings: the mean squared length minus the squared length of the mean; 1 for unit vectors that cancel
    /// out, 0 where all are the same.
    pub variance: f64,
    /// Effective number of directions that the variance has: (Σλ)² / Σλ² over the eigenvalues λ of the covariance.
    pub rank: f64,
}

impl Spread {
    /// Measures embeddings `[count, dim]`, of which there is at least one.
    #[must_use]
    pub fn of(embeddings: ArrayView2<'_, f32>) -> Self {
        let embeddings = embeddings.mapv(f64::from);
        let count = embeddings.nrows().max(1) as f64;
        let mean = embeddings.sum_axis(Axis(0)) / count;
        let centred = &embeddings - &mean;
        // The Gram matrix has the covariance's eigenvalues, times the number of embeddings.
        let gram = centred.dot(&centred.t());
        let trace: f64 = gram.diag().sum();
        let squares: f64 = gram.iter().map(|value| value * value).sum();
        let rank = if squares > 0.0 { trace * trace / squares } else { 0.0 };
        Self { variance: trace / count, rank }
    }
}

/// How the teacher's assignment of images to prototypes is spread; entropies are shares of the largest possible.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AssignmentSigns {
    /// Entropy of the mean assignment: 0 where all images have one prototype.
    pub entropy: f64,
    /// What an image tells of its prototype: the entropy of the mean assignment minus the mean entropy of an image's. 0 where all
    /// images have one prototype, and where every image has all of them alike.
    pub information: f64,
}

impl AssignmentSigns {
    /// From the mean assignment to prototypes and the mean entropy of an image's, in nats.
    #[must_use]
    pub fn of(mean_assignment: &[f32], mean_entropy: f64) -> Self {
        let sum: f64 = mean_assignment.iter().map(|share| f64::from(*share)).sum();
        let shares = mean_assignment.iter().map(|share| f64::from(*share) / sum).filter(|share| *share > 0.0);
        let entropy: f64 = shares.map(|share| -share * share.ln()).sum();
        let largest = (mean_assignment.len() as f64).ln().max(f64::MIN_POSITIVE);
        Self { entropy: entropy / largest, information: (entropy - mean_entropy) / largest }
    }
}

/// What the monitor looks at in a step.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Signs {
    /// Of the teacher's assignment, where there is one.
    pub assignment: Option<AssignmentSigns>,
    /// Of the teacher's global features.
    pub spread: Spread,
    /// Different slots among the support embeddings, as a share of the most there could be, where there are any.
    pub support_in_use: Option<f64>,
}

/// A measure that fell below its limit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Warning {
    /// Name of the metric.
    pub metric: &'static str,
    /// Its mean over the window.
    pub value: f64,
    /// What it should be at least.
    pub limit: f64,
}

impl std::fmt::Display for Warning {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { metric, value, limit } = self;
        write!(
            formatter,
            "the embeddings may be collapsing: {metric} is {value:.2e}, below {limit}; lower the learning rate, lower the \
             teacher's temperature, or set `objective.koleo_weight`"
        )
    }
}

/// Limits below which a measure warns.
const LIMITS: [(&str, f64); MEASURES] = [
    ("assignment_entropy", 0.1),
    ("assignment_information", 0.05),
    ("embedding_variance", 1e-3),
    ("embedding_rank", 1.5),
    ("support_in_use", 0.02),
];

const MEASURES: usize = 5;

/// Variance below which all embeddings are the same: what rounding leaves of unit vectors in f32 is a hundredth of it.
const DEAD_VARIANCE: f64 = 1e-6;

/// Watches the steps of a run.
#[derive(Clone, Debug)]
pub struct Monitor {
    config: MonitorConfig,
    /// Steps before this one are not looked at: the memories hold random vectors, the learning rate is rising.
    first: u64,
    sums: [f64; MEASURES],
    steps: u64,
    warned: [bool; MEASURES],
    dead: u64,
}

/// What the monitor says of a step.
#[derive(Clone, Debug, PartialEq)]
pub enum Verdict {
    /// Nothing, or what to warn of.
    GoOn(Vec<Warning>),
    /// The embeddings were the same for so many steps in a row that nothing more will come of the run.
    Dead,
}

impl Monitor {
    /// Watches from step `first` on.
    #[must_use]
    pub fn new(config: MonitorConfig, first: u64) -> Self {
        Self { config, first, sums: [0.0; MEASURES], steps: 0, warned: [false; MEASURES], dead: 0 }
    }

    /// Looks at a step. Each measure warns once in a run.
    pub fn look(&mut self, step: u64, signs: &Signs) -> Verdict {
        if step < self.first {
            return Verdict::GoOn(Vec::new());
        }
        self.dead = if signs.spread.variance < DEAD_VARIANCE { self.dead + 1 } else { 0 };
        if self.config.stop_after > 0 && self.dead >= self.config.stop_after {
            return Verdict::Dead;
        }
        // A measure that is not there is never below its limit.
        let values = [
            signs.assignment.map_or(f64::INFINITY, |assignment| assignment.entropy),
            signs.assignment.map_or(f64::INFINITY, |assignment| assignment.information),
            signs.spread.variance,
            signs.spread.rank,
            signs.support_in_use.unwrap_or(f64::INFINITY),
        ];
        self.sums.iter_mut().zip(values).for_each(|(sum, value)| *sum += value);
        self.steps += 1;
        if self.steps < self.config.window {
            return Verdict::GoOn(Vec::new());
        }
        let means = self.sums.map(|sum| sum / self.steps as f64);
        (self.sums, self.steps) = ([0.0; MEASURES], 0);
        let mut warnings = Vec::new();
        for ((warned, value), (metric, limit)) in self.warned.iter_mut().zip(means).zip(LIMITS) {
            if value < limit && !std::mem::replace(warned, true) {
                warnings.push(Warning { metric, value, limit });
            }
        }
        Verdict::GoOn(warnings)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use ndarray::array;

    use super::*;

    fn signs(variance: f64) -> Signs {
        Signs {
            assignment: Some(AssignmentSigns { entropy: 0.9, information: 0.5 }),
            spread: Spread { variance, rank: 10.0 },
            support_in_use: Some(0.5),
        }
    }

    #[test]
    fn variance_and_rank_by_hand() {
        let same = Spread::of(array![[0.6_f32, 0.8], [0.6, 0.8]].view());
        assert!(same.variance < 1e-15);
        let opposite = Spread::of(array![[1.0_f32, 0.0], [-1.0, 0.0]].view());
        assert_eq!((opposite.variance, opposite.rank), (1.0, 1.0));
        let square = Spread::of(array![[1.0_f32, 0.0], [-1.0, 0.0], [0.0, 1.0], [0.0, -1.0]].view());
        assert!((square.variance - 1.0).abs() < 1e-12 && (square.rank - 2.0).abs() < 1e-12);
    }

    #[test]
    fn information_is_lost_in_both_kinds_of_collapse() {
        // Every image has its own prototype.
        let sharp = AssignmentSigns::of(&[0.25; 4], 0.0);
        assert!((sharp.entropy - 1.0).abs() < 1e-9 && (sharp.information - 1.0).abs() < 1e-9);
        // Every image has all of them alike.
        let uniform = AssignmentSigns::of(&[0.25; 4], 4.0_f64.ln());
        assert!((uniform.entropy - 1.0).abs() < 1e-9 && uniform.information.abs() < 1e-9);
        // All images have the same one.
        assert_eq!(AssignmentSigns::of(&[1.0, 0.0, 0.0], 0.0), AssignmentSigns { entropy: 0.0, information: 0.0 });
    }

    #[test]
    fn it_warns_once_and_stops_after_a_row_of_dead_steps() {
        let mut monitor = Monitor::new(MonitorConfig { stop_after: 4, window: 2 }, 10);
        for step in 0..20 {
            assert_eq!(monitor.look(step, &signs(0.1)), Verdict::GoOn(Vec::new()));
        }
        let verdicts: Vec<Verdict> = (20..24).map(|step| monitor.look(step, &signs(0.0))).collect();
        let Verdict::GoOn(warnings) = &verdicts[1] else { panic!("{verdicts:?}") };
        assert_eq!(warnings.iter().map(|warning| warning.metric).collect::<Vec<_>>(), ["embedding_variance"]);
        assert_eq!((&verdicts[0], &verdicts[2]), (&Verdict::GoOn(Vec::new()), &Verdict::GoOn(Vec::new())));
        assert_eq!(verdicts[3], Verdict::Dead);
        // Before its first step it does not look.
        let mut early = Monitor::new(MonitorConfig { stop_after: 1, window: 1 }, 10);
        assert_eq!(early.look(9, &signs(0.0)), Verdict::GoOn(Vec::new()));
    }
}
