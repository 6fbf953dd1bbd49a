//! Random crops for training a classifier on a frozen encoder.

use ndarray::Array3;
use serde::{Deserialize, Serialize};
use sop_numeric::random::Stream;

use super::{CropBox, ViewConfigError, flip_horizontally};
use crate::error::TransformError;
use crate::image::RgbImage;
use crate::transform::{Filter, MAX_SIDE, Normalization, normalize, resized_crop};

/// torchvision's `RandomResizedCrop` and `RandomHorizontalFlip`, as `eval_linear.py` of facebookresearch/dino uses them.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TrainCrops {
    /// Height and width in pixels, 224 by default.
    pub size: usize,
    /// Share of the image's area, uniform between these; torchvision's 0.08 to 1 by default.
    pub scale: [f64; 2],
    /// Filter of the resizing, torchvision's `bilinear` by default (DINO, iBOT, SOP); DINOv2 uses `bicubic`.
    pub filter: CropFilter,
    /// Chance of mirroring, 0.5 by default.
    pub flip: f64,
}

/// Filters of the references.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CropFilter {
    /// Pillow's `BILINEAR`, which averages where it makes an image smaller.
    Bilinear,
    /// Pillow's `BICUBIC`.
    Bicubic,
}

impl Default for TrainCrops {
    fn default() -> Self {
        Self { size: 224, scale: [0.08, 1.0], filter: CropFilter::Bilinear, flip: 0.5 }
    }
}

impl TrainCrops {
    /// Checks that every setting is in its range.
    ///
    /// # Errors
    /// [`ViewConfigError`] names the first one that is not.
    pub fn check(&self) -> Result<(), ViewConfigError> {
        if !(1..=MAX_SIDE).contains(&self.size) {
            return Err(ViewConfigError::new("crops.size", self.size, &format!("between 1 and {MAX_SIDE}")));
        }
        let [low, high] = self.scale;
        if !(low > 0.0 && low <= high && high <= 1.0) {
            let expected = "two shares above 0 and up to 1, the smaller one first";
            return Err(ViewConfigError::new("crops.scale", self.scale, expected));
        }
        if !(0.0..=1.0).contains(&self.flip) {
            return Err(ViewConfigError::new("crops.flip", self.flip, "a probability from 0 to 1"));
        }
        Ok(())
    }

    /// A random crop of an image, `[3, size, size]`; every choice follows from (seed, epoch, index) alone.
    ///
    /// # Errors
    /// [`TransformError`] where an image is too large to be resized.
    pub fn make(
        &self,
        image: &RgbImage,
        normalization: &Normalization,
        seed: u64,
        epoch: u64,
        index: u64,
    ) -> Result<Array3<f32>, TransformError> {
        let mut stream = Stream::for_purpose(*b"crops---", [seed, epoch, index]);
        let CropBox { top, left, height, width } =
            CropBox::draw(image.width(), image.height(), self.scale, &mut stream);
        let filter = match self.filter {
            CropFilter::Bilinear => Filter::Bilinear,
            CropFilter::Bicubic => Filter::Bicubic,
        };
        let mut crop = resized_crop(image, (top as i64, left as i64, height, width), (self.size, self.size), filter)?;
        if stream.chance(self.flip) {
            crop = flip_horizontally(&crop);
        }
        Ok(normalize(&crop, normalization))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn image() -> RgbImage {
        let pixels = (0..40 * 30 * 3).map(|place| (place * 7 % 251) as u8).collect();
        RgbImage::new(40, 30, pixels).unwrap()
    }

    #[test]
    fn epochs_and_images_differ_and_the_same_are_the_same() {
        let crops = TrainCrops { size: 16, ..TrainCrops::default() };
        let make = |epoch, index| crops.make(&image(), &Normalization::IMAGENET, 3, epoch, index).unwrap();
        assert_eq!(make(0, 0).dim(), (3, 16, 16));
        assert_eq!(make(2, 5), make(2, 5));
        assert_ne!(make(0, 0), make(1, 0));
        assert_ne!(make(0, 0), make(0, 1));
    }

    #[test]
    fn settings_out_of_range_are_named() {
        let wrong = [
            (TrainCrops { size: 0, ..TrainCrops::default() }, "crops.size"),
            (TrainCrops { scale: [0.5, 0.1], ..TrainCrops::default() }, "crops.scale"),
            (TrainCrops { flip: 1.5, ..TrainCrops::default() }, "crops.flip"),
        ];
        for (crops, key) in wrong {
            assert_eq!(crops.check().unwrap_err().key, key);
        }
        TrainCrops::default().check().unwrap();
    }
}
