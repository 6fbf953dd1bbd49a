//! From image files to batches of tensors, on all cores and ahead of the encoder.

use std::ops::Range;

use ndarray::{Array3, Array4, Axis};
use rayon::prelude::*;
use sop_core::panic_guard::catch_panic;
use sop_core::sha256_hex;
use sop_datasets::dataset::ImageDataset;
use sop_image::DecodeLimits;
use sop_image::transform::Transform;

use super::BadImage;

/// One image after decoding and transforming, with what identifies its file.
pub(super) struct Prepared {
    pub id: String,
    pub label: Option<i32>,
    /// SHA-256 of the image file.
    pub sha256: String,
    pub pixels: Result<Array3<f32>, Box<dyn std::error::Error + Send + Sync>>,
}

/// Reads, decodes and transforms the images of `range` in parallel; the order is kept.
pub(super) fn prepare(
    dataset: &dyn ImageDataset,
    range: Range<usize>,
    transform: &Transform,
    limits: &DecodeLimits,
) -> Vec<Prepared> {
    let one = |index| {
        catch_panic(|| prepare_one(dataset, index, transform, limits)).unwrap_or_else(|panic| Prepared {
            id: dataset.id(index).to_owned(),
            label: dataset.label(index),
            sha256: String::new(),
            pixels: Err(panic.into()),
        })
    };
    range.into_par_iter().map(one).collect()
}

fn prepare_one(dataset: &dyn ImageDataset, index: usize, transform: &Transform, limits: &DecodeLimits) -> Prepared {
    match dataset.sample(index) {
        Err(error) => Prepared {
            id: dataset.id(index).to_owned(),
            label: dataset.label(index),
            sha256: String::new(),
            pixels: Err(error.into()),
        },
        Ok(sample) => {
            let pixels = transform.apply_to_file(&sample.bytes, limits).map_err(Into::into);
            Prepared { sha256: sha256_hex(&sample.bytes), id: sample.id, label: sample.label, pixels }
        }
    }
}

/// Neighbouring images of one size.
pub(super) struct ImageBatch {
    pub ids: Vec<String>,
    pub labels: Vec<Option<i32>>,
    /// SHA-256 of each image file.
    pub image_sha256: Vec<String>,
    /// `[images, 3, height, width]`.
    pub pixels: Array4<f32>,
}

/// Stacks neighbouring images of one size; bad images are given apart.
pub(super) fn stack(images: Vec<Prepared>) -> (Vec<ImageBatch>, Vec<BadImage>) {
    let mut batches = Vec::new();
    let mut bad = Vec::new();
    let mut run = Run::default();
    for image in images {
        match image.pixels {
            Err(source) => bad.push(BadImage { id: image.id, source }),
            Ok(pixels) => {
                if run.pixels.first().is_some_and(|first| first.dim() != pixels.dim()) {
                    batches.extend(std::mem::take(&mut run).into_batch());
                }
                run.ids.push(image.id);
                run.labels.push(image.label);
                run.image_sha256.push(image.sha256);
                run.pixels.push(pixels);
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
        let views: Vec<_> = self.pixels.iter().map(|image| image.view()).collect();
        let pixels = ndarray::stack(Axis(0), &views).ok()?;
        Some(ImageBatch { ids: self.ids, labels: self.labels, image_sha256: self.image_sha256, pixels })
    }
}
