//! One step of a transform.

use super::crop::center_crop;
use super::filter::Filter;
use super::normalization::Normalization;
use super::resize::{resize_exact, resize_short, thumbnail};
use super::scales::Scales;
use super::size::{MAX_SIDE, short_side_size, thumbnail_size};
use crate::error::TransformError;
use crate::image::RgbImage;

/// One step of a [`Transform`](super::Transform); sizes are in pixels, from 1 to [`MAX_SIDE`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Step {
    /// `resize_short(side,filter)`: the short side becomes `side`, the aspect ratio is kept.
    ResizeShort {
        /// New length of the short side.
        side: usize,
        /// Resampling filter.
        filter: Filter,
    },
    /// `resize_exact(width,height,filter)`: both sides are given, the aspect ratio is lost.
    ResizeExact {
        /// New width.
        width: usize,
        /// New height.
        height: usize,
        /// Resampling filter.
        filter: Filter,
    },
    /// `thumbnail(side,filter)`: shrinks until the long side is at most `side`, never enlarges.
    Thumbnail {
        /// Largest length of the long side.
        side: usize,
        /// Resampling filter.
        filter: Filter,
    },
    /// `center_crop(side)`: the middle square, padded with black where the image is smaller.
    CenterCrop {
        /// Side of the square.
        side: usize,
    },
    /// `normalize(name)` or `normalize(mean=r/g/b,std=r/g/b)`: bytes to floats; nothing but [`Step::Scales`] comes after it.
    Normalize(Normalization),
    /// `scales(dino)` or `scales(1,0.5)`: the encoder sees the image at several sizes; the last step.
    Scales(Scales),
}

impl Step {
    /// The sizes that the step names.
    fn sides(&self) -> Vec<usize> {
        match *self {
            Self::ResizeShort { side, .. } | Self::Thumbnail { side, .. } | Self::CenterCrop { side } => vec![side],
            Self::ResizeExact { width, height, .. } => vec![width, height],
            Self::Normalize(_) | Self::Scales(_) => Vec::new(),
        }
    }

    /// Checks that every size is from 1 to [`MAX_SIDE`].
    pub(super) fn check(&self) -> Result<(), TransformError> {
        match self.sides().into_iter().find(|side| !(1..=MAX_SIDE).contains(side)) {
            Some(side) => Err(TransformError::Side { step: self.to_string(), side: side.to_string(), limit: MAX_SIDE }),
            None => Ok(()),
        }
    }

    /// The image after this step; [`Step::Normalize`] and [`Step::Scales`] leave it as it is.
    pub(super) fn apply(&self, image: &RgbImage) -> Result<RgbImage, TransformError> {
        match *self {
            Self::ResizeShort { side, filter } => resize_short(image, side, filter),
            Self::ResizeExact { width, height, filter } => resize_exact(image, width, height, filter),
            Self::Thumbnail { side, filter } => thumbnail(image, side, filter),
            Self::CenterCrop { side } => center_crop(image, side),
            Self::Normalize(_) | Self::Scales(_) => Ok(image.clone()),
        }
    }

    /// Width and height after this step, given those before it where they are known.
    pub(super) fn size_after(&self, before: Option<(usize, usize)>) -> Option<(usize, usize)> {
        match *self {
            Self::ResizeShort { side, .. } => before.map(|(width, height)| short_side_size(width, height, side)),
            Self::ResizeExact { width, height, .. } => Some((width, height)),
            Self::Thumbnail { side, .. } => {
                before.map(|(width, height)| thumbnail_size(width, height, side).unwrap_or((width, height)))
            }
            Self::CenterCrop { side } => Some((side, side)),
            Self::Normalize(_) | Self::Scales(_) => before,
        }
    }
}
