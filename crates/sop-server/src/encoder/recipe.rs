//! How an encoder's images become vectors.

use sop_core::{Encoder, Feature};
use sop_embed::{check_feature, check_input_size, read_stored_transform, stored_transform};
use sop_image::transform::Transform;

use super::RecipeError;

/// A transform and a feature that an encoder can serve: with the encoder, all that a vector depends on besides the image.
#[derive(Clone, Debug, PartialEq)]
pub struct Recipe {
    transform: Transform,
    feature: Feature,
    stored_transform: String,
}

impl Recipe {
    /// The transform asked for, or the one that the encoder recommends, and a feature.
    ///
    /// # Errors
    /// When there is no transform, it cannot be read, gives a size that the encoder does not take, or the encoder lacks an
    /// output that the feature is made of.
    pub fn new(encoder: &dyn Encoder, transform: Option<&str>, feature: Feature) -> Result<Self, RecipeError> {
        let spec = encoder.spec();
        let name = || spec.name.clone();
        let text =
            transform.or(spec.transform.as_deref()).ok_or_else(|| RecipeError::NoTransform { encoder: name() })?;
        let transform =
            text.parse().map_err(|source| RecipeError::Transform { encoder: name(), text: text.to_owned(), source })?;
        Self::checked(encoder, transform, feature)
    }

    /// The recipe that stored vectors were made by, from the texts beside them.
    ///
    /// # Errors
    /// As [`Self::new`], and when another decoder made the vectors.
    pub fn of_stored(encoder: &dyn Encoder, transform: &str, feature: &str) -> Result<Self, RecipeError> {
        Self::checked(encoder, read_stored_transform(transform)?, feature.parse()?)
    }

    fn checked(encoder: &dyn Encoder, transform: Transform, feature: Feature) -> Result<Self, RecipeError> {
        check_feature(encoder, feature).map_err(RecipeError::Feature)?;
        check_input_size(encoder, &transform)?;
        let stored_transform = stored_transform(&transform);
        Ok(Self { transform, feature, stored_transform })
    }

    /// What makes the encoder's input of an image.
    #[must_use]
    pub fn transform(&self) -> &Transform {
        &self.transform
    }

    /// The vector that is taken from the encoder's outputs.
    #[must_use]
    pub fn feature(&self) -> Feature {
        self.feature
    }

    /// Pixels that the encoder sees of a tensor of this size, at the largest of the transform's scales.
    pub(super) fn largest_pixels(&self, height: usize, width: usize) -> usize {
        let factor = self.transform.scales().factors().iter().fold(1.0, |largest: f64, &factor| largest.max(factor));
        // A float too large for the integer becomes its largest value.
        (height as f64 * factor * width as f64 * factor).ceil() as usize
    }

    /// The same where the transform gives one size to all images.
    pub(super) fn fixed_pixels(&self) -> Option<usize> {
        self.transform.output_size().map(|(height, width)| self.largest_pixels(height, width))
    }

    /// The transform as it is written beside embeddings, with the decoder.
    #[must_use]
    pub fn stored_transform(&self) -> &str {
        &self.stored_transform
    }
}
