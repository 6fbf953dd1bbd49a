//! From stored images to tensors: the one loop, whatever an image becomes.

mod error;
mod prepare;
mod read_ahead;

use ndarray::{Array3, Array4, Axis};
use rayon::prelude::*;
use sop_core::panic_guard::catch_panic;
use sop_datasets::dataset::ImageDataset;
use sop_image::DecodeLimits;

pub use error::{LoadCause, LoadError};
pub use prepare::{Hashed, HashedImage, Prepare};
pub use read_ahead::ReadAhead;

/// Reads, decodes and prepares images of a data set.
///
/// What an image becomes is said by a [`Prepare`]: a [`Transform`](sop_image::transform::Transform), or a closure over the decoded
/// image and its row for random crops, views, frames and pictures. Whatever is wrong with an image, a panic of a decoder
/// included, is an error that names it.
#[derive(Clone, Copy, Debug)]
pub struct ImageLoader<'a> {
    dataset: &'a dyn ImageDataset,
    limits: DecodeLimits,
}

impl<'a> ImageLoader<'a> {
    /// Images of `dataset`, none of them larger than the limits.
    pub fn new(dataset: &'a dyn ImageDataset, limits: DecodeLimits) -> Self {
        Self { dataset, limits }
    }

    /// One image, prepared.
    ///
    /// # Errors
    /// [`LoadError`] names the image and says what is wrong with it.
    pub fn load<P: Prepare>(&self, row: usize, prepare: &P) -> Result<P::Prepared, LoadError> {
        let load = || {
            let image = self.dataset.stored(row).map_err(|error| LoadCause::Read(Box::new(error)))?;
            Ok(prepare.prepare(&image, &self.limits, row)?)
        };
        catch_panic(load)
            .unwrap_or_else(|panic| Err(LoadCause::Panic(panic)))
            .map_err(|cause| LoadError { id: self.dataset.id(row).to_owned(), cause })
    }

    /// Some images, prepared on the threads of the current rayon pool; the order is kept, and a bad image keeps its place.
    pub fn load_each<P: Prepare>(
        &self,
        rows: impl IntoIterator<Item = usize>,
        prepare: &P,
    ) -> Vec<Result<P::Prepared, LoadError>> {
        let rows: Vec<usize> = rows.into_iter().collect();
        rows.into_par_iter().map(|row| self.load(row, prepare)).collect()
    }

    /// Some images, prepared as by [`Self::load_each`].
    ///
    /// # Errors
    /// The first bad image's [`LoadError`].
    pub fn load_all<P: Prepare>(
        &self,
        rows: impl IntoIterator<Item = usize>,
        prepare: &P,
    ) -> Result<Vec<P::Prepared>, LoadError> {
        self.load_each(rows, prepare).into_iter().collect()
    }

    /// Some images as one array, `[images, 3, height, width]`, in order.
    ///
    /// # Errors
    /// The first bad image's [`LoadError`]; [`LoadCause::Shape`] names the first image whose tensor has another size than the first.
    pub fn batch<P: Prepare<Prepared = Array3<f32>>>(
        &self,
        rows: impl IntoIterator<Item = usize>,
        prepare: &P,
    ) -> Result<Array4<f32>, LoadError> {
        let rows: Vec<usize> = rows.into_iter().collect();
        let images = self.load_all(rows.iter().copied(), prepare)?;
        let first = images.first().map_or((0, 0, 0), |image| image.dim());
        for (row, image) in rows.into_iter().zip(&images) {
            if image.dim() != first {
                let cause = LoadCause::Shape { found: image.dim().into(), first: first.into() };
                return Err(LoadError { id: self.dataset.id(row).to_owned(), cause });
            }
        }
        Ok(stack(&images).unwrap_or_else(|| Array4::zeros((0, first.0, first.1, first.2))))
    }
}

/// Tensors of one size as one array; `None` without tensors, or where their sizes differ.
pub(crate) fn stack(images: &[Array3<f32>]) -> Option<Array4<f32>> {
    let views: Vec<_> = images.iter().map(|image| image.view()).collect();
    ndarray::stack(Axis(0), &views).ok()
}
