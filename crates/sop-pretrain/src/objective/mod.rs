//! What student and teacher learn from each other.
//!
//! A training step ([`crate::learner`]) calls [`Objective::begin`] once, [`ObjectiveStep::loss`] and [`ObjectiveStep::keep`] for each
//! part of the batch, and [`Objective::end`] when all losses are finite. Student, teacher, views, schedules, optimiser and
//! checkpoints are the same for every objective: [`crate::sop`] is the paper's, [`crate::ibot`] its baselines iBOT and DINO.

mod config;
mod error;
mod losses;
mod views;

use std::collections::BTreeMap;
use std::fmt::Debug;

use burn::tensor::{Device, Tensor};
use ndarray::Array2;
use sop_backbone::NamedTensor;

pub use config::{MasslConfig, ObjectiveConfig, ObjectiveConfigError};
pub use error::ObjectiveError;
pub use losses::{class_loss, koleo_loss, mean_entropy, patch_loss, safe_log};
pub use views::{GlobalFeature, MaskedPatches, TokenChoice, ViewEmbeddings};

use crate::network::ProjectionHead;

/// An objective with everything that it remembers from one step to the next.
pub trait Objective: Debug + Send + Sync {
    /// Starts a step: its random choices, and what it remembers, on a device.
    ///
    /// # Errors
    /// [`ObjectiveError`] where what it remembers cannot be used.
    fn begin(&self, numbers: StepNumbers, device: &Device) -> Result<Box<dyn ObjectiveStep>, ObjectiveError>;

    /// Ends a step: takes what [`ObjectiveStep::keep`] kept of all parts.
    ///
    /// # Errors
    /// [`ObjectiveError`] where it does not fit.
    fn end(&mut self, kept: &Kept) -> Result<(), ObjectiveError>;

    /// Whether the loss of a batch is the mean of its images' losses, so that the batch can be cut into parts.
    fn is_mean_over_images(&self) -> bool;

    /// Images after which nothing that it remembers is left of its random start.
    fn images_to_fill(&self) -> usize;

    /// Epochs in which the layers of prototypes stay as they are.
    fn frozen_epochs(&self) -> f64;

    /// Everything that it remembers, for a checkpoint; [`ObjectiveConfig::restore`] takes it back.
    fn state(&self) -> ObjectiveState;
}

/// An objective during one step.
pub trait ObjectiveStep: Debug + Send + Sync {
    /// The tokens that the networks' heads must project.
    fn tokens(&self) -> TokenChoice<'_>;

    /// The loss of some images.
    ///
    /// Tensors of the student are on a device that differentiates, those of the teacher need not be.
    ///
    /// # Errors
    /// [`ObjectiveError`] where shapes do not fit.
    fn loss(
        &self,
        views: &ViewEmbeddings,
        heads: Heads<'_>,
        temperatures: TeacherTemperatures,
    ) -> Result<ObjectiveLoss, ObjectiveError>;

    /// What is to be remembered of the teacher's view of some images; matrices of the same place are put below each other.
    ///
    /// # Errors
    /// [`ObjectiveError`] where the teacher's head does not fit.
    fn keep(&self, views: &ViewEmbeddings, teacher: &ProjectionHead) -> Result<Vec<Tensor<2>>, ObjectiveError>;

    /// The same step on another device.
    fn on(&self, device: &Device) -> Box<dyn ObjectiveStep>;

    /// Different slots among the support embeddings, as a share of the most there could be, where there are any.
    fn support_in_use(&self) -> Option<f64> {
        None
    }
}

impl Objective for Box<dyn Objective> {
    fn begin(&self, numbers: StepNumbers, device: &Device) -> Result<Box<dyn ObjectiveStep>, ObjectiveError> {
        (**self).begin(numbers, device)
    }

    fn end(&mut self, kept: &Kept) -> Result<(), ObjectiveError> {
        (**self).end(kept)
    }

    fn is_mean_over_images(&self) -> bool {
        (**self).is_mean_over_images()
    }

    fn images_to_fill(&self) -> usize {
        (**self).images_to_fill()
    }

    fn frozen_epochs(&self) -> f64 {
        (**self).frozen_epochs()
    }

    fn state(&self) -> ObjectiveState {
        (**self).state()
    }
}

