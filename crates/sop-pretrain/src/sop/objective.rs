//! One step of the method: embeddings of all views to a loss, and the teacher's embeddings to the memories.

use burn::tensor::{Tensor, TensorData};
use ndarray::Array2;
use sop_backbone::host_values;

use super::config::{SopConfig, TaskConfig};
use super::{AnchorDraw, Distributions, Memory, Prototypes, SopError, class_loss, koleo_loss, patch_loss};
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

    /// The loss of a step with the memories as they are; the second global view of the teacher goes into them afterwards.
    ///
    /// `weights` are those of the masked patches. Tensors of the student are on a device that differentiates, those of the teacher
    /// need not be.
    ///
    /// # Errors
    /// [`SopError`] where shapes and draws do not fit, or a tensor cannot be read back.
    pub fn step(
        &mut self,
        views: &ViewEmbeddings,
        weights: &[f32],
        draws: &StepDraws,
        teacher_temperature: f64,
    ) -> Result<SopLoss, SopError> {
        let batch = views.teacher_global.dims()[0] / 2;
        let mut total: Option<Tensor<1>> = None;
        let mut add = |part: &Tensor<1>, weight: f64| {
            let part = part.clone() * weight;
            total = Some(total.take().map_or(part.clone(), |total| total + part));
        };
        let (mut class, mut teacher_assignment) = (None, None);
        if self.config.class.weight > 0.0 {
            let (loss, assignment) = self.class_tasks(views, batch, draws, teacher_temperature)?;
            add(&loss, self.config.class.weight);
            (class, teacher_assignment) = (Some(loss), assignment);
        }
        let mut patch = None;
        if self.config.patch.weight > 0.0 {
            let loss = self.patch_tasks(views, weights, draws, teacher_temperature)?;
            add(&loss, self.config.patch.weight);
            patch = Some(loss);
        }
        let mut koleo = None;
        if self.config.koleo_weight > 0.0 {
            let loss = koleo_loss(views.student_global.clone().narrow(0, 0, 2 * batch), batch);
            add(&loss, self.config.koleo_weight);
            koleo = Some(loss);
        }
        self.class_memory.push(host(views.teacher_global.clone().narrow(0, batch, batch))?.view())?;
        self.patch_memory.push(host(views.teacher_pushed.clone())?.view())?;
        let total = total.unwrap_or_else(|| Tensor::zeros([1], &views.student_global.device()));
        Ok(SopLoss { total, class, patch, koleo, teacher_assignment })
    }

    fn class_tasks(
        &self,
        views: &ViewEmbeddings,
        batch: usize,
        draws: &StepDraws,
        teacher_temperature: f64,
    ) -> Result<(Tensor<1>, Option<Tensor<1>>), SopError> {
        let mut assignment = None;
        let loss = |student, teacher: Tensor<2>| {
            assignment.get_or_insert_with(|| teacher.clone().mean_dim(0).squeeze_dim::<1>(0).inner());
            class_loss(student, teacher, batch)
        };
        let embeddings = (&views.student_global, &views.teacher_global);
        let memory = (&self.class_memory, &self.config.class);
        let loss = self.mean_over(&draws.class, memory, embeddings, teacher_temperature, loss)?;
        Ok((loss.ok_or_else(|| no_task("class"))?, assignment))
    }

    fn patch_tasks(
        &self,
        views: &ViewEmbeddings,
        weights: &[f32],
        draws: &StepDraws,
        teacher_temperature: f64,
    ) -> Result<Tensor<1>, SopError> {
        let count = views.student_masked.dims()[0];
        let device = views.student_masked.device();
        if weights.len() != count {
            let reason = format!("{} weights for {count} masked patches", weights.len());
            return Err(SopError::Config { part: "mask", reason });
        }
        if count == 0 {
            return Ok(Tensor::zeros([1], &device));
        }
        let weights: Tensor<1> = Tensor::from_data(TensorData::new(weights.to_vec(), [count]), &device);
        let loss = |student, teacher| patch_loss(student, teacher, weights.clone());
        let embeddings = (&views.student_masked, &views.teacher_masked);
        let memory = (&self.patch_memory, &self.config.patch);
        let loss = self.mean_over(&draws.patch, memory, embeddings, teacher_temperature, loss)?;
        loss.ok_or_else(|| no_task("patch"))
    }

    /// The mean loss over tasks, each with the prototypes of its draw; `None` without draws.
    fn mean_over(
        &self,
        draws: &[AnchorDraw],
        (memory, task): (&Memory, &TaskConfig),
        (student, teacher): (&Tensor<2>, &Tensor<2>),
        teacher_temperature: f64,
        mut loss: impl FnMut(Tensor<2>, Tensor<2>) -> Tensor<1>,
    ) -> Result<Option<Tensor<1>>, SopError> {
        let mut sum: Option<Tensor<1>> = None;
        for draw in draws {
            let prototypes = Prototypes::build(memory, draw, &self.config, task)?;
            let distributions = Distributions::new(&prototypes, memory, &student.device());
            let target = distributions.of(teacher.clone(), teacher_temperature);
            let predicted = distributions.of(student.clone(), self.config.student_temperature);
            let loss = loss(predicted, target);
            sum = Some(sum.map_or(loss.clone(), |sum| sum + loss));
        }
        Ok(sum.map(|sum| sum / draws.len() as f64))
    }
}

fn no_task(part: &'static str) -> SopError {
    SopError::Config { part, reason: "no anchors were drawn".to_owned() }
}

/// A tensor's values, brought from the device.
fn host(tensor: Tensor<2>) -> Result<Array2<f32>, SopError> {
    let [rows, columns] = tensor.dims();
    let values = host_values(tensor).map_err(|error| SopError::Device { reason: error.to_string() })?;
    Array2::from_shape_vec((rows, columns), values).map_err(|error| SopError::Device { reason: error.to_string() })
}
