//! A batch through the encoder.

use std::time::Instant;

use ndarray::{Array2, ArrayView3, Axis, stack};
use sop_core::panic_guard::catch_panic;
use sop_core::{Encoder, Feature};
use sop_embed::encode_features;
use sop_image::transform::Scales;
use sop_image::{PrepareError, RgbImage};

use super::observer::BatchMeasure;
use super::queue::{Order, Queue, Ready};
use super::{EmbedError, Recipe};

/// Encodes images of one size and scales, and answers each. Where the batch fails, every image is encoded by itself, so that one
/// bad image fails alone.
pub(super) fn run(queue: &Queue, encoder: &dyn Encoder, batch: Vec<Ready>) {
    let started = Instant::now();
    let waited = batch.iter().map(|image| started.saturating_duration_since(image.order.since)).collect();
    let Some(scales) = batch.first().map(|image| *image.order.recipe.transform().scales()) else { return };
    let mut features: Vec<Feature> = Vec::new();
    for image in &batch {
        let feature = image.order.recipe.feature();
        if !features.contains(&feature) {
            features.push(feature);
        }
    }
    let together = {
        let views: Vec<ArrayView3<'_, f32>> = batch.iter().map(|image| image.tensor.view()).collect();
        encode(encoder, &views, &scales, &features)
    };
    let mut answers: Vec<(Order, Result<Vec<f32>, EmbedError>)> = Vec::with_capacity(batch.len());
    match together {
        Ok(sets) => {
            for (row, image) in batch.into_iter().enumerate() {
                let wanted = image.order.recipe.feature();
                let set = features.iter().position(|&feature| feature == wanted).and_then(|place| sets.get(place));
                let vector = match set {
                    Some(vectors) => usable(encoder, vectors.row(row).to_vec()),
                    None => Err(broken(encoder, "it gave no vectors".to_owned())),
                };
                answers.push((image.order, vector));
            }
        }
        Err(error) if batch.len() == 1 => {
            answers.extend(batch.into_iter().zip([error]).map(|(image, error)| (image.order, Err(error))))
        }
        Err(_) => {
            for Ready { tensor, order, .. } in batch {
                let feature = order.recipe.feature();
                let alone = encode(encoder, &[tensor.view()], &scales, &[feature]);
                let vector = alone.and_then(|sets| match sets.first() {
                    Some(vectors) => usable(encoder, vectors.row(0).to_vec()),
                    None => Err(broken(encoder, "it gave no vectors".to_owned())),
                });
                answers.push((order, vector));
            }
        }
    }
    let failed = answers.iter().filter(|(_, vector)| vector.is_err()).count();
    queue.observer().batch(&queue.name, &BatchMeasure { waited, encode: started.elapsed(), failed });
    for (order, vector) in answers {
        order.answer(vector);
    }
}

/// The features of images of one size, each `[images, components]`.
fn encode(
    encoder: &dyn Encoder,
    images: &[ArrayView3<'_, f32>],
    scales: &Scales,
    features: &[Feature],
) -> Result<Vec<Array2<f32>>, EmbedError> {
    let pixels = stack(Axis(0), images).map_err(|error| broken(encoder, error.to_string()))?;
    let vectors = catch_panic(|| encode_features(encoder, pixels.view(), scales, features))
        .map_err(|panic| broken(encoder, panic.to_string()))??;
    match vectors.iter().all(|vectors| vectors.nrows() == images.len()) {
        true => Ok(vectors),
        false => Err(broken(encoder, format!("it did not give {} vectors for as many images", images.len()))),
    }
}

/// A vector of numbers.
fn usable(encoder: &dyn Encoder, vector: Vec<f32>) -> Result<Vec<f32>, EmbedError> {
    match vector.iter().enumerate().find(|(_, value)| !value.is_finite()) {
        None => Ok(vector),
        Some((component, &value)) => {
            Err(EmbedError::NotFinite { encoder: encoder.spec().name.clone(), component, value })
        }
    }
}

fn broken(encoder: &dyn Encoder, message: String) -> EmbedError {
    EmbedError::EncoderPanic { encoder: encoder.spec().name.clone(), message }
}

/// The vector of a drawn image: whether the encoder works at all, and how many components it gives.
pub(super) fn first_vector(encoder: &dyn Encoder, recipe: &Recipe) -> Result<Vec<f32>, EmbedError> {
    const SIDE: usize = 224;
    // Colours that change along both axes, and no two rows alike.
    let pixels = (0..SIDE * SIDE * 3).map(|place| (place * 7 % 251) as u8).collect();
    let image = RgbImage::new(SIDE, SIDE, pixels).map_err(PrepareError::from)?;
    let tensor = catch_panic(|| recipe.transform().apply(&image))?.map_err(PrepareError::from)?;
    let sets = encode(encoder, &[tensor.view()], recipe.transform().scales(), &[recipe.feature()])?;
    match sets.first() {
        Some(vectors) => usable(encoder, vectors.row(0).to_vec()),
        None => Err(broken(encoder, "it gave no vectors".to_owned())),
    }
}
