//! A list of steps: image to tensor.

use std::borrow::Cow;
use std::cell::OnceCell;
use std::fmt;
use std::str::FromStr;

use ndarray::Array3;

use super::filter::Filter;
use super::normalization::{Normalization, normalize, normalize_planes};
use super::plan::plan;
use super::resample::Resampling;
use super::scales::Scales;
use super::step::Step;
use crate::error::{PrepareError, TransformError};
use crate::image::planes::PlanarImage;
use crate::image::window::Window;
use crate::image::{DecodeLimits, RgbImage, decode_window};

/// Most steps of one transform: far above any real one, so that a hostile string costs little.
const MAX_STEPS: usize = 16;

/// Image steps followed by one normalisation, and perhaps by the sizes at which the result is encoded; the string form is the contract that files record, and parses back to the same transform.
///
/// ```
/// use sop_image::transform::Transform;
///
/// let transform: Transform = "resize_short(256,bicubic)|center_crop(224)|normalize(imagenet)".parse()?;
/// assert_eq!(transform, Transform::eval_224());
/// assert_eq!(transform.output_size(), Some((224, 224)));
/// # Ok::<(), sop_image::TransformError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Transform {
    image_steps: Vec<Step>,
    normalization: Normalization,
    scales: Scales,
}

/// The references' evaluation transform for an image size: the short side to 256/224 of it, then the centre.
#[must_use]
pub fn recommended_transform(image_size: usize, normalization: &str) -> String {
    let resized = (image_size * 256).div_ceil(224);
    format!("resize_short({resized},bicubic)|center_crop({image_size})|normalize({normalization})")
}

impl Transform {
    /// A transform of these steps; without a final [`Step::Normalize`], values are in [0, 1] and the string form says `normalize(none)`.
    ///
    /// # Errors
    /// [`TransformError`] for sizes out of range, a normalisation before the end, or more than 16 steps.
    pub fn new(mut steps: Vec<Step>) -> Result<Self, TransformError> {
        if steps.len() > MAX_STEPS {
            return Err(TransformError::TooManySteps { found: steps.len(), limit: MAX_STEPS });
        }
        steps.iter().try_for_each(Step::check)?;
        let scales = match steps.last() {
            Some(&Step::Scales(scales)) => {
                steps.pop();
                scales
            }
            _ => Scales::ONE,
        };
        let normalization = match steps.last() {
            Some(&Step::Normalize(normalization)) => {
                steps.pop();
                normalization
            }
            _ => Normalization::NONE,
        };
        if steps.iter().any(|step| matches!(step, Step::Normalize(_) | Step::Scales(_))) {
            return Err(TransformError::NormalizeNotLast);
        }
        Ok(Self { image_steps: steps, normalization, scales })
    }

    /// The evaluation transform of DINO, iBOT, SOP and DINOv2: `resize_short(256,bicubic)|center_crop(224)|normalize(imagenet)`.
    pub fn eval_224() -> Self {
        Self {
            image_steps: vec![Step::ResizeShort { side: 256, filter: Filter::Bicubic }, Step::CenterCrop { side: 224 }],
            normalization: Normalization::IMAGENET,
            scales: Scales::ONE,
        }
    }

    /// The image as it is stored, normalised.
    pub fn as_stored(normalization: Normalization) -> Self {
        Self { image_steps: Vec::new(), normalization, scales: Scales::ONE }
    }

    /// All steps in order: the normalisation, then the scales where there is more than the image's own.
    pub fn steps(&self) -> Vec<Step> {
        let scales = (self.scales != Scales::ONE).then_some(Step::Scales(self.scales));
        self.image_steps.iter().copied().chain([Step::Normalize(self.normalization)]).chain(scales).collect()
    }

    /// The sizes at which the encoder sees the result; their vectors are averaged.
    pub fn scales(&self) -> &Scales {
        &self.scales
    }

    /// The normalisation that ends the transform.
    pub fn normalization(&self) -> &Normalization {
        &self.normalization
    }

    /// The 8-bit image after all steps before the normalisation.
    ///
    /// # Errors
    /// [`TransformError::TooLarge`] when a very long and thin image would be enlarged beyond bounds.
    pub fn apply_to_image<'a>(&self, image: &'a RgbImage) -> Result<Cow<'a, RgbImage>, TransformError> {
        self.image_steps.iter().try_fold(Cow::Borrowed(image), |current, step| Ok(Cow::Owned(step.apply(&current)?)))
    }

    /// The encoder's input of shape `[3, height, width]`.
    ///
    /// # Errors
    /// As [`Transform::apply_to_image`].
    pub fn apply(&self, image: &RgbImage) -> Result<Array3<f32>, TransformError> {
        match plan(&self.image_steps, image.width(), image.height()) {
            Some(plan) => {
                let source = PlanarImage::from_rgb(image, plan.source_window());
                Ok(normalize_planes(&plan.run(&source), &self.normalization))
            }
            None => Ok(normalize(self.apply_to_image(image)?.as_ref(), &self.normalization)),
        }
    }

    /// The encoder's input of an image file: what [`decode`](crate::image::decode) and [`Transform::apply`] give one after the other,
    /// without computing pixels that the transform does not use.
    ///
    /// # Errors
    /// As the two.
    pub fn apply_to_file(&self, bytes: &[u8], limits: &DecodeLimits) -> Result<Array3<f32>, PrepareError> {
        let plan_cell = OnceCell::new();
        let choose = |width, height| {
            let plan = plan_cell.get_or_init(|| plan(&self.image_steps, width, height));
            plan.as_ref().map_or(Window::whole(width, height), Resampling::source_window)
        };
        let image = decode_window(bytes, limits, &choose)?;
        match plan_cell.into_inner().flatten() {
            Some(plan) => Ok(normalize_planes(&plan.run(&image), &self.normalization)),
            None => Ok(self.apply(&image.to_rgb())?),
        }
    }

    /// Height and width of the result where they are the same for every image.
    pub fn output_size(&self) -> Option<(usize, usize)> {
        let size = self.image_steps.iter().fold(None, |size, step| step.size_after(size));
        size.map(|(width, height)| (height, width))
    }
}

impl Default for Transform {
    fn default() -> Self {
        Self::eval_224()
    }
}

impl fmt::Display for Transform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let steps: Vec<String> = self.steps().iter().map(Step::to_string).collect();
        f.write_str(&steps.join("|"))
    }
}

impl FromStr for Transform {
    type Err = TransformError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let count = text.split('|').count();
        if count > MAX_STEPS {
            return Err(TransformError::TooManySteps { found: count, limit: MAX_STEPS });
        }
        Self::new(text.split('|').map(str::parse).collect::<Result<_, _>>()?)
    }
}
