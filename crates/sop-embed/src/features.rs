//! From a batch of images to their vectors, over one or several sizes.

use ndarray::{Array2, ArrayView4};
use sop_core::{EncodeError, Encoder, Feature, OutputKinds};
use sop_image::transform::{Scales, interpolate_bilinear};

use crate::pooling::pool;

/// The features of a batch `[images, 3, height, width]`, each `[images, components]`, in one run of the encoder for each scale.
///
/// With several scales the vectors are averaged as they are, summed in f64: none is scaled to unit length first.
///
/// # Errors
/// When the encoder lacks an output, fails, or does not take images of a scaled size.
pub fn encode_features(
    encoder: &dyn Encoder,
    images: ArrayView4<'_, f32>,
    scales: &Scales,
    features: &[Feature],
) -> Result<Vec<Array2<f32>>, EncodeError> {
    let wanted = features.iter().fold(OutputKinds::default(), |wanted, feature| wanted.union(&feature.outputs()));
    let at_scale = |images: ArrayView4<'_, f32>| -> Result<Vec<Array2<f32>>, EncodeError> {
        let output = encoder.encode(images, &wanted)?;
        features.iter().map(|&feature| pool(&output, feature)).collect()
    };
    if scales.factors() == [1.0] {
        return at_scale(images);
    }
    let mut sums: Vec<Array2<f64>> = Vec::new();
    for &factor in scales.factors() {
        let vectors = if factor == 1.0 {
            at_scale(images)?
        } else {
            let resized = interpolate_bilinear(images, [factor, factor]).map_err(|error| EncodeError::InputShape {
                encoder: encoder.spec().name.clone(),
                found: images.shape().to_vec(),
                reason: format!("they cannot be resized by {factor}: {error}"),
            })?;
            at_scale(resized.view())?
        };
        let vectors = vectors.into_iter().map(|vectors| vectors.mapv(f64::from));
        match sums.is_empty() {
            true => sums = vectors.collect(),
            false => sums.iter_mut().zip(vectors).for_each(|(sum, vectors)| *sum += &vectors),
        }
    }
    let count = scales.factors().len() as f64;
    Ok(sums.into_iter().map(|sum| sum.mapv(|value| (value / count) as f32)).collect())
}
