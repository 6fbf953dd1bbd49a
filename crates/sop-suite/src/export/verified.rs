//! A model to an ONNX file that has proved itself: the file gets its name only when an engine agrees with Burn.

use std::io::Write;
use std::path::Path;

use ndarray::{Array4, ArrayViewD};
use sop_backbone::{EncoderMetadata, Vit, export_onnx, reference_outputs};
use sop_core::atomic_file::AtomicFile;
use sop_core::{Encoder, EncoderOutput, OutputKind};
use sop_encoder::{OnnxEncoder, Runtime};

use crate::error::{Context as _, Result, SuiteError};

/// Largest difference between the engine and Burn, relative to the largest value of an output.
const TOLERANCE: f64 = 1e-4;

/// What the self-check found.
#[derive(Clone, Debug)]
pub struct Exported {
    /// Largest difference relative to the largest value of its output.
    pub largest_difference: f64,
    /// Height × width of the images that were tried.
    pub sizes: Vec<[usize; 2]>,
    /// SHA-256 of the file.
    pub sha256: String,
}

/// Writes `vit` to `out` after comparing every output with the Burn forward at two image sizes.
///
/// # Errors
/// [`SuiteError::NotVerified`] when they differ; nothing is written then.
pub(super) fn export_verified(
    vit: &Vit,
    metadata: &EncoderMetadata,
    out: &Path,
    runtime: &Runtime,
) -> Result<Exported> {
    let write_error =
        || format!("cannot write {}; check the free space and the permissions of its folder", out.display());
    let mut file = AtomicFile::create(out).with_context(write_error)?;
    file.file().write_all(&export_onnx(vit, metadata)?).with_context(write_error)?;
    let encoder = OnnxEncoder::open(file.temporary_path(), None, runtime)?;
    let sizes = check_sizes(vit);
    let mut largest_difference = 0.0_f64;
    for &size in &sizes {
        let images = check_images(size);
        let expected = reference_outputs(vit, images.view())?;
        if let Some(output) = not_finite(&expected)? {
            return Err(SuiteError::NotVerified(format!(
                "the model's output `{output}` is not finite for images of {}x{}: its weights are broken or too large; \
                 nothing was written to {}",
                size[0],
                size[1],
                out.display()
            )));
        }
        let found = encoder.encode(images.view(), &encoder.spec().outputs)?;
        let difference = largest(&found, &expected)?;
        if difference.is_nan() || difference > TOLERANCE {
            return Err(SuiteError::NotVerified(format!(
                "the exported file differs from the model by {difference:.1e} at {}x{} (allowed: {TOLERANCE:.0e}); \
                 nothing was written to {}",
                size[0],
                size[1],
                out.display()
            )));
        }
        largest_difference = largest_difference.max(difference);
    }
    let sha256 = encoder.spec().sha256.clone();
    drop(encoder);
    file.commit().with_context(write_error)?;
    Ok(Exported { largest_difference, sizes, sha256 })
}

/// The size the position embedding was made for, and another that is neither square nor a multiple of the patch.
fn check_sizes(vit: &Vit) -> Vec<[usize; 2]> {
    let config = vit.config();
    let (image, patch) = (config.image_size, config.patch_size);
    vec![[image, image], [image + patch, (image / 2).max(patch) + patch / 2]]
}

/// Two images of reproducible noise in the range of normalised pixels.
fn check_images([height, width]: [usize; 2]) -> Array4<f32> {
    Array4::from_shape_fn((2, 3, height, width), |(image, channel, row, column)| {
        let index = ((image * 3 + channel) * height + row) * width + column;
        // A multiplicative hash: evenly spread, and the same everywhere.
        let bits = (index as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 40;
        (bits as f32 / (1_u64 << 24) as f32) * 4.0 - 2.0
    })
}

/// The first output with a value that is not finite: no engine can agree with it, and no protocol can use it.
fn not_finite(output: &EncoderOutput) -> Result<Option<OutputKind>> {
    for kind in output.kinds().iter() {
        if output.values(kind)?.iter().any(|value| !value.is_finite()) {
            return Ok(Some(kind));
        }
    }
    Ok(None)
}

fn largest(found: &EncoderOutput, expected: &EncoderOutput) -> Result<f64> {
    let mut largest = 0.0;
    for kind in found.kinds().union(&expected.kinds()).iter() {
        let part = match (found.values(kind), expected.values(kind)) {
            (Ok(found), Ok(expected)) if found.shape() == expected.shape() => relative_difference(found, expected),
            _ => {
                let text = format!("the exported file's output `{kind}` has another shape than the model's");
                return Err(SuiteError::NotVerified(text));
            }
        };
        if part > largest || part.is_nan() {
            largest = part;
        }
    }
    Ok(largest)
}

fn relative_difference(found: ArrayViewD<'_, f32>, expected: ArrayViewD<'_, f32>) -> f64 {
    let scale = expected.iter().fold(1.0_f64, |scale, &value| scale.max(f64::from(value).abs()));
    let difference = found.iter().zip(expected.iter()).fold(0.0_f64, |largest, (&a, &b)| {
        let difference = (f64::from(a) - f64::from(b)).abs();
        if difference > largest || difference.is_nan() { difference } else { largest }
    });
    difference / scale
}
