//! One training step: forward, loss, backward, clipping, optimiser, teacher.

use std::ops::Range;

use burn::tensor::{Device, Tensor};
use ndarray::Array2;
use sop_backbone::BackboneError;

use crate::compute::Compute;
use crate::drop_path::DropPath;
use crate::host_rows::stacked;
use crate::monitor::{AssignmentSigns, Signs, Spread};
use crate::network::{LAST_LAYER, Network};
use crate::objective::{Kept, Objective, ObjectiveError, ObjectiveStep, TeacherTemperatures};
use crate::optimiser::{AdamW, Gradients, follow};
use crate::parts::side_by_side;
use crate::replica::{PartOutcome, Replica};

/// Why a training step failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StepError {
    /// The networks cannot take the views.
    #[error(transparent)]
    Backbone(#[from] BackboneError),
    /// The objective cannot be computed.
    #[error(transparent)]
    Objective(#[from] ObjectiveError),
    /// A loss that is not a number, or infinite: nothing was updated.
    #[error("the {term} loss is {value}; lower the learning rate, or look at the images of this step")]
    NonFinite {
        /// Which part of the loss.
        term: &'static str,
        /// Its value.
        value: f64,
    },
}

/// The views of a batch of images.
#[derive(Clone, Debug)]
pub struct Views {
    /// Two global views, each `[batch, 3, height, width]`.
    pub global: [Tensor<4>; 2],
    /// Local views of one size.
    pub local: Vec<Tensor<4>>,
    /// Whether a patch of a global view is masked, `[2 * batch, patches]` row-major.
    pub mask: Vec<bool>,
}

impl Views {
    /// Images.
    #[must_use]
    pub fn batch(&self) -> usize {
        self.global[0].dims()[0]
    }

    /// Patches of a global view.
    pub(crate) fn patches(&self) -> usize {
        self.mask.len() / (2 * self.batch()).max(1)
    }

    /// The same views of some of the images, on a device.
    pub(crate) fn part(&self, images: &Range<usize>, device: &Device) -> Self {
        let (batch, patches) = (self.batch(), self.patches());
        let rows = |view: &Tensor<4>| view.clone().narrow(0, images.start, images.len()).to_device(device);
        let mask = (0..2).flat_map(|view| {
            let first = view * batch;
            &self.mask[(first + images.start) * patches..(first + images.end) * patches]
        });
        Self {
            global: [rows(&self.global[0]), rows(&self.global[1])],
            local: self.local.iter().map(rows).collect(),
            mask: mask.copied().collect(),
        }
    }
}

/// Values of the schedules at a step.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct StepSettings {
    /// Learning rate.
    pub learning_rate: f64,
    /// Weight decay of matrices and embeddings.
    pub weight_decay: f64,
    /// Share of the teacher that stays.
    pub momentum: f64,
    /// Longest gradient of a parameter, where gradients are clipped.
    pub clip: Option<f64>,
    /// Whether the layers of prototypes stay as they are.
    pub freeze_prototypes: bool,
}

/// The parts of a step's loss, without their weights.
#[derive(Clone, Debug, PartialEq)]
pub struct LossValues {
    /// The weighted sum.
    pub total: f64,
    /// L_CLS.
    pub class: Option<f64>,
    /// L_patch.
    pub patch: Option<f64>,
    /// KoLeo.
    pub koleo: Option<f64>,
    /// Mean probabilities of the teacher over the first class task's prototypes.
    pub teacher_assignment: Option<Vec<f32>>,
    /// Mean entropy of the teacher's probabilities of an image over the same prototypes.
    pub teacher_entropy: Option<f64>,
}

/// How the teacher's assignment of images to prototypes is spread, where there is one.
fn assignment_signs(losses: &LossValues) -> Option<AssignmentSigns> {
    Some(AssignmentSigns::of(losses.teacher_assignment.as_deref()?, losses.teacher_entropy?))
}

