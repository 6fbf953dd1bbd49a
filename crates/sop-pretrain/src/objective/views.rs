//! What the networks make of the views of some images.

use burn::tensor::{Device, Tensor, TensorData};
use serde::{Deserialize, Serialize};

use super::ObjectiveError;

/// What stands for a whole view in the class task.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GlobalFeature {
    /// The head's output for the CLS token.
    #[default]
    Cls,
    /// The mean of the head's normalised outputs for the patches, not normalised again (Table C.2).
    PatchMean,
}

/// The tokens that the heads must project, beside the masked patches of the global views.
#[derive(Clone, Copy, Debug)]
pub struct TokenChoice<'a> {
    /// What stands for a whole view.
    pub global: GlobalFeature,
    /// A patch of each image of the second global view, which the teacher projects; it may be none.
    pub kept_patches: &'a [usize],
    /// Whether the teacher projects all patches, for their mean.
    pub teacher_patch_mean: bool,
}

/// Views of some images after the head: unit vectors, view after view.
#[derive(Clone, Debug)]
pub struct ViewEmbeddings {
    /// Global features of all student views, `[views * images, dim]`; the first two views are the teacher's.
    pub student_global: Tensor<2>,
    /// Global features of the teacher's views, `[2 * images, dim]`.
    pub teacher_global: Tensor<2>,
    /// Masked patches of the student's global views, `[masked, dim]`, in the order of [`MaskedPatches::places`].
    pub student_masked: Tensor<2>,
    /// The same patches seen by the teacher, which sees no masks.
    pub teacher_masked: Tensor<2>,
    /// What each masked patch weighs in the loss, see [`MaskedPatches::weights`].
    pub mask_weights: Vec<f32>,
    /// The patches of [`TokenChoice::kept_patches`] seen by the teacher, `[images, dim]` or none.
    pub teacher_kept: Tensor<2>,
    /// The mean of the teacher's patches of each view, `[2 * images, dim]`, where it was asked for.
    pub teacher_patch_mean: Option<Tensor<2>>,
}

impl ViewEmbeddings {
    /// Images.
    #[must_use]
    pub fn images(&self) -> usize {
        self.teacher_global.dims()[0] / 2
    }

    /// The student's global features of the two global views.
    pub(crate) fn student_global_views(&self) -> Tensor<2> {
        self.student_global.clone().narrow(0, 0, 2 * self.images())
    }

    /// The weights of the masked patches on a device, where any patch is masked.
    ///
    /// # Errors
    /// [`ObjectiveError::Config`] where there are not as many as masked patches.
    pub(crate) fn mask_weights(&self, device: &Device) -> Result<Option<Tensor<1>>, ObjectiveError> {
        let (count, weights) = (self.student_masked.dims()[0], self.mask_weights.clone());
        if weights.len() != count {
            let reason = format!("{} weights for {count} masked patches", weights.len());
            return Err(ObjectiveError::Config { part: "mask", reason });
        }
        Ok((count > 0).then(|| Tensor::from_data(TensorData::new(weights, [count]), device)))
    }
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
