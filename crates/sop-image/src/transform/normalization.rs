//! Bytes to the encoder's input tensor.

use std::fmt;

use ndarray::Array3;

use crate::error::TransformError;
use crate::image::RgbImage;
use crate::image::planes::PlanarImage;
use crate::image::window::Window;

/// Mean and standard deviation per channel (R, G, B), in units where white is 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Normalization {
    mean: [f32; 3],
    std: [f32; 3],
}

impl Normalization {
    /// The ImageNet statistics that nearly every published encoder uses.
    pub const IMAGENET: Self = Self { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] };
    /// What the DAVIS evaluation of DINO and its followers uses: red has a standard deviation of .228 there.
    pub const DAVIS: Self = Self { mean: [0.485, 0.456, 0.406], std: [0.228, 0.224, 0.225] };
    /// Mean and standard deviation 0.5: values in [-1, 1].
    pub const HALF: Self = Self { mean: [0.5; 3], std: [0.5; 3] };
    /// Values in [0, 1], nothing else.
    pub const NONE: Self = Self { mean: [0.0; 3], std: [1.0; 3] };

    /// The normalisations that have a name, in the order in which messages list them.
    pub const NAMED: [(&'static str, Self); 4] =
        [("imagenet", Self::IMAGENET), ("davis", Self::DAVIS), ("half", Self::HALF), ("none", Self::NONE)];

    /// A normalisation with other statistics.
    ///
    /// # Errors
    /// [`TransformError::Statistics`] unless every value is finite and every standard deviation positive.
    pub fn new(mean: [f32; 3], std: [f32; 3]) -> Result<Self, TransformError> {
        if mean.iter().chain(&std).all(|v| v.is_finite()) && std.iter().all(|&v| v > 0.0) {
            return Ok(Self { mean, std });
        }
        Err(TransformError::Statistics { mean, std })
    }

    /// Mean of R, G, B.
    pub fn mean(&self) -> [f32; 3] {
        self.mean
    }

    /// Standard deviation of R, G, B.
    pub fn std(&self) -> [f32; 3] {
        self.std
    }
}

impl fmt::Display for Normalization {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some((name, _)) = Self::NAMED.iter().find(|(_, named)| named == self) {
            return f.write_str(name);
        }
        let [m, s] = [self.mean, self.std];
        write!(f, "mean={}/{}/{},std={}/{}/{}", m[0], m[1], m[2], s[0], s[1], s[2])
    }
}

/// Converts to a tensor of shape `[3, height, width]`: `(byte / 255 - mean) / std`, every operation in f32 as torchvision's `ToTensor` and `Normalize`.
pub fn normalize(image: &RgbImage, normalization: &Normalization) -> Array3<f32> {
    let window = Window::whole(image.width(), image.height());
    normalize_planes(&PlanarImage::from_rgb(image, window), normalization)
}

/// As [`normalize`]; a single plane is grey.
pub(super) fn normalize_planes(image: &PlanarImage, normalization: &Normalization) -> Array3<f32> {
    let Window { width, height, .. } = image.window;
    let mut values = Vec::with_capacity(3 * width * height);
    for (plane, (mean, std)) in image.planes.iter().cycle().zip(normalization.mean.iter().zip(normalization.std)) {
        // A channel has only 256 values.
        let table: [f32; 256] = std::array::from_fn(|byte| (byte as f32 / 255.0 - mean) / std);
        for y in 0..height {
            values.extend(plane.row(y).iter().take(width).map(|&sample| table[usize::from(sample)]));
        }
    }
    Array3::from_shape_vec((3, height, width), values).unwrap_or_else(|_| Array3::zeros((3, height, width)))
}
