//! Loaded images as the batches that an encoder takes.

use ndarray::{Array3, Array4};
use sop_datasets::dataset::ImageDataset;

use crate::loader::{HashedImage, LoadError, stack};

/// An image with its tensor, or what is wrong with it.
pub(super) type Loaded = Result<HashedImage<Array3<f32>>, LoadError>;

/// Neighbouring images of one size.
pub(super) struct ImageBatch {
    pub ids: Vec<String>,
    pub labels: Vec<Option<i32>>,
    /// SHA-256 of each image file.
    pub image_sha256: Vec<String>,
    /// `[images, 3, height, width]`.
    pub pixels: Array4<f32>,
}

/// Stacks neighbouring images of one size, the first of which is at `first` in the data set; bad images are given apart.
pub(super) fn batches_of_one_size(
    dataset: &dyn ImageDataset,
    first: usize,
    images: Vec<Loaded>,
) -> (Vec<ImageBatch>, Vec<LoadError>) {
    let mut batches = Vec::new();
    let mut bad = Vec::new();
    let mut run = Run::default();
    for (row, image) in (first..).zip(images) {
        match image {
            Err(error) => bad.push(error),
            Ok(HashedImage { sha256, prepared }) => {
                if run.pixels.first().is_some_and(|first| first.dim() != prepared.dim()) {
                    batches.extend(std::mem::take(&mut run).into_batch());
                }
                run.ids.push(dataset.id(row).to_owned());
                run.labels.push(dataset.label(row));
                run.image_sha256.push(sha256);
                run.pixels.push(prepared);
            }
        }
    }
    batches.extend(run.into_batch());
    (batches, bad)
}

/// Images of one size before they are stacked.
#[derive(Default)]
struct Run {
    ids: Vec<String>,
    labels: Vec<Option<i32>>,
    image_sha256: Vec<String>,
    pixels: Vec<Array3<f32>>,
}

impl Run {
    /// `None` without images: stacking fails for nothing else, since all have one size.
    fn into_batch(self) -> Option<ImageBatch> {
        let pixels = stack(&self.pixels)?;
        Some(ImageBatch { ids: self.ids, labels: self.labels, image_sha256: self.image_sha256, pixels })
    }
}