/// What the random choices of a step follow from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StepNumbers {
    /// The run's.
    pub seed: u64,
    /// Forward passes before this one.
    pub step: u64,
    /// Images.
    pub batch: usize,
    /// Patches of a global view.
    pub patches: usize,
}

/// Temperatures of the teacher's probabilities.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TeacherTemperatures {
    /// Of global features.
    pub class: f64,
    /// Of masked patches.
    pub patch: f64,
}

impl TeacherTemperatures {
    /// One for both.
    #[must_use]
    pub fn both(temperature: f64) -> Self {
        Self { class: temperature, patch: temperature }
    }
}

/// The projection heads of both networks, whose layers of prototypes an objective may use.
#[derive(Clone, Copy, Debug)]
pub struct Heads<'a> {
    /// The student's, on a device that differentiates.
    pub student: &'a ProjectionHead,
    /// The teacher's.
    pub teacher: &'a ProjectionHead,
}

/// The loss of some images and its terms, without their weights.
#[derive(Debug)]
pub struct ObjectiveLoss {
    /// The weighted sum, to be differentiated.
    pub total: Tensor<1>,
    /// L_CLS, where it was computed.
    pub class: Option<Tensor<1>>,
    /// L_patch, where it was computed.
    pub patch: Option<Tensor<1>>,
    /// KoLeo, where it was computed.
    pub koleo: Option<Tensor<1>>,
    /// How the teacher assigns the images to prototypes, where it does.
    pub assignment: Option<TeacherAssignment>,
}

/// How the teacher assigns images to prototypes.
#[derive(Debug)]
pub struct TeacherAssignment {
    /// Mean probabilities over the images, `[K]`.
    pub mean: Tensor<1>,
    /// Mean entropy of an image's probabilities, in nats, `[1]`.
    pub entropy: Tensor<1>,
}

impl TeacherAssignment {
    /// Of the teacher's probabilities `[count, K]`.
    #[must_use]
    pub fn of(shares: &Tensor<2>) -> Self {
        let shares = shares.clone().inner();
        Self { mean: shares.clone().mean_dim(0).squeeze_dim::<1>(0), entropy: mean_entropy(shares) }
    }
}

/// A weighted sum of losses.
#[derive(Debug, Default)]
pub(crate) struct WeightedSum(Option<Tensor<1>>);

impl WeightedSum {
    pub fn add(&mut self, loss: &Tensor<1>, weight: f64) {
        let loss = loss.clone() * weight;
        self.0 = Some(self.0.take().map_or(loss.clone(), |sum| sum + loss));
    }

    /// The sum; 0 where nothing was added.
    pub fn total(self, device: &Device) -> Tensor<1> {
        self.0.unwrap_or_else(|| Tensor::zeros([1], device))
    }
}

/// What the parts of a step kept, on the processor.
#[derive(Clone, Debug)]
pub struct Kept {
    /// The matrices of [`ObjectiveStep::keep`], those of all parts below each other.
    pub rows: Vec<Array2<f32>>,
    /// Images of the step.
    pub images: usize,
}

impl Kept {
    /// The matrix at this place.
    pub(crate) fn matrix(&self, place: usize, name: &'static str) -> Result<&Array2<f32>, ObjectiveError> {
        self.rows.get(place).ok_or(ObjectiveError::State { name })
    }
}

/// Everything that an objective remembers.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ObjectiveState {
    /// Tensors by name.
    pub tensors: BTreeMap<String, NamedTensor>,
    /// The slots of its memories that are overwritten next.
    pub next_slots: Vec<usize>,
}

impl ObjectiveState {
    /// Adds a matrix.
    pub(crate) fn with(mut self, name: &str, matrix: ndarray::ArrayView2<'_, f32>) -> Self {
        let values = matrix.iter().copied().collect();
        self.tensors.insert(name.to_owned(), NamedTensor { shape: matrix.shape().to_vec(), values });
        self
    }

    /// The matrix of this name.
    pub(crate) fn matrix(&self, name: &'static str) -> Result<Array2<f32>, ObjectiveError> {
        let missing = ObjectiveError::State { name };
        let Some(NamedTensor { shape, values }) = self.tensors.get(name) else { return Err(missing) };
        let [rows, columns] = shape.as_slice() else { return Err(missing) };
        Array2::from_shape_vec((*rows, *columns), values.clone()).map_err(|_| missing)
    }
}
