//! The method's state, and its random choices.

use burn::tensor::Device;

use super::config::{SopConfig, TaskConfig};
use super::{AnchorDraw, Distributions, Memory, Prototypes, SopStep};
use crate::objective::{Kept, Objective, ObjectiveError, ObjectiveState, ObjectiveStep, StepNumbers};
use crate::random::{Purpose, stream};

/// Every random choice of a step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StepDraws {
    /// Anchors of each class task.
    pub class: Vec<AnchorDraw>,
    /// Anchors of each patch task.
    pub patch: Vec<AnchorDraw>,
    /// The patch of each image of the second global view that goes into the patch memory.
    pub patch_tokens: Vec<usize>,
}

/// The method's state: settings and memories.
#[derive(Clone, Debug)]
pub struct Sop {
    config: SopConfig,
    class_memory: Memory,
    patch_memory: Memory,
}

impl Sop {
    /// Starts with memories of random unit vectors with `dim` components.
    ///
    /// # Errors
    /// [`ObjectiveError::Config`] for settings that cannot work.
    pub fn new(config: SopConfig, dim: usize, seed: u64) -> Result<Self, ObjectiveError> {
        let class_memory = Memory::random(config.class.memory, dim, seed, 0);
        let patch_memory = Memory::random(config.patch.memory, dim, seed, 1);
        Self::with_memories(config, class_memory, patch_memory)
    }

    /// Goes on with given memories.
    ///
    /// # Errors
    /// [`ObjectiveError::Config`] for settings that cannot work, or memories of other sizes.
    pub fn with_memories(
        config: SopConfig,
        class_memory: Memory,
        patch_memory: Memory,
    ) -> Result<Self, ObjectiveError> {
        config.check()?;
        for (part, task, memory) in [("class", &config.class, &class_memory), ("patch", &config.patch, &patch_memory)] {
            let slots = memory.embeddings().nrows();
            if slots != task.memory {
                let reason = format!("memory is {}, the memory at hand has {slots} slots", task.memory);
                return Err(ObjectiveError::Config { part, reason });
            }
        }
        Ok(Self { config, class_memory, patch_memory })
    }

    /// The settings.
    #[must_use]
    pub fn config(&self) -> &SopConfig {
        &self.config
    }

    /// Memory of global features.
    #[must_use]
    pub fn class_memory(&self) -> &Memory {
        &self.class_memory
    }

    /// Memory of patches.
    #[must_use]
    pub fn patch_memory(&self) -> &Memory {
        &self.patch_memory
    }

    /// The random choices of a step, for `batch` images of `patches` patches.
    #[must_use]
    pub fn draw(&self, seed: u64, step: u64, batch: usize, patches: usize) -> StepDraws {
        const PATCH_PART: u64 = 1 << 32;
        let draws = |task: &TaskConfig, first: u64| -> Vec<AnchorDraw> {
            let parts = first..first + task.tasks as u64;
            parts.map(|part| AnchorDraw::random(&self.config, task, seed, step, part)).collect()
        };
        let mut stream = stream(Purpose::PatchTokens, seed, step, 0);
        StepDraws {
            class: draws(&self.config.class, 0),
            patch: draws(&self.config.patch, PATCH_PART),
            patch_tokens: (0..batch).map(|_| stream.below(patches)).collect(),
        }
    }

    /// A step with these choices, from the memories as they are, on a device.
    ///
    /// # Errors
    /// [`ObjectiveError`] where a draw does not fit its memory, or there is none for a task that counts.
    pub fn step(&self, draws: StepDraws, device: &Device) -> Result<SopStep, ObjectiveError> {
        let of = |part, draws: &[AnchorDraw], memory: &Memory, task: &TaskConfig| -> Result<_, ObjectiveError> {
            if task.weight == 0.0 {
                return Ok(Vec::new());
            }
            if draws.is_empty() {
                return Err(ObjectiveError::Config { part, reason: "no anchors were drawn".to_owned() });
            }
            draws.iter().map(|draw| Prototypes::build(memory, draw, &self.config, task)).collect()
        };
        let on_device = |prototypes: &[Prototypes], memory: &Memory| {
            prototypes.iter().map(|prototypes| Distributions::new(prototypes, memory, device)).collect()
        };
        let class: Vec<Prototypes> = of("class", &draws.class, &self.class_memory, &self.config.class)?;
        let patch: Vec<Prototypes> = of("patch", &draws.patch, &self.patch_memory, &self.config.patch)?;
        Ok(SopStep {
            config: self.config.clone(),
            class: on_device(&class, &self.class_memory),
            patch: on_device(&patch, &self.patch_memory),
            kept_patches: draws.patch_tokens,
            support_in_use: class.first().and_then(|prototypes| prototypes.support_in_use(self.config.class.memory)),
        })
    }

    /// Goes on with the memories of a checkpoint.
    ///
    /// # Errors
    /// [`ObjectiveError`] where they are missing, or do not fit the settings.
    pub fn restore(config: SopConfig, state: &ObjectiveState) -> Result<Self, ObjectiveError> {
        let memory = |place: usize| {
            let name = MEMORIES[place];
            let next = state.next_slots.get(place).copied().ok_or(ObjectiveError::State { name })?;
            Memory::from_parts(state.matrix(name)?, next)
        };
        Self::with_memories(config, memory(0)?, memory(1)?)
    }
}

/// Names of the memories in a checkpoint.
const MEMORIES: [&str; 2] = ["class_memory", "patch_memory"];

impl Objective for Sop {
    fn begin(&self, numbers: StepNumbers, device: &Device) -> Result<Box<dyn ObjectiveStep>, ObjectiveError> {
        let StepNumbers { seed, step, batch, patches } = numbers;
        Ok(Box::new(self.step(self.draw(seed, step, batch, patches), device)?))
    }

    /// The memories take the teacher's embeddings of the second global view: global features, and a patch of each image.
    fn end(&mut self, kept: &Kept) -> Result<(), ObjectiveError> {
        self.class_memory.push(kept.matrix(0, MEMORIES[0])?.view())?;
        self.patch_memory.push(kept.matrix(1, MEMORIES[1])?.view())
    }

    fn is_mean_over_images(&self) -> bool {
        // KoLeo looks for each image's nearest neighbour in the batch.
        self.config.koleo_weight == 0.0
    }

    fn images_to_fill(&self) -> usize {
        self.config.class.memory
    }

    fn frozen_epochs(&self) -> f64 {
        // Its prototypes are no parameters.
        0.0
    }

    fn state(&self) -> ObjectiveState {
        let memories = [&self.class_memory, &self.patch_memory];
        let next_slots = memories.map(Memory::next_slot).to_vec();
        let empty = ObjectiveState { next_slots, ..ObjectiveState::default() };
        memories.into_iter().zip(MEMORIES).fold(empty, |state, (memory, name)| state.with(name, memory.embeddings()))
    }
}
