//! The method during one step: embeddings of all views to a loss.

use burn::tensor::{Device, Tensor};

use super::{Distributions, SopConfig};
use crate::network::ProjectionHead;
use crate::objective::{
    Heads, ObjectiveError, ObjectiveLoss, ObjectiveStep, TeacherAssignment, TeacherTemperatures, TokenChoice,
    ViewEmbeddings, WeightedSum, class_loss, koleo_loss, patch_loss, safe_log,
};

/// The method during one step: the prototypes of each task, on a device.
#[derive(Clone, Debug)]
pub struct SopStep {
    pub(super) config: SopConfig,
    pub(super) class: Vec<Distributions>,
    pub(super) patch: Vec<Distributions>,
    pub(super) kept_patches: Vec<usize>,
    pub(super) support_in_use: Option<f64>,
}

impl ObjectiveStep for SopStep {
    fn tokens(&self) -> TokenChoice<'_> {
        TokenChoice { global: self.config.global_feature, kept_patches: &self.kept_patches, teacher_patch_mean: false }
    }

    fn loss(
        &self,
        views: &ViewEmbeddings,
        _heads: Heads<'_>,
        temperatures: TeacherTemperatures,
    ) -> Result<ObjectiveLoss, ObjectiveError> {
        self.losses(views, temperatures)
    }

    fn keep(&self, views: &ViewEmbeddings, _teacher: &ProjectionHead) -> Result<Vec<Tensor<2>>, ObjectiveError> {
        let images = views.images();
        Ok(vec![views.teacher_global.clone().narrow(0, images, images), views.teacher_kept.clone()])
    }

    fn on(&self, device: &Device) -> Box<dyn ObjectiveStep> {
        let all = |tasks: &[Distributions]| tasks.iter().map(|task| task.on(device)).collect();
        Box::new(Self { class: all(&self.class), patch: all(&self.patch), ..self.clone() })
    }

    fn support_in_use(&self) -> Option<f64> {
        self.support_in_use
    }
}

impl SopStep {
    /// The loss of some images, which needs no more of the networks than their embeddings.
    ///
    /// # Errors
    /// [`ObjectiveError::Config`] where there are not as many weights as masked patches.
    pub fn losses(
        &self,
        views: &ViewEmbeddings,
        temperatures: TeacherTemperatures,
    ) -> Result<ObjectiveLoss, ObjectiveError> {
        let images = views.images();
        let device = views.student_global.device();
        let mut sum = WeightedSum::default();
        let mut assignment = None;
        let global = (&views.student_global, &views.teacher_global);
        let class = self.mean_over(&self.class, global, temperatures.class, |student, teacher| {
            assignment.get_or_insert_with(|| TeacherAssignment::of(&teacher));
            class_loss(student, teacher, images)
        });
        if let Some(loss) = &class {
            sum.add(loss, self.config.class.weight);
        }
        let patch = match views.mask_weights(&device)? {
            None => (!self.patch.is_empty()).then(|| Tensor::zeros([1], &device)),
            Some(weights) => {
                let masked = (&views.student_masked, &views.teacher_masked);
                self.mean_over(&self.patch, masked, temperatures.patch, |student, teacher| {
                    patch_loss(student, teacher, weights.clone())
                })
            }
        };
        if let Some(loss) = &patch {
            sum.add(loss, self.config.patch.weight);
        }
        let koleo = (self.config.koleo_weight > 0.0).then(|| koleo_loss(views.student_global_views(), images));
        if let Some(loss) = &koleo {
            sum.add(loss, self.config.koleo_weight);
        }
        Ok(ObjectiveLoss { total: sum.total(&device), class, patch, koleo, assignment })
    }

    /// The mean loss over tasks, each with its prototypes, from the student's logarithms and the teacher's probabilities; `None`
    /// without any.
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
            let loss = loss(safe_log(predicted), target);
            sum = Some(sum.map_or(loss.clone(), |sum| sum + loss));
        }
        sum.map(|sum| sum / tasks.len() as f64)
    }
}
