//! One step of the method: embeddings of all views to a loss, and the teacher's embeddings to the memories.

use burn::tensor::{Device, Tensor, TensorData};
use ndarray::ArrayView2;

use super::config::{SopConfig, TaskConfig};
use super::{
    AnchorDraw, Distributions, Memory, Prototypes, SopError, class_loss, koleo_loss, mean_entropy, patch_loss,
};
use crate::random::{Purpose, below, generator};

/// Views of a batch after the head: unit vectors, view after view.
#[derive(Clone, Debug)]
pub struct ViewEmbeddings {
    /// Global features of all student views, `[views * batch, dim]`; the first two views are the teacher's.
    pub student_global: Tensor<2>,
    /// Global features of the teacher's views, `[2 * batch, dim]`.
    pub teacher_global: Tensor<2>,
    /// Masked patches of the student's global views, `[masked, dim]`, in the order of [`MaskedPatches::places`].
    pub student_masked: Tensor<2>,
    /// The same patches seen by the teacher, which sees no masks.
    pub teacher_masked: Tensor<2>,
    /// What goes into the patch memory: a patch of each image of the teacher's second view, `[batch, dim]`.
    pub teacher_pushed: Tensor<2>,
}

/// Where the masked patches of the global views are, and what each weighs in the loss.
#[derive(Clone, Debug, PartialEq)]
pub struct MaskedPatches {
    /// Image and patch; images are counted over both global views.
    pub places: Vec<(usize, usize)>,
    /// 1 / (masked patches of the image · images of both views).
    pub weights: Vec<f32>,
}

impl MaskedPatches {
    /// Finds them in masks of `patches` values per image, view after view.
    #[must_use]
    pub fn of(mask: &[bool], patches: usize) -> Self {
        let images = mask.len() / patches.max(1);
        let (mut places, mut weights) = (Vec::new(), Vec::new());
        for (image, cells) in mask.chunks(patches.max(1)).enumerate() {
            let masked = cells.iter().enumerate().filter(|(_, cell)| **cell).map(|(patch, _)| (image, patch));
            let before = places.len();
            places.extend(masked);
            let count = places.len() - before;
            let weight = 1.0 / (count.max(1) as f64 * images as f64);
            weights.extend(std::iter::repeat_n(weight as f32, count));
        }
        Self { places, weights }
    }
}

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

/// The loss of a step and its parts, without their weights.
#[derive(Debug)]
pub struct SopLoss {
    /// The weighted sum, to be differentiated.
    pub total: Tensor<1>,
    /// L_CLS, where it was computed.
    pub class: Option<Tensor<1>>,
    /// L_patch, where it was computed.
    pub patch: Option<Tensor<1>>,
    /// KoLeo, where it was computed.
    pub koleo: Option<Tensor<1>>,
    /// Mean probabilities of the teacher over the first class task's prototypes, `[K]`, where it was computed.
    pub teacher_assignment: Option<Tensor<1>>,
    /// Mean entropy of the teacher's probabilities of an image over the first class task's prototypes, where it was computed.
    pub teacher_entropy: Option<Tensor<1>>,
}

/// The prototypes of a step, task by task.
#[derive(Clone, Debug)]
pub struct StepPrototypes {
    class: Vec<Distributions>,
    patch: Vec<Distributions>,
    /// Different slots among the support embeddings of the first class task, see [`Prototypes::support_in_use`].
    pub support_in_use: Option<f64>,
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
    /// [`SopError::Config`] for settings that cannot work.
    pub fn new(config: SopConfig, dim: usize, seed: u64) -> Result<Self, SopError> {
        let class_memory = Memory::random(config.class.memory, dim, seed, 0);
        let patch_memory = Memory::random(config.patch.memory, dim, seed, 1);
        Self::with_memories(config, class_memory, patch_memory)
    }

