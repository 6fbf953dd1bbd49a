//! The views of one image.

use ndarray::Array3;
use sop_numeric::random::Stream;

use super::{
    CropBox, ViewConfig, ViewConfigError, adjust_brightness, adjust_contrast, adjust_hue, adjust_saturation,
    flip_horizontally, gaussian_blur, greyscale, solarize,
};
use crate::error::TransformError;
use crate::image::RgbImage;
use crate::transform::{Filter, Normalization, normalize, resized_crop};

/// Makes the views of images (`DataAugmentationDINO` of dino's `main_dino.py`, and of iBOT and SOP).
#[derive(Debug, Clone)]
pub struct Views {
    config: ViewConfig,
    normalization: Normalization,
}

impl Views {
    /// Checks the settings.
    ///
    /// # Errors
    /// [`ViewConfigError`] names a setting that is out of range.
    pub fn new(config: ViewConfig, normalization: Normalization) -> Result<Self, ViewConfigError> {
        config.check()?;
        Ok(Self { config, normalization })
    }

    /// The settings.
    #[must_use]
    pub fn config(&self) -> &ViewConfig {
        &self.config
    }

    /// All views of an image as `[3, size, size]`, the two global ones first.
    ///
    /// Every random choice follows from (seed, epoch, index) alone.
    ///
    /// # Errors
    /// [`TransformError`] where an image is too large to be resized.
    pub fn make(
        &self,
        image: &RgbImage,
        seed: u64,
        epoch: u64,
        index: u64,
    ) -> Result<Vec<Array3<f32>>, TransformError> {
        let global = self.config.global;
        let local = self.config.local;
        let mut stream = Stream::for_purpose(*b"views---", [seed, epoch, index]);
        let mut views = Vec::with_capacity(2 + local.count);
        for (blur, solarize) in global.blur.into_iter().zip(global.solarize) {
            views.push(self.view(image, (global.size, global.scale), [blur, solarize], &mut stream)?);
        }
        for _ in 0..local.count {
            views.push(self.view(image, (local.size, local.scale), [local.blur, 0.0], &mut stream)?);
        }
        Ok(views)
    }

    fn view(
        &self,
        image: &RgbImage,
        (size, scale): (usize, [f64; 2]),
        [blur, solarization]: [f64; 2],
        stream: &mut Stream,
    ) -> Result<Array3<f32>, TransformError> {
        let CropBox { top, left, height, width } = CropBox::draw(image.width(), image.height(), scale, stream);
        let mut view = resized_crop(image, (top as i64, left as i64, height, width), (size, size), Filter::Bicubic)?;
        if stream.chance(self.config.flip) {
            view = flip_horizontally(&view);
        }
        if stream.chance(self.config.jitter.probability) {
            view = self.jittered(view, stream);
        }
        if stream.chance(self.config.greyscale) {
            view = greyscale(&view);
        }
        if stream.chance(blur) {
            let [low, high] = self.config.blur_radius;
            view = gaussian_blur(&view, stream.range(low, high));
        }
        if stream.chance(solarization) {
            view = solarize(&view, self.config.solarize_threshold);
        }
        Ok(normalize(&view, &self.normalization))
    }

    /// The four changes of colour in random order.
    fn jittered(&self, view: RgbImage, stream: &mut Stream) -> RgbImage {
        let jitter = self.config.jitter;
        let mut order = [0, 1, 2, 3];
        stream.shuffle_front(&mut order, 3);
        let mut factor = |strength: f64| stream.range((1.0 - strength).max(0.0), 1.0 + strength);
        let factors = [jitter.brightness, jitter.contrast, jitter.saturation].map(&mut factor);
        let turn = stream.range(-jitter.hue, jitter.hue);
        order.into_iter().fold(view, |view, change| match change {
            0 => adjust_brightness(&view, factors[0]),
            1 => adjust_contrast(&view, factors[1]),
            2 => adjust_saturation(&view, factors[2]),
            // As torchvision: without a turn there is no way through 8-bit HSV, which changes most colours by itself.
            _ if jitter.hue == 0.0 => view,
            _ => adjust_hue(&view, turn),
        })
    }
}
