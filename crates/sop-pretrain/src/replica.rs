//! Both networks and the objective on one device: the gradients of some images of a batch.

use std::ops::Range;

use burn::module::Module;
use burn::tensor::{Device, Tensor, TensorData};
use ndarray::Array2;
use sop_backbone::{BackboneError, Corruption, Precision, host_values};

use crate::drop_path::DropPath;
use crate::host_rows::host_rows;
use crate::learner::{Learner, LossValues, StepError, Views};
use crate::network::{Network, Projected, patches_of, some_rows};
use crate::objective::{
    GlobalFeature, Heads, MaskedPatches, ObjectiveError, ObjectiveStep, TeacherTemperatures, ViewEmbeddings,
};
use crate::optimiser::Gradients;

/// Student, teacher and objective during a step, on one device.
#[derive(Debug)]
pub(crate) struct Replica {
    /// Its weights are f32; a part of a batch casts them, so that its gradients come back to them.
    student: Network,
    teacher: Network,
    step: Box<dyn ObjectiveStep>,
    device: Device,
    precision: Precision,
}

/// What some images of a batch give.
pub(crate) struct PartOutcome {
    pub losses: LossValues,
    pub gradients: Gradients,
    /// The teacher's global features of the second global view.
    pub teacher_global: Array2<f32>,
    /// What the objective keeps.
    pub kept: Vec<Array2<f32>>,
}

impl Replica {
    pub fn new<O>(learner: &Learner<O>, step: &dyn ObjectiveStep, device: &Device) -> Self {
        let precision = learner.compute.precision();
        Self {
            student: learner.student.clone().fork(&device.clone().autodiff()),
            teacher: precision.cast(learner.teacher.clone().fork(device)),
            step: step.on(device),
            device: device.clone(),
            precision,
        }
    }

    /// Loss and gradients of some images, as their share of those of the whole batch.
    pub fn gradients(
        &self,
        views: &Views,
        images: Range<usize>,
        drop_path: DropPath,
        temperatures: TeacherTemperatures,
    ) -> Result<PartOutcome, StepError> {
        let share = images.len() as f64 / views.batch() as f64;
        // A graph of its own, so that no part waits for another.
        let weights = self.student.clone().fork(&self.device.clone().autodiff());
        let student = self.precision.cast(weights.clone());
        let views = views.part(&images, &self.device);
        let embeddings = self.embed(&student, &views, &images, drop_path)?;
        let heads = Heads { student: &student.head, teacher: &self.teacher.head };
        let loss = self.step.loss(&embeddings, heads, temperatures)?;
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
            true => Gradients::take((loss.total * share).backward(), &weights),
            // Images without any masked patch, and no class task: nothing to learn from them.
            false => Gradients::default(),
        };
        let kept = self.step.keep(&embeddings, &self.teacher.head)?;
        let kept = kept.into_iter().map(host_rows).collect::<Result<_, _>>()?;
        let second = embeddings.teacher_global.narrow(0, images.len(), images.len());
        Ok(PartOutcome { losses, gradients, teacher_global: host_rows(second)?, kept })
    }

    fn embed(
        &self,
        student: &Network,
        views: &Views,
        images: &Range<usize>,
        drop_path: DropPath,
    ) -> Result<ViewEmbeddings, StepError> {
        let choice = self.step.tokens();
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
        let [_, _, height, width] = global.dims();
        let found = patches_of(self.teacher.backbone.config(), [height, width]);
        if found != patches {
            return Err(BackboneError::Config { reason: format!("{patches} mask values for {found} patches") }.into());
        }
        let chosen = [masked.as_slice(), &kept].concat();
        let needs_teacher_patches = needs_patches || choice.teacher_patch_mean;
        let teacher = self.teacher.project(global.clone(), &Corruption::default(), &chosen, needs_teacher_patches)?;
        let device = student.backbone.cls_token.val().device();
        let corruption = |mask, views: Range<usize>| {
            let range = [images.start, images.len()];
            let branches = drop_path.factors(student.backbone.blocks.len(), views, range, &device);
            Corruption { mask, branches }
        };
        let mask = mask_tensor(&views.mask, 2 * batch, &device);
        let projected = student.project(global.autodiff(), &corruption(Some(mask), 0..2), &masked, needs_patches)?;
        let mut student_global = feature(&projected);
        if !views.local.is_empty() {
            let local = Tensor::cat(views.local.clone(), 0).autodiff();
            let corruption = corruption(None, 2..2 + views.local.len());
            let local = student.project(local, &corruption, &[], needs_patches)?;
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
