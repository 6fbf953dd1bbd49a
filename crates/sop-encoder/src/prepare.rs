//! From image files to batches of tensors, on all cores and ahead of the encoder.

use std::ops::Range;

use ndarray::{Array3, Array4, Axis};
use rayon::prelude::*;
use sop_core::panic_guard::catch_panic;
use sop_core::{Sha256Hasher, sha256_hex};
use sop_datasets::dataset::ImageDataset;
use sop_datasets::image::{DecodeLimits, decode};
use sop_datasets::transform::Transform;

use crate::BadImage;

/// One image after decoding and transforming, with what identifies its file.
pub(crate) struct Prepared {
    pub id: String,
    pub label: Option<i32>,
    /// SHA-256 of the image file.
    pub sha256: String,
    pub pixels: Result<Array3<f32>, Box<dyn std::error::Error + Send + Sync>>,
}

/// Reads, decodes and transforms the images of `range` in parallel; the order is kept.
pub(crate) fn prepare(
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
            let pixels = match decode(&sample.bytes, limits) {
                Err(error) => Err(error.into()),
                Ok(image) => transform.apply(&image).map_err(Into::into),
            };
            Prepared { sha256: sha256_hex(&sample.bytes), id: sample.id, label: sample.label, pixels }
        }
    }
}

/// Neighbouring images of one size.
pub(crate) struct ImageBatch {
    pub ids: Vec<String>,
    pub labels: Vec<Option<i32>>,
    /// `[images, 3, height, width]`.
    pub pixels: Array4<f32>,
}

/// Stacks neighbouring images of one size, and adds id, label and file of each to `hasher`; bad images are given apart.
pub(crate) fn stack(images: Vec<Prepared>, hasher: &mut Sha256Hasher) -> (Vec<ImageBatch>, Vec<BadImage>) {
    let mut batches = Vec::new();
    let mut bad = Vec::new();
    let mut run = Run::default();
    for image in images {
        match image.pixels {
            Err(source) => bad.push(BadImage { id: image.id, source }),
            Ok(pixels) => {
                hasher.update_field(image.id.as_bytes());
                hasher.update_field(&image.label.map_or(Vec::new(), |label| label.to_le_bytes().to_vec()));
                hasher.update_field(image.sha256.as_bytes());
                if run.pixels.first().is_some_and(|first| first.dim() != pixels.dim()) {
                    batches.extend(std::mem::take(&mut run).into_batch());
                }
                run.ids.push(image.id);
                run.labels.push(image.label);
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
    pixels: Vec<Array3<f32>>,
}

impl Run {
    /// `None` without images: stacking fails for nothing else, since all have one size.
    fn into_batch(self) -> Option<ImageBatch> {
        let views: Vec<_> = self.pixels.iter().map(|image| image.view()).collect();
        let pixels = ndarray::stack(Axis(0), &views).ok()?;
        Some(ImageBatch { ids: self.ids, labels: self.labels, pixels })
    }
}