impl LossValues {
    /// The sum of two parts of a batch's.
    fn plus(self, other: &Self) -> Self {
        let sum = |own: Option<f64>, other: Option<f64>| own.zip(other).map(|(own, other)| own + other);
        let shares = self.teacher_assignment.zip(other.teacher_assignment.as_ref());
        Self {
            total: self.total + other.total,
            class: sum(self.class, other.class),
            patch: sum(self.patch, other.patch),
            koleo: sum(self.koleo, other.koleo),
            teacher_entropy: sum(self.teacher_entropy, other.teacher_entropy),
            teacher_assignment: shares
                .map(|(own, other)| own.iter().zip(other).map(|(own, other)| own + other).collect()),
        }
    }
}

/// Student, teacher, optimiser and objective.
#[derive(Debug)]
pub struct Learner<O = Box<dyn Objective>> {
    /// On a device that differentiates.
    pub student: Network,
    /// On a plain device.
    pub teacher: Network,
    /// The optimiser of the student.
    pub optimiser: AdamW,
    /// The objective with what it remembers.
    pub objective: O,
    /// What computes the gradients.
    pub compute: Compute,
}

impl<O: Objective> Learner<O> {
    /// Loss, what the collapse monitor looks at, and gradients of a batch; the objective remembers what it keeps of it.
    ///
    /// The batch is cut into parts of `part` images, which are differentiated side by side, each on one thread, in turns on all
    /// devices, and averaged: all processors are busy in every operation, and no more graphs are held than there are threads. The numbers do not depend on the
    /// number of threads; where the objective is a mean over images they are those of the whole batch up to rounding, and KoLeo
    /// looks for neighbours among the images of a part, as the references do among those of a device.
    ///
    /// # Errors
    /// [`StepError`] where the views do not fit, or the loss is not finite; the objective stays as it is then.
    pub fn gradients(
        &mut self,
        views: &Views,
        step: &dyn ObjectiveStep,
        drop_path: DropPath,
        temperatures: TeacherTemperatures,
        part: usize,
    ) -> Result<(LossValues, Signs, Gradients), StepError> {
        let batch = views.batch();
        let part = part.max(1);
        let devices = self.compute.devices();
        let replicas: Vec<Replica> = devices.iter().map(|device| Replica::new(self, step, device)).collect();
        let outcomes = side_by_side(batch.div_ceil(part), |index| {
            let images = index * part..((index + 1) * part).min(batch);
            replicas[index % replicas.len()].gradients(views, images, drop_path, temperatures)
        });
        let outcomes: Vec<PartOutcome> = outcomes.into_iter().collect::<Result<_, _>>()?;
        let mut losses: Option<LossValues> = None;
        let mut gradients = Gradients::default();
        let mut global = Vec::new();
        let mut kept: Vec<Vec<Array2<f32>>> = Vec::new();
        for outcome in outcomes {
            losses = Some(losses.map_or(outcome.losses.clone(), |sum| sum.plus(&outcome.losses)));
            gradients = gradients.plus(outcome.gradients.on(self.compute.first()));
            global.push(outcome.teacher_global);
            kept.resize(outcome.kept.len(), Vec::new());
            kept.iter_mut().zip(outcome.kept).for_each(|(all, rows)| all.push(rows));
        }
        let losses =
            losses.ok_or_else(|| ObjectiveError::Config { part: "batch", reason: "there is no image".to_owned() })?;
        let rows = kept.iter().map(|parts| stacked(parts)).collect::<Result<_, _>>()?;
        self.objective.end(&Kept { rows, images: batch })?;
        let signs = Signs {
            assignment: assignment_signs(&losses),
            spread: Spread::of(stacked(&global)?.view()),
            support_in_use: step.support_in_use(),
        };
        Ok((losses, signs, gradients))
    }

    /// Updates the student and then the teacher; returns the largest norm of a parameter's gradient before clipping, where there
    /// is any gradient and it is clipped.
    pub fn apply(&mut self, mut gradients: Gradients, settings: &StepSettings) -> Option<f64> {
        let norm = settings.clip.and_then(|limit| gradients.clip(limit));
        if settings.freeze_prototypes {
            gradients.remove(LAST_LAYER);
        }
        let student = self.student.clone();
        self.student = self.optimiser.step(student, &gradients, settings.learning_rate, settings.weight_decay);
        self.teacher = follow(self.teacher.clone(), &self.student, settings.momentum);
        norm
    }
}
