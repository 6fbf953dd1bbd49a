//! One training step: forward, loss, backward, clipping, optimiser, teacher.

use std::ops::Range;

use burn::module::Module;
use burn::tensor::{Device, Tensor, TensorData};
use ndarray::Array2;
use sop_backbone::{BackboneError, Corruption, host_values};

use crate::drop_path::DropPath;
use crate::host_rows::{host_rows, stacked};
use crate::monitor::{AssignmentSigns, Signs, Spread};
use crate::network::{LAST_LAYER, Network, Projected, some_rows};
use crate::objective::{
    GlobalFeature, Heads, Kept, MaskedPatches, Objective, ObjectiveError, ObjectiveStep, TeacherTemperatures,
    ViewEmbeddings,
};
use crate::optimiser::{AdamW, Gradients, follow};
use crate::parts::side_by_side;

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
}

/// What a part of a batch gives.
struct PartOutcome {
    losses: LossValues,
    gradients: Gradients,
    /// The teacher's global features of the second global view.
    teacher_global: Array2<f32>,
    /// What the objective keeps.
    kept: Vec<Array2<f32>>,
}

impl<O: Objective> Learner<O> {
    /// Loss, what the collapse monitor looks at, and gradients of a batch; the objective remembers what it keeps of it.
    ///
    /// The batch is cut into parts of `part` images, which are differentiated side by side, each on one thread, and averaged: all
    /// processors are busy in every operation, and no more graphs are held than there are threads. The numbers do not depend on the
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
        let outcomes = side_by_side(batch.div_ceil(part), |index| {
            let images = index * part..((index + 1) * part).min(batch);
            self.part_gradients(views, images, step, drop_path, temperatures)
        });
        let outcomes: Vec<PartOutcome> = outcomes.into_iter().collect::<Result<_, _>>()?;
        let mut losses: Option<LossValues> = None;
        let mut gradients = Gradients::default();
        let mut global = Vec::new();
        let mut kept: Vec<Vec<Array2<f32>>> = Vec::new();
        for outcome in outcomes {
            losses = Some(losses.map_or(outcome.losses.clone(), |sum| sum.plus(&outcome.losses)));
            gradients = gradients.plus(outcome.gradients);
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

    /// Loss and gradients of some images, as their share of those of the whole batch.
    fn part_gradients(
        &self,
        views: &Views,
        images: Range<usize>,
        step: &dyn ObjectiveStep,
        drop_path: DropPath,
        temperatures: TeacherTemperatures,
    ) -> Result<PartOutcome, StepError> {
        let share = images.len() as f64 / views.batch() as f64;
        let student = self.student.clone();
        // A graph of its own, so that no part waits for another.
        let device = student.backbone.cls_token.val().device();
        let student = student.fork(&device);
        let views = views.part(&images);
        let embeddings = self.embed(&student, &views, &images, step, drop_path)?;
        let heads = Heads { student: &student.head, teacher: &self.teacher.head };
        let loss = step.loss(&embeddings, heads, temperatures)?;
        let value = |term: &Tensor<1>| f64::from(term.clone().inner().into_scalar::<f32>()) * share;
        let (mean, entropy) = loss.assignment.map(|assignment| (assignment.mean, assignment.entropy)).unzip();
        let teacher_assignment = mean.map(|mean| host_values(mean * share)).transpose()?;
        let losses = LossValues {
            total: value(&loss.total),
            class: loss.class.as_ref().map(value),
            patch: loss.patch.as_ref().map(value),
            koleo: loss.koleo.as_ref().map(value),
            teacher_assignment,
            teacher_entropy: entropy.as_ref().map(value),
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
        let kept = step.keep(&embeddings, &self.teacher.head)?;
        let kept = kept.into_iter().map(host_rows).collect::<Result<_, _>>()?;
        let second = embeddings.teacher_global.narrow(0, images.len(), images.len());
        Ok(PartOutcome { losses, gradients, teacher_global: host_rows(second)?, kept })
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

    fn embed(
        &self,
        student: &Network,
        views: &Views,
        images: &Range<usize>,
        step: &dyn ObjectiveStep,
        drop_path: DropPath,
    ) -> Result<ViewEmbeddings, StepError> {
        let choice = step.tokens();
        let needs_patches = choice.global == GlobalFeature::PatchMean;
        let feature = |projected: &Projected| match (choice.global, &projected.patch_mean) {
            (GlobalFeature::PatchMean, Some(mean)) => mean.clone(),
            _ => projected.cls.clone(),
        };
        let (batch, patches) = (views.batch(), views.patches());
        let MaskedPatches { places, weights } = MaskedPatches::of(&views.mask, patches);
        let global = Tensor::cat(views.global.to_vec(), 0);
        // Places among all tokens of the global views, the CLS token's first in each image.
        let place = |image: usize, patch: usize| image * (1 + patches) + 1 + patch;
        let masked: Vec<usize> = places.iter().map(|(image, patch)| place(*image, *patch)).collect();
        let kept = choice.kept_patches.get(images.clone()).unwrap_or_default();
        let kept = kept.iter().enumerate().map(|(image, patch)| {
            let outside = ObjectiveError::Slot { slot: *patch, slots: patches };
            if *patch < patches { Ok(place(batch + image, *patch)) } else { Err(outside) }
        });
        let kept: Vec<usize> = kept.collect::<Result<_, _>>()?;
        let tokens = self.teacher.tokens(global.clone(), &Corruption::default())?;
        let [_, found, _] = tokens.dims();
        if found != 1 + patches {
            return Err(
                BackboneError::Config { reason: format!("{patches} mask values for {} patches", found - 1) }.into()
            );
        }
        let chosen = [masked.as_slice(), &kept].concat();
        let teacher = self.teacher.project(tokens, &chosen, needs_patches || choice.teacher_patch_mean);
        let device = student.backbone.cls_token.val().device();
        let corruption = |mask, views: Range<usize>| {
            let range = [images.start, images.len()];
            let branches = drop_path.factors(student.backbone.blocks.len(), views, range, &device);
            Corruption { mask, branches }
        };
        let mask = mask_tensor(&views.mask, 2 * batch, &device);
        let tokens = student.tokens(global.autodiff(), &corruption(Some(mask), 0..2))?;
        let projected = student.project(tokens, &masked, needs_patches);
        let mut student_global = feature(&projected);
        if !views.local.is_empty() {
            let local = Tensor::cat(views.local.clone(), 0).autodiff();
            let tokens = student.tokens(local, &corruption(None, 2..2 + views.local.len()))?;
            let local = student.project(tokens, &[], needs_patches);
            student_global = Tensor::cat(vec![student_global, feature(&local)], 0);
        }
        Ok(ViewEmbeddings {
            student_global,
            teacher_global: feature(&teacher),
            student_masked: projected.chosen,
            teacher_masked: some_rows(teacher.chosen.clone(), 0, masked.len()),
            mask_weights: weights,
            teacher_kept: some_rows(teacher.chosen, masked.len(), kept.len()),
            teacher_patch_mean: teacher.patch_mean,
        })
    }
}

/// 1 where a patch is masked, `[images, patches]`.
fn mask_tensor(mask: &[bool], images: usize, device: &Device) -> Tensor<2> {
    let values: Vec<f32> = mask.iter().map(|masked| f32::from(u8::from(*masked))).collect();
    let shape = [images, values.len() / images.max(1)];
    Tensor::from_data(TensorData::new(values, shape), device)
}
