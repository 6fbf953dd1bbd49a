//! iBOT and DINO during one step: scores of the prototypes to a loss.

use burn::tensor::activation::{log_softmax, softmax};
use burn::tensor::{Device, Tensor};

use super::IbotConfig;
use crate::network::ProjectionHead;
use crate::objective::{
    GlobalFeature, Heads, ObjectiveError, ObjectiveLoss, ObjectiveStep, TeacherAssignment, TeacherTemperatures,
    TokenChoice, ViewEmbeddings, WeightedSum, class_loss, koleo_loss, patch_loss,
};

/// The settings and the centres of a step, on a device.
#[derive(Clone, Debug)]
pub struct IbotStep {
    config: IbotConfig,
    /// `[1, K]`.
    centre: Tensor<2>,
    patch_centre: Option<Tensor<2>>,
}

/// Scores of the prototypes, rows as in [`ViewEmbeddings`].
#[derive(Clone, Debug)]
pub struct Scores {
    /// Of the student's global features, `[views * images, K]`.
    pub student_global: Tensor<2>,
    /// Of the teacher's, `[2 * images, K]`.
    pub teacher_global: Tensor<2>,
    /// Of the student's and of the teacher's masked patches, `[masked, K]` each, where any patch is masked.
    pub masked: Option<[Tensor<2>; 2]>,
}

impl IbotStep {
    pub(super) fn new(config: IbotConfig, centre: Tensor<2>, patch_centre: Option<Tensor<2>>) -> Self {
        Self { config, centre, patch_centre }
    }

    /// L_CLS and L_patch from scores, without their weights; `mask_weights` are those of the masked patches.
    ///
    /// The teacher's probabilities are softmax((score − centre) / temperature), the student's softmax(score / temperature).
    #[must_use]
    pub fn losses(
        &self,
        scores: &Scores,
        mask_weights: Option<Tensor<1>>,
        temperatures: TeacherTemperatures,
    ) -> (Tensor<1>, Option<Tensor<1>>, TeacherAssignment) {
        let images = scores.teacher_global.dims()[0] / 2;
        let predicted = |scores: &Tensor<2>| log_softmax(scores.clone() / self.config.student_temperature, 1);
        let target = |scores: &Tensor<2>, centre: &Tensor<2>, temperature: f64| {
            softmax((scores.clone() - centre.clone()) / temperature, 1)
        };
        let teacher = target(&scores.teacher_global, &self.centre, temperatures.class);
        let assignment = TeacherAssignment::of(&teacher);
        let class = class_loss(predicted(&scores.student_global), teacher, images);
        let patch = self.patch_centre.as_ref().map(|centre| match (&scores.masked, mask_weights) {
            (Some([student, teacher]), Some(weights)) => {
                patch_loss(predicted(student), target(teacher, centre, temperatures.patch), weights)
            }
            _ => Tensor::zeros([1], &class.device()),
        });
        (class, patch, assignment)
    }
}

impl ObjectiveStep for IbotStep {
    fn tokens(&self) -> TokenChoice<'_> {
        TokenChoice { global: GlobalFeature::Cls, kept_patches: &[], teacher_patch_mean: self.patch_centre.is_some() }
    }

    fn loss(
        &self,
        views: &ViewEmbeddings,
        heads: Heads<'_>,
        temperatures: TeacherTemperatures,
    ) -> Result<ObjectiveLoss, ObjectiveError> {
        let device = views.student_global.device();
        let weights = views.mask_weights(&device)?.filter(|_| self.patch_centre.is_some());
        let masked = match weights {
            Some(_) => Some([
                heads.student.patch_scores(views.student_masked.clone())?,
                heads.teacher.patch_scores(views.teacher_masked.clone())?,
            ]),
            None => None,
        };
        let scores = Scores {
            student_global: heads.student.scores(views.student_global.clone())?,
            teacher_global: heads.teacher.scores(views.teacher_global.clone())?,
            masked,
        };
        let (class, patch, assignment) = self.losses(&scores, weights, temperatures);
        let koleo = (self.config.koleo_weight > 0.0).then(|| koleo_loss(views.student_global_views(), views.images()));
        let mut sum = WeightedSum::default();
        let terms = [
            (Some(&class), self.config.class_weight),
            (patch.as_ref(), self.config.patch_weight),
            (koleo.as_ref(), self.config.koleo_weight),
        ];
        for (loss, weight) in terms {
            if let Some(loss) = loss {
                sum.add(loss, weight);
            }
        }
        Ok(ObjectiveLoss { total: sum.total(&device), class: Some(class), patch, koleo, assignment: Some(assignment) })
    }

    /// Sums of the teacher's scores, `[1, K]` each: of global features, and of the means of a view's patches.
    ///
    /// The mean of a view's scores is the score of its mean, so that not all patches are compared with all prototypes.
    fn keep(&self, views: &ViewEmbeddings, teacher: &ProjectionHead) -> Result<Vec<Tensor<2>>, ObjectiveError> {
        let sum = |rows: &Tensor<2>| rows.clone().sum_dim(0);
        let mut kept = vec![teacher.scores(sum(&views.teacher_global))?];
        if let Some(patches) = &views.teacher_patch_mean {
            kept.push(teacher.patch_scores(sum(patches))?);
        }
        Ok(kept)
    }

    fn on(&self, device: &Device) -> Box<dyn ObjectiveStep> {
        let centre = |centre: &Tensor<2>| centre.clone().to_device(device);
        Box::new(Self {
            centre: centre(&self.centre),
            patch_centre: self.patch_centre.as_ref().map(centre),
            config: self.config.clone(),
        })
    }
}
