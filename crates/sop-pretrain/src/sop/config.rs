//! Settings of the method; the defaults are the paper's main runs.

use serde::{Deserialize, Serialize};

use crate::objective::{GlobalFeature, ObjectiveError};

/// Settings of the method.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SopConfig {
    /// The task over global features.
    pub class: TaskConfig,
    /// The task over masked patches.
    pub patch: TaskConfig,
    /// Where support embeddings are searched.
    pub search: SupportSearch,
    /// What a support embedding contributes to its prototype.
    pub contribution: Contribution,
    /// What a member keeps from its own prototype for all others: an anchor contributes `1 - smoothing` to its own.
    pub smoothing: f64,
    /// Which of the drawn anchors become prototypes.
    pub selection: AnchorSelection,
    /// Whether the anchors are the same slots at every step (Table C.7).
    pub fixed_anchors: bool,
    /// What stands for a whole view.
    pub global_feature: GlobalFeature,
    /// Temperature of the student's probabilities.
    pub student_temperature: f64,
    /// Weight of the spread of global features over the sphere (KoLeo), 0 for none.
    pub koleo_weight: f64,
}

/// Settings of one of the two tasks.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TaskConfig {
    /// Embeddings that the memory holds.
    pub memory: usize,
    /// Anchors drawn from it, K.
    pub anchors: usize,
    /// Support embeddings of each, k: without the anchor where the search leaves it out, with it otherwise.
    pub support: usize,
    /// Draws of anchors in one step, over which the loss is averaged.
    pub tasks: usize,
    /// Weight of the task's loss; with 0 it is not computed.
    pub weight: f64,
}

/// Where support embeddings are searched.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SupportSearch {
    /// Among the slots that are no anchors; the anchor joins its `support` neighbours (the released code).
    #[default]
    RemainingSlots,
    /// In the whole memory, where the anchor finds itself among its `support` neighbours (the paper's appendix A.1).
    WholeMemory,
}

/// What a member contributes to its prototype; the rest goes to all others in equal parts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Contribution {
    /// Its cosine similarity to the anchor, at least 0.
    #[default]
    Soft,
    /// `1 - smoothing`, as the anchor (Table 9).
    OneHot,
}

/// Which of the drawn anchors become prototypes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AnchorSelection {
    /// All of them.
    #[default]
    All,
    /// A random half.
    ///
    /// The released code calls it `low_energy` and means to weight the draw by the neighbours' similarities; a slip there makes
    /// all weights equal.
    LowEnergy,
}

impl Default for SopConfig {
    fn default() -> Self {
        Self {
            class: TaskConfig { memory: 65_536, anchors: 4096, support: 8, tasks: 2, weight: 1.0 },
            patch: TaskConfig { memory: 8192, anchors: 512, support: 0, tasks: 1, weight: 1.0 },
            search: SupportSearch::default(),
            contribution: Contribution::default(),
            smoothing: 0.1,
            selection: AnchorSelection::default(),
            fixed_anchors: false,
            global_feature: GlobalFeature::default(),
            student_temperature: 0.1,
            koleo_weight: 0.0,
        }
    }
}

impl SopConfig {
    /// Checks that every setting can work.
    ///
    /// # Errors
    /// [`ObjectiveError::Config`] names the setting and its range.
    pub fn check(&self) -> Result<(), ObjectiveError> {
        let wrong = |part, reason: String| Err(ObjectiveError::Config { part, reason });
        for (part, task) in [("class", &self.class), ("patch", &self.patch)] {
            let TaskConfig { memory, anchors, support, tasks, weight } = *task;
            let needed = match self.search {
                SupportSearch::RemainingSlots => anchors.saturating_add(support),
                SupportSearch::WholeMemory => anchors.max(support),
            };
            if anchors < 2 {
                return wrong(part, format!("anchors is {anchors}, it must be at least 2"));
            }
            if memory < needed {
                return wrong(
                    part,
                    format!("memory is {memory}, {anchors} anchors with {support} support embeddings need {needed}"),
                );
            }
            if memory > MAX_MEMORY {
                return wrong(part, format!("memory is {memory}, it must be at most {MAX_MEMORY}"));
            }
            if support == 0 && self.search == SupportSearch::WholeMemory {
                return wrong(part, "support is 0, with search = \"whole_memory\" it counts the anchor".to_owned());
            }
            if tasks == 0 {
                return wrong(part, "tasks is 0, it must be at least 1".to_owned());
            }
            if !(weight.is_finite() && weight >= 0.0) {
                return wrong(part, format!("weight is {weight}, it must be 0 or more"));
            }
        }
        if self.class.weight == 0.0 && self.patch.weight == 0.0 {
            return wrong("class", "weight is 0, and so is that of patch: there is nothing to learn".to_owned());
        }
        if !(0.0..1.0).contains(&self.smoothing) {
            return wrong("smoothing", format!("{} must be at least 0 and below 1", self.smoothing));
        }
        if !(self.student_temperature.is_finite() && self.student_temperature > 0.0) {
            return wrong("student_temperature", format!("{} must be above 0", self.student_temperature));
        }
        if !(self.koleo_weight.is_finite() && self.koleo_weight >= 0.0) {
            return wrong("koleo_weight", format!("{} must be 0 or more", self.koleo_weight));
        }
        Ok(())
    }
}

/// Slots of a memory: it is searched on the processor, and slots are numbered with 32 bits.
const MAX_MEMORY: usize = 1 << 24;
