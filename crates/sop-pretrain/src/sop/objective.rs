//! One step of the method: embeddings of all views to a loss, and the teacher's embeddings to the memories.

use burn::tensor::{Int, Tensor, TensorData};
use ndarray::Array2;

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
    /// Patches of the student's global views, `[2 * batch, patches, dim]`, some of them masked.
    pub student_patches: Tensor<3>,
    /// The same patches seen by the teacher, none masked.
    pub teacher_patches: Tensor<3>,
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
    /// `mask` has one value for each patch of the global views, `[2 * batch, patches]` row-major. Tensors of the student are on a
    /// device that differentiates, those of the teacher need not be.
    ///
    /// # Errors
    /// [`SopError`] where shapes and draws do not fit, or a tensor cannot be read back.
    pub fn step(
        &mut self,
        views: &ViewEmbeddings,
        mask: &[bool],
        draws: &StepDraws,
        teacher_temperature: f64,
    ) -> Result<SopLoss, SopError> {
        let batch = views.teacher_global.dims()[0] / 2;
        let (student, teacher) = (views.student_global.clone(), views.teacher_global.clone());
        let mut total: Option<Tensor<1>> = None;
        let mut add = |part: &Tensor<1>, weight: f64| {
            let part = part.clone() * weight;
            total = Some(total.take().map_or(part.clone(), |total| total + part));
        };
        let (mut class, mut teacher_assignment) = (None, None);
        if self.config.class.weight > 0.0 {
            let (loss, assignment) = self.class_tasks(&student, &teacher, batch, draws, teacher_temperature)?;
            add(&loss, self.config.class.weight);
            (class, teacher_assignment) = (Some(loss), Some(assignment));
        }
        let mut patch = None;
        if self.config.patch.weight > 0.0 {
            let loss = self.patch_tasks(views, mask, draws, teacher_temperature)?;
            add(&loss, self.config.patch.weight);
            patch = Some(loss);
        }
        let mut koleo = None;
        if self.config.koleo_weight > 0.0 {
            let loss = koleo_loss(student.narrow(0, 0, 2 * batch), batch);
            add(&loss, self.config.koleo_weight);
            koleo = Some(loss);
        }
        self.class_memory.push(host(teacher.narrow(0, batch, batch))?.view())?;
        self.patch_memory.push(picked_patches(&views.teacher_patches, batch, &draws.patch_tokens)?.view())?;
        let total = total.unwrap_or_else(|| Tensor::zeros([1], &views.student_global.device()));
        Ok(SopLoss { total, class, patch, koleo, teacher_assignment })
    }

    fn class_tasks(
        &self,
        student: &Tensor<2>,
        teacher: &Tensor<2>,
        batch: usize,
        draws: &StepDraws,
        teacher_temperature: f64,
    ) -> Result<(Tensor<1>, Tensor<1>), SopError> {
        let device = student.device();
        let mut sum: Option<Tensor<1>> = None;
        let mut assignment = None;
        for draw in &draws.class {
            let prototypes = Prototypes::build(&self.class_memory, draw, &self.config, &self.config.class)?;
            let distributions = Distributions::new(&prototypes, &self.class_memory, &device);
            let target = distributions.of(teacher.clone(), teacher_temperature);
            let predicted = distributions.of(student.clone(), self.config.student_temperature);
            let loss = class_loss(predicted, target.clone(), batch);
            sum = Some(sum.map_or(loss.clone(), |sum| sum + loss));
            assignment.get_or_insert_with(|| target.mean_dim(0).squeeze_dim::<1>(0).inner());
        }
        let (Some(sum), Some(assignment)) = (sum, assignment) else { return Err(no_task("class")) };
        Ok((sum / draws.class.len() as f64, assignment))
    }

    fn patch_tasks(
        &self,
        views: &ViewEmbeddings,
        mask: &[bool],
        draws: &StepDraws,
        teacher_temperature: f64,
    ) -> Result<Tensor<1>, SopError> {
        let [images, patches, dim] = views.student_patches.dims();
        let device = views.student_patches.device();
        if mask.len() != images * patches {
            let reason = format!("{} mask values for {images} images of {patches} patches", mask.len());
            return Err(SopError::Config { part: "mask", reason });
        }
        // Only masked patches enter the loss, so only they are compared with the prototypes.
        let (mut masked, mut weights) = (Vec::new(), Vec::new());
        for (image, cells) in mask.chunks(patches.max(1)).enumerate() {
            let count = cells.iter().filter(|cell| **cell).count();
            let weight = 1.0 / (count.max(1) as f64 * images as f64);
            let places = cells.iter().enumerate().filter(|(_, cell)| **cell);
            masked.extend(places.map(|(place, _)| (image * patches + place) as i64));
            weights.extend(std::iter::repeat_n(weight as f32, count));
        }
        if masked.is_empty() {
            return Ok(Tensor::zeros([1], &device));
        }
        let count = masked.len();
        let indices: Tensor<1, Int> = Tensor::from_data(TensorData::new(masked, [count]), &device);
        let weights: Tensor<1> = Tensor::from_data(TensorData::new(weights, [count]), &device);
        let student = views.student_patches.clone().reshape([images * patches, dim]).select(0, indices.clone());
        let teacher = views.teacher_patches.clone().reshape([images * patches, dim]).select(0, indices);
        let mut sum: Option<Tensor<1>> = None;
        for draw in &draws.patch {
            let prototypes = Prototypes::build(&self.patch_memory, draw, &self.config, &self.config.patch)?;
            let distributions = Distributions::new(&prototypes, &self.patch_memory, &device);
            let target = distributions.of(teacher.clone(), teacher_temperature);
            let predicted = distributions.of(student.clone(), self.config.student_temperature);
            let loss = patch_loss(predicted, target, weights.clone());
            sum = Some(sum.map_or(loss.clone(), |sum| sum + loss));
        }
        sum.map(|sum| sum / draws.patch.len() as f64).ok_or_else(|| no_task("patch"))
    }
}

fn no_task(part: &'static str) -> SopError {
    SopError::Config { part, reason: "no anchors were drawn".to_owned() }
}

/// One patch of every image of the second global view.
fn picked_patches(patches: &Tensor<3>, batch: usize, tokens: &[usize]) -> Result<Array2<f32>, SopError> {
    let [images, count, dim] = patches.dims();
    if let Some(slot) = tokens.iter().find(|token| **token >= count) {
        return Err(SopError::Slot { slot: *slot, slots: count });
    }
    let all = host(patches.clone().narrow(0, images - batch, batch).reshape([batch * count, dim]))?;
    let rows: Vec<usize> = tokens.iter().enumerate().map(|(image, token)| image * count + token).collect();
    Ok(all.select(ndarray::Axis(0), &rows))
}

/// A tensor's values, brought from the device.
fn host(tensor: Tensor<2>) -> Result<Array2<f32>, SopError> {
    let [rows, columns] = tensor.dims();
    let failed = |reason: String| SopError::Device { reason };
    let data = tensor.inner().try_into_data().map_err(|error| failed(error.to_string()))?;
    let values = data.convert::<f32>().try_into_vec::<f32>().map_err(|error| failed(format!("{error:?}")))?;
    Array2::from_shape_vec((rows, columns), values).map_err(|error| failed(error.to_string()))
}
