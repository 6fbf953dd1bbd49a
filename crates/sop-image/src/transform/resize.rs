//! Resizing: exact, by the short side, and thumbnails.

use super::filter::Filter;
use super::nearest::nearest;
use super::reduce::reduce;
use super::resample::Resampling;
use super::size::{short_side_size, thumbnail_size};
use crate::error::TransformError;
use crate::image::RgbImage;
use crate::image::planes::PlanarImage;
use crate::image::window::Window;

/// Most pixels of a result or of the image between the two passes: 2^28, which is 805 MB.
const MAX_PIXELS: usize = 1 << 28;
/// Pillow's default `reducing_gap` of `thumbnail`: a box reduction may bring the image down to twice the target before the filter.
const THUMBNAIL_GAP: f64 = 2.0;

/// A rectangle of a source image in pixels, with fractions: `left < right`, `top < bottom`, inside of the image.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Region {
    /// Left edge.
    pub left: f64,
    /// Upper edge.
    pub top: f64,
    /// Right edge.
    pub right: f64,
    /// Lower edge.
    pub bottom: f64,
}

impl Region {
    /// The whole image.
    pub fn whole(image: &RgbImage) -> Self {
        Self { left: 0.0, top: 0.0, right: image.width() as f64, bottom: image.height() as f64 }
    }

    /// Left, top, right, bottom in the precision of Pillow's C code.
    pub(super) fn to_f32(self) -> [f32; 4] {
        [self.left, self.top, self.right, self.bottom].map(|v| v as f32)
    }

    fn check(self, image: &RgbImage) -> Result<(), TransformError> {
        let whole = Self::whole(image);
        let inside = self.left >= 0.0 && self.top >= 0.0 && self.right <= whole.right && self.bottom <= whole.bottom;
        if inside && self.left < self.right && self.top < self.bottom {
            return Ok(());
        }
        Err(TransformError::Region { region: self, width: image.width(), height: image.height() })
    }
}

/// Resizes to exactly `width * height` pixels, as Pillow's `Image.resize((width, height), filter)`.
///
/// # Errors
/// [`TransformError::TooLarge`] for a side of zero or a result of more than 2^28 pixels.
pub fn resize_exact(image: &RgbImage, width: usize, height: usize, filter: Filter) -> Result<RgbImage, TransformError> {
    resize_region(image, width, height, filter, Region::whole(image))
}

/// Resizes a rectangle of the image, as Pillow's `Image.resize((width, height), filter, box=region)`: pixels around the region are used by the filter.
///
/// # Errors
/// [`TransformError::Region`] for a region that is empty or outside, [`TransformError::TooLarge`] as [`resize_exact`].
pub fn resize_region(
    image: &RgbImage,
    width: usize,
    height: usize,
    filter: Filter,
    region: Region,
) -> Result<RgbImage, TransformError> {
    region.check(image)?;
    check_size(width, height, image.height())?;
    if (width, height) == (image.width(), image.height()) && region == Region::whole(image) {
        return Ok(image.clone());
    }
    Ok(match filter {
        Filter::Nearest => nearest(image, width, height, region),
        _ => {
            let source = (image.width(), image.height());
            let resampling =
                Resampling::new(source, region.to_f32(), (width, height), filter, Window::whole(width, height));
            resampling.run(&PlanarImage::from_rgb(image, resampling.source_window())).to_rgb()
        }
    })
}

/// Checks the size of a result and of the image between the two passes.
pub(crate) fn check_size(width: usize, height: usize, source_height: usize) -> Result<(), TransformError> {
    let between = width.saturating_mul(source_height);
    let pixels = width.saturating_mul(height);
    if pixels == 0 || pixels.max(between) > MAX_PIXELS {
        return Err(TransformError::TooLarge { width, height, source_height, limit: MAX_PIXELS });
    }
    Ok(())
}

/// Makes the short side `side` pixels long, as torchvision's `Resize(side, filter)` on a Pillow image; see [`short_side_size`].
///
/// # Errors
/// [`TransformError::TooLarge`] where a very long and thin image would become too large.
pub fn resize_short(image: &RgbImage, side: usize, filter: Filter) -> Result<RgbImage, TransformError> {
    let (width, height) = short_side_size(image.width(), image.height(), side);
    resize_exact(image, width, height, filter)
}

/// Shrinks to fit `side * side` pixels, as Pillow's `Image.thumbnail((side, side), filter)` with its default `reducing_gap=2.0`; never enlarges.
///
/// This is the behaviour on an RGB image in memory (`Image.open(file).convert("RGB").thumbnail(…)`, as the retrieval protocols do).
/// On a JPEG *file* that was opened but not yet decoded, Pillow lets the JPEG decoder shrink first (`draft`), which gives other pixels; that path is not offered.
///
/// # Errors
/// [`TransformError::TooLarge`] for a side of zero.
pub fn thumbnail(image: &RgbImage, side: usize, filter: Filter) -> Result<RgbImage, TransformError> {
    let Some((width, height)) = thumbnail_size(image.width(), image.height(), side) else {
        return Ok(image.clone());
    };
    if filter == Filter::Nearest || width == 0 || height == 0 {
        return resize_exact(image, width, height, filter);
    }
    let factor = |source: usize, target: usize| ((source as f64 / target as f64 / THUMBNAIL_GAP) as usize).max(1);
    let (factor_x, factor_y) = (factor(image.width(), width), factor(image.height(), height));
    if factor_x == 1 && factor_y == 1 {
        return resize_exact(image, width, height, filter);
    }
    let reduced = reduce(image, factor_x, factor_y);
    // The last block may be partial: the image ends at a fraction of the reduced pixel.
    let region = Region {
        left: 0.0,
        top: 0.0,
        right: image.width() as f64 / factor_x as f64,
        bottom: image.height() as f64 / factor_y as f64,
    };
    resize_region(&reduced, width, height, filter, region)
}
