//! One training step: forward, loss, backward, clipping, optimiser, teacher.

use std::ops::Range;

use burn::module::Module;
use burn::tensor::{Device, Tensor, TensorData};
use ndarray::Array2;
use sop_backbone::{BackboneError, Corruption, host_values};

use crate::drop_path::DropPath;
use crate::host_rows::{host_rows, stacked};
use crate::monitor::{AssignmentSigns, Signs, Spread};
use crate::network::Network;
use crate::optimiser::{AdamW, Gradients, follow};
use crate::parts::side_by_side;
use crate::sop::{MaskedPatches, Sop, SopError, StepDraws, StepPrototypes, ViewEmbeddings};

/// Why a training step failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StepError {
    /// The networks cannot take the views.
    #[error(transparent)]
    Backbone(#[from] BackboneError),
    /// The objective cannot be computed.
    #[error(transparent)]
    Objective(#[from] SopError),
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
    fn batch(&self) -> usize {
        self.global[0].dims()[0]
    }

    fn patches(&self) -> usize {
        self.mask.len() / (2 * self.batch()).max(1)
    }

    /// The same views of some of the images.
    fn part(&self, images: &Range<usize>) -> Self {
        let (batch, patches) = (self.batch(), self.patches());
        let rows = |view: &Tensor<4>| view.clone().narrow(0, images.start, images.len());
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

/// Every random choice of a forward pass.
#[derive(Clone, Debug)]
pub struct Draws {
    /// Those of the objective.
    pub objective: StepDraws,
    /// Branches that the student leaves out.
    pub drop_path: DropPath,
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
    /// Temperature of the teacher's probabilities.
    pub teacher_temperature: f64,
    /// Longest gradient of a parameter, where gradients are clipped.
    pub clip: Option<f64>,
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

/// Student, teacher, optimiser and memories.
#[derive(Debug)]
pub struct Learner {
    /// On a device that differentiates.
    pub student: Network,
    /// On a plain device.
    pub teacher: Network,
    /// The optimiser of the student.
    pub optimiser: AdamW,
    /// The objective with its memories.
    pub objective: Sop,
}

/// What a part of a batch gives.
struct PartOutcome {
    losses: LossValues,
    gradients: Gradients,
    /// The teacher's global features and pushed patches of the second global view.
    teacher: [Array2<f32>; 2],
}

impl Learner {
    /// Loss, what the collapse monitor looks at, and gradients of a batch; the memories take the teacher's embeddings.
    ///
    /// The batch is cut into parts of `part` images, which are differentiated side by side, each on one thread, and averaged: all
    /// processors are busy in every operation, and no more graphs are held than there are threads. The numbers do not depend on the
    /// number of threads; where the objective is a mean over images they are those of the whole batch up to rounding, and KoLeo
    /// looks for neighbours among the images of a part, as the references do among those of a device.
    ///
    /// # Errors
    /// [`StepError`] where the views do not fit, or the loss is not finite; the memories stay as they are then.
    pub fn gradients(
        &mut self,
        views: &Views,
        draws: &Draws,
        teacher_temperature: f64,
        part: usize,
    ) -> Result<(LossValues, Signs, Gradients), StepError> {
        let batch = views.batch();
        let part = part.max(1);
        let device = self.student.backbone.cls_token.val().device();
        let prototypes = self.objective.prototypes(&draws.objective, &device)?;
        let outcomes = side_by_side(batch.div_ceil(part), |index| {
            let images = index * part..((index + 1) * part).min(batch);
            self.part_gradients(views, images, draws, &prototypes, teacher_temperature)
        });
        let outcomes: Vec<PartOutcome> = outcomes.into_iter().collect::<Result<_, _>>()?;
        let mut losses: Option<LossValues> = None;
        let mut gradients = Gradients::default();
        let [mut global, mut patches] = [Vec::new(), Vec::new()];
        for outcome in outcomes {
            losses = Some(losses.map_or(outcome.losses.clone(), |sum| sum.plus(&outcome.losses)));
            gradients = gradients.plus(outcome.gradients);
            let [part_global, part_patches] = outcome.teacher;
            global.push(part_global);
            patches.push(part_patches);
        }
        let losses =
            losses.ok_or_else(|| SopError::Config { part: "batch", reason: "there is no image".to_owned() })?;
        let global = stacked(&global)?;
        self.objective.remember(global.view(), stacked(&patches)?.view())?;
        let signs = Signs {
            assignment: assignment_signs(&losses),
            spread: Spread::of(global.view()),
            support_in_use: prototypes.support_in_use,
        };
        Ok((losses, signs, gradients))
    }

    /// Loss and gradients of some images, as their share of those of the whole batch.
    fn part_gradients(
        &self,
        views: &Views,
        images: Range<usize>,
        draws: &Draws,
        prototypes: &StepPrototypes,
        teacher_temperature: f64,
    ) -> Result<PartOutcome, StepError> {
        let share = images.len() as f64 / views.batch() as f64;
        let student = self.student.clone();
        // A graph of its own, so that no part waits for another.
        let device = student.backbone.cls_token.val().device();
        let student = student.fork(&device);
        let views = views.part(&images);
        let masked = MaskedPatches::of(&views.mask, views.patches());
        let embeddings = self.embed(&student, &views, &masked, &images, draws)?;
        let loss = self.objective.loss(prototypes, &embeddings, &masked.weights, teacher_temperature)?;
        let value = |term: &Tensor<1>| f64::from(term.clone().inner().into_scalar::<f32>()) * share;
        let assignment = loss.teacher_assignment.map(|shares| host_values(shares * share)).transpose()?;
        let losses = LossValues {
            total: value(&loss.total),
            class: loss.class.as_ref().map(value),
            patch: loss.patch.as_ref().map(value),
            koleo: loss.koleo.as_ref().map(value),
            teacher_assignment: assignment,
            teacher_entropy: loss.teacher_entropy.as_ref().map(value),
        };
        let terms = [("class", losses.class), ("patch", losses.patch), ("koleo", losses.koleo)];
        for (term, value) in terms.into_iter().chain([("total", Some(losses.total))]) {
            if let Some(value) = value.filter(|value| !value.is_finite()) {
                return Err(StepError::NonFinite { term, value });
            }
        }
        let gradients = match loss.total.is_tracked() {
            true => Gradients::take((loss.total * share).backward(), &student),
            // Images without any masked patch, and no class task: nothing to learn from them.
            false => Gradients::default(),
        };
        let global = embeddings.teacher_global.narrow(0, images.len(), images.len());
        Ok(PartOutcome { losses, gradients, teacher: [host_rows(global)?, host_rows(embeddings.teacher_pushed)?] })
    }

    /// Updates the student and then the teacher; returns the largest norm of a parameter's gradient before clipping, where there
    /// is any gradient and it is clipped.
    pub fn apply(&mut self, mut gradients: Gradients, settings: &StepSettings) -> Option<f64> {
        let norm = settings.clip.and_then(|limit| gradients.clip(limit));
        let student = self.student.clone();
        self.student = self.optimiser.step(student, &gradients, settings.learning_rate, settings.weight_decay);
        self.teacher = follow(self.teacher.clone(), &self.student, settings.momentum);
        norm
    }

    fn embed(
        &self,
        student: &Network,
        views: &Views,
        masked: &MaskedPatches,
        images: &Range<usize>,
        draws: &Draws,
    ) -> Result<ViewEmbeddings, StepError> {
        let feature = self.objective.config().global_feature;
        let (batch, patches) = (views.batch(), views.patches());
        let global = Tensor::cat(views.global.to_vec(), 0);
        // Places among all tokens of the global views, the CLS token's first in each image.
        let place = |image: usize, patch: usize| image * (1 + patches) + 1 + patch;
        let masked: Vec<usize> = masked.places.iter().map(|(image, patch)| place(*image, *patch)).collect();
        let pushed = draws.objective.patch_tokens.get(images.clone()).unwrap_or_default();
        let pushed = pushed.iter().enumerate().map(|(image, patch)| {
            let outside = SopError::Slot { slot: *patch, slots: patches };
            if *patch < patches { Ok(place(batch + image, *patch)) } else { Err(outside) }
        });
        let pushed: Vec<usize> = pushed.collect::<Result<_, _>>()?;
        let tokens = self.teacher.tokens(global.clone(), &Corruption::default())?;
        let [_, found, _] = tokens.dims();
        if found != 1 + patches {
            return Err(
                BackboneError::Config { reason: format!("{patches} mask values for {} patches", found - 1) }.into()
            );
        }
        let chosen = [masked.as_slice(), &pushed].concat();
        let (teacher_global, teacher_chosen) = self.teacher.project(tokens, &chosen, feature);
        let device = student.backbone.cls_token.val().device();
        let corruption = |mask, views: Range<usize>| {
            let range = [images.start, images.len()];
            let branches = draws.drop_path.factors(student.backbone.blocks.len(), views, range, &device);
            Corruption { mask, branches }
        };
        let mask = mask_tensor(&views.mask, 2 * batch, &device);
        let tokens = student.tokens(global.autodiff(), &corruption(Some(mask), 0..2))?;
        let (mut student_global, student_masked) = student.project(tokens, &masked, feature);
        if !views.local.is_empty() {
            let local = Tensor::cat(views.local.clone(), 0).autodiff();
            let tokens = student.tokens(local, &corruption(None, 2..2 + views.local.len()))?;
            let (local, _) = student.project(tokens, &[], feature);
            student_global = Tensor::cat(vec![student_global, local], 0);
        }
        let teacher_masked = match masked.len() {
            0 => student_masked.clone().inner(),
            count => teacher_chosen.clone().narrow(0, 0, count),
        };
        let teacher_pushed = teacher_chosen.narrow(0, masked.len(), pushed.len());
        Ok(ViewEmbeddings { student_global, teacher_global, student_masked, teacher_masked, teacher_pushed })
    }
}

/// 1 where a patch is masked, `[images, patches]`.
fn mask_tensor(mask: &[bool], images: usize, device: &Device) -> Tensor<2> {
    let values: Vec<f32> = mask.iter().map(|masked| f32::from(u8::from(*masked))).collect();
    let shape = [images, values.len() / images.max(1)];
    Tensor::from_data(TensorData::new(values, shape), device)
}
