//! One training step: forward, loss, backward, clipping, optimiser, teacher.

use burn::tensor::{Device, Tensor, TensorData};
use sop_backbone::BackboneError;

use crate::network::Network;
use crate::optimiser::{AdamW, Gradients, follow};
use crate::sop::{MaskedPatches, Sop, SopError, StepDraws, ViewEmbeddings};

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

impl Learner {
    /// Loss and gradients of a batch; the memories take the teacher's embeddings.
    ///
    /// # Errors
    /// [`StepError`] where the views do not fit, or the loss is not finite.
    pub fn gradients(
        &mut self,
        views: &Views,
        draws: &StepDraws,
        teacher_temperature: f64,
    ) -> Result<(LossValues, Gradients), StepError> {
        let patches = views.mask.len() / (2 * views.global[0].dims()[0]).max(1);
        let masked = MaskedPatches::of(&views.mask, patches);
        let embeddings = self.embed(views, &masked, &draws.patch_tokens, patches)?;
        let loss = self.objective.step(&embeddings, &masked.weights, draws, teacher_temperature)?;
        let value = |term: &Tensor<1>| f64::from(term.clone().inner().into_scalar::<f32>());
        let values = LossValues {
            total: value(&loss.total),
            class: loss.class.as_ref().map(value),
            patch: loss.patch.as_ref().map(value),
            koleo: loss.koleo.as_ref().map(value),
            teacher_assignment: loss.teacher_assignment.and_then(|shares| shares.into_data().try_into_vec().ok()),
        };
        let terms = [("class", values.class), ("patch", values.patch), ("koleo", values.koleo)];
        for (term, value) in terms.into_iter().chain([("total", Some(values.total))]) {
            if let Some(value) = value.filter(|value| !value.is_finite()) {
                return Err(StepError::NonFinite { term, value });
            }
        }
        let gradients = match loss.total.is_tracked() {
            true => Gradients::take(loss.total.backward(), &self.student),
            // A batch without any masked patch, and no class task: nothing to learn from it.
            false => Gradients::default(),
        };
        Ok((values, gradients))
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
        views: &Views,
        masked: &MaskedPatches,
        pushed: &[usize],
        patches: usize,
    ) -> Result<ViewEmbeddings, StepError> {
        let feature = self.objective.config().global_feature;
        let batch = views.global[0].dims()[0];
        let global = Tensor::cat(views.global.to_vec(), 0);
        // Places among all tokens of the global views, the CLS token's first in each image.
        let place = |image: usize, patch: usize| image * (1 + patches) + 1 + patch;
        let masked: Vec<usize> = masked.places.iter().map(|(image, patch)| place(*image, *patch)).collect();
        let pushed = pushed.iter().enumerate().map(|(image, patch)| {
            let outside = SopError::Slot { slot: *patch, slots: patches };
            if *patch < patches { Ok(place(batch + image, *patch)) } else { Err(outside) }
        });
        let pushed: Vec<usize> = pushed.collect::<Result<_, _>>()?;
        let tokens = self.teacher.tokens(global.clone(), None)?;
        let [_, found, _] = tokens.dims();
        if found != 1 + patches {
            return Err(
                BackboneError::Config { reason: format!("{patches} mask values for {} patches", found - 1) }.into()
            );
        }
        let chosen = [masked.as_slice(), &pushed].concat();
        let (teacher_global, teacher_chosen) = self.teacher.project(tokens, &chosen, feature);
        let device = self.student.backbone.cls_token.val().device();
        let mask = mask_tensor(&views.mask, 2 * batch, &device);
        let tokens = self.student.tokens(global.autodiff(), Some(mask))?;
        let (mut student_global, student_masked) = self.student.project(tokens, &masked, feature);
        if !views.local.is_empty() {
            let tokens = self.student.tokens(Tensor::cat(views.local.clone(), 0).autodiff(), None)?;
            let (local, _) = self.student.project(tokens, &[], feature);
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
