//! What an image becomes.

use ndarray::Array3;
use sop_datasets::dataset::StoredImage;
use sop_image::transform::Transform;
use sop_image::{DecodeLimits, PrepareError, RgbImage, TransformError};

/// How a stored image is prepared.
///
/// A [`Transform`] gives the encoder's input, `[3, height, width]`, and decodes no more than it needs. A closure
/// `Fn(&RgbImage, usize) -> Result<T, TransformError>` gives whatever it makes of the decoded image and its row.
pub trait Prepare: Sync {
    /// What an image becomes.
    type Prepared: Send;

    /// Prepares the image at `row`.
    ///
    /// # Errors
    /// [`PrepareError`] when the image cannot be decoded, or what is decoded cannot be used.
    fn prepare(&self, image: &StoredImage, limits: &DecodeLimits, row: usize) -> Result<Self::Prepared, PrepareError>;
}

impl Prepare for Transform {
    type Prepared = Array3<f32>;

    fn prepare(&self, image: &StoredImage, limits: &DecodeLimits, _: usize) -> Result<Array3<f32>, PrepareError> {
        image.apply(self, limits)
    }
}

impl<T: Send, F: Fn(&RgbImage, usize) -> Result<T, TransformError> + Sync> Prepare for F {
    type Prepared = T;

    fn prepare(&self, image: &StoredImage, limits: &DecodeLimits, row: usize) -> Result<T, PrepareError> {
        Ok(self(image.decode(limits)?.as_ref(), row)?)
    }
}

/// What another one makes, with the hash of the file.
#[derive(Clone, Copy, Debug)]
pub struct Hashed<'a, P>(pub &'a P);

/// A prepared image and the hash of its file.
#[derive(Clone, Debug, PartialEq)]
pub struct HashedImage<T> {
    /// SHA-256 of the image file.
    pub sha256: String,
    /// What the image became.
    pub prepared: T,
}

impl<P: Prepare> Prepare for Hashed<'_, P> {
    type Prepared = HashedImage<P::Prepared>;

    fn prepare(&self, image: &StoredImage, limits: &DecodeLimits, row: usize) -> Result<Self::Prepared, PrepareError> {
        let prepared = self.0.prepare(image, limits, row)?;
        Ok(HashedImage { sha256: image.sha256(), prepared })
    }
}
