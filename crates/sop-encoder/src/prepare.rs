//! From image files to batches of tensors, on all cores and ahead of the encoder.

use std::ops::Range;

use ndarray::{Array3, Array4, Axis};
use rayon::prelude::*;
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
    range.into_par_iter().map(|index| prepare_one(dataset, index, transform, limits)).collect()
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

/// Good images of one size, stacked, and the bad ones.
#[derive(Default)]
pub(crate) struct Batches {
    /// Ids, labels and pixels of neighbouring images of one size; `[images, 3, height, width]`.
    pub good: Vec<(Vec<String>, Vec<Option<i32>>, Array4<f32>)>,
    pub bad: Vec<BadImage>,
}

/// Stacks neighbouring images of one size.
pub(crate) fn stack(images: Vec<Prepared>, hasher: &mut Sha256Hasher) -> Batches {
    let mut batches = Batches::default();
    let mut ids = Vec::new();
    let mut labels = Vec::new();
    let mut pixels: Vec<Array3<f32>> = Vec::new();
    let mut flush = |ids: &mut Vec<String>, labels: &mut Vec<Option<i32>>, pixels: &mut Vec<Array3<f32>>| {
        let views: Vec<_> = pixels.iter().map(|image| image.view()).collect();
        // Fails only for no image at all or for differing sizes, which are flushed apart.
        if let Ok(stacked) = ndarray::stack(Axis(0), &views) {
            batches.good.push((std::mem::take(ids), std::mem::take(labels), stacked));
        }
        drop(views);
        pixels.clear();
    };
    let mut bad = Vec::new();
    for image in images {
        match image.pixels {
            Err(source) => bad.push(BadImage { id: image.id, source }),
            Ok(array) => {
                hasher.update_field(image.id.as_bytes());
                hasher.update_field(&image.label.map_or(Vec::new(), |label| label.to_le_bytes().to_vec()));
                hasher.update_field(image.sha256.as_bytes());
                if pixels.first().is_some_and(|first| first.dim() != array.dim()) {
                    flush(&mut ids, &mut labels, &mut pixels);
                }
                ids.push(image.id);
                labels.push(image.label);
                pixels.push(array);
            }
        }
    }
    flush(&mut ids, &mut labels, &mut pixels);
    batches.bad = bad;
    batches
}