    /// Goes on with given memories.
    ///
    /// # Errors
    /// [`SopError::Config`] for settings that cannot work, or memories of other sizes.
    pub fn with_memories(config: SopConfig, class_memory: Memory, patch_memory: Memory) -> Result<Self, SopError> {
        config.check()?;
        for (part, task, memory) in [("class", &config.class, &class_memory), ("patch", &config.patch, &patch_memory)] {
            let slots = memory.embeddings().nrows();
            if slots != task.memory {
                let reason = format!("memory is {}, the memory at hand has {slots} slots", task.memory);
                return Err(SopError::Config { part, reason });
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
        let mut random = generator(Purpose::PatchTokens, seed, step, 0);
        StepDraws {
            class: draws(&self.config.class, 0),
            patch: draws(&self.config.patch, PATCH_PART),
            patch_tokens: (0..batch).map(|_| below(&mut random, patches)).collect(),
        }
    }

    /// The prototypes of a step from the memories as they are, on a device.
    ///
    /// # Errors
    /// [`SopError`] where a draw does not fit its memory, or there is none for a task that counts.
    pub fn prototypes(&self, draws: &StepDraws, device: &Device) -> Result<StepPrototypes, SopError> {
        let of = |part, draws: &[AnchorDraw], memory: &Memory, task: &TaskConfig| -> Result<_, SopError> {
            if task.weight == 0.0 {
                return Ok(Vec::new());
            }
            if draws.is_empty() {
                return Err(SopError::Config { part, reason: "no anchors were drawn".to_owned() });
            }
            draws.iter().map(|draw| Prototypes::build(memory, draw, &self.config, task)).collect()
        };
        let on_device = |prototypes: &[Prototypes], memory: &Memory| {
            prototypes.iter().map(|prototypes| Distributions::new(prototypes, memory, device)).collect()
        };
        let class: Vec<Prototypes> = of("class", &draws.class, &self.class_memory, &self.config.class)?;
        let patch: Vec<Prototypes> = of("patch", &draws.patch, &self.patch_memory, &self.config.patch)?;
        Ok(StepPrototypes {
            class: on_device(&class, &self.class_memory),
            patch: on_device(&patch, &self.patch_memory),
            support_in_use: class.first().and_then(|prototypes| prototypes.support_in_use(self.config.class.memory)),
        })
    }

    /// The loss of some images.
    ///
    /// `weights` are those of the masked patches. Tensors of the student are on a device that differentiates, those of the teacher
    /// need not be.
    ///
    /// # Errors
    /// [`SopError`] where shapes do not fit.
    pub fn loss(
        &self,
        prototypes: &StepPrototypes,
        views: &ViewEmbeddings,
        weights: &[f32],
        teacher_temperature: f64,
    ) -> Result<SopLoss, SopError> {
        let batch = views.teacher_global.dims()[0] / 2;
        let device = views.student_global.device();
        let mut total: Option<Tensor<1>> = None;
        let mut add = |part: &Tensor<1>, weight: f64| {
            let part = part.clone() * weight;
            total = Some(total.take().map_or(part.clone(), |total| total + part));
        };
        let (mut teacher_assignment, mut teacher_entropy) = (None, None);
        let class = self.mean_over(
            &prototypes.class,
            (&views.student_global, &views.teacher_global),
            teacher_temperature,
            |student, teacher| {
                teacher_assignment.get_or_insert_with(|| teacher.clone().mean_dim(0).squeeze_dim::<1>(0).inner());
                teacher_entropy.get_or_insert_with(|| mean_entropy(teacher.clone().inner()));
                class_loss(student, teacher, batch)
            },
        );
        if let Some(loss) = &class {
            add(loss, self.config.class.weight);
        }
        let count = views.student_masked.dims()[0];
        if weights.len() != count {
            let reason = format!("{} weights for {count} masked patches", weights.len());
            return Err(SopError::Config { part: "mask", reason });
        }
        let patch = match count {
            0 => (!prototypes.patch.is_empty()).then(|| Tensor::zeros([1], &device)),
            _ => {
                let weights: Tensor<1> = Tensor::from_data(TensorData::new(weights.to_vec(), [count]), &device);
                let embeddings = (&views.student_masked, &views.teacher_masked);
                self.mean_over(&prototypes.patch, embeddings, teacher_temperature, |student, teacher| {
                    patch_loss(student, teacher, weights.clone())
                })
            }
        };
        if let Some(loss) = &patch {
            add(loss, self.config.patch.weight);
        }
        let mut koleo = None;
        if self.config.koleo_weight > 0.0 {
            let loss = koleo_loss(views.student_global.clone().narrow(0, 0, 2 * batch), batch);
            add(&loss, self.config.koleo_weight);
            koleo = Some(loss);
        }
        let total = total.unwrap_or_else(|| Tensor::zeros([1], &device));
        Ok(SopLoss { total, class, patch, koleo, teacher_assignment, teacher_entropy })
    }

    /// Takes the teacher's embeddings of the second global view into the memories: global features `[batch, dim]` and a patch of
    /// each image `[batch, dim]`.
    ///
    /// # Errors
    /// [`SopError`] where they do not fit the memories.
    pub fn remember(&mut self, global: ArrayView2<'_, f32>, patches: ArrayView2<'_, f32>) -> Result<(), SopError> {
        self.class_memory.push(global)?;
        self.patch_memory.push(patches)
    }

    /// Whether the loss of a batch is the mean of its images' losses, so that the batch can be cut into parts.
    #[must_use]
    pub fn is_mean_over_images(&self) -> bool {
        // KoLeo looks for each image's nearest neighbour in the batch.
        self.config.koleo_weight == 0.0
    }

    /// The mean loss over tasks, each with its prototypes; `None` without any.
    fn mean_over(
        &self,
        tasks: &[Distributions],
        (student, teacher): (&Tensor<2>, &Tensor<2>),
        teacher_temperature: f64,
        mut loss: impl FnMut(Tensor<2>, Tensor<2>) -> Tensor<1>,
    ) -> Option<Tensor<1>> {
        let mut sum: Option<Tensor<1>> = None;
        for distributions in tasks {
            let target = distributions.of(teacher.clone(), teacher_temperature);
            let predicted = distributions.of(student.clone(), self.config.student_temperature);
            let loss = loss(predicted, target);
            sum = Some(sum.map_or(loss.clone(), |sum| sum + loss));
        }
        sum.map(|sum| sum / tasks.len() as f64)
    }
}
