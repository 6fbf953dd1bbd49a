//! From an encoder's outputs to one vector per image.

mod gem;
mod rmac;

use ndarray::{Array1, Array2, ArrayView3, Axis, concatenate};
use sop_core::{EncodeError, EncoderOutput, EncoderSpec, Feature, TokenGrid};

pub use gem::{GEM_FLOOR, gem};
pub use rmac::rmac;

/// Why patch tokens could not be pooled.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PoolError {
    /// Nothing to pool.
    #[error("there are no patch tokens to pool")]
    Empty,
    /// A value that is no number, which a maximum would hide.
    #[error("a patch token in row {row} of the grid holds {value}")]
    NotFinite {
        /// Row of the grid.
        row: usize,
        /// The value.
        value: f32,
    },
    /// A parameter out of range.
    #[error("{name} is {value}; it must be {range}")]
    Param {
        /// Its name.
        name: &'static str,
        /// Its value.
        value: f64,
        /// What it may be.
        range: &'static str,
    },
}

/// From a grid of patch tokens, `[rows, columns, dim]`, to one vector.
type GridPooling<'a> = dyn Fn(ArrayView3<'_, f32>) -> Result<Array1<f32>, PoolError> + 'a;

/// The feature of every image in a batch, `[batch, components]`; `image_size` is height and width in pixels.
///
/// The mean over patches is summed in f64.
///
/// # Errors
/// When the outputs that the feature is made from are not there, their number fits no grid of square patches or not the patch
/// size that the encoder states, or a value is not finite.
pub fn pool(
    output: &EncoderOutput,
    feature: Feature,
    encoder: &EncoderSpec,
    image_size: [usize; 2],
) -> Result<Array2<f32>, EncodeError> {
    let missing = |output: &str| EncodeError::MissingOutput {
        encoder: encoder.name.clone(),
        output: output.to_owned(),
        available: "the outputs that were asked for".to_owned(),
    };
    let EncoderOutput { cls, patches, cls_last4, .. } = output;
    let patches = || patches.as_ref().ok_or_else(|| missing("patches"));
    let cls = || cls.as_ref().ok_or_else(|| missing("cls"));
    let engine = |source: Box<dyn std::error::Error + Send + Sync>| EncodeError::Engine {
        encoder: encoder.name.clone(),
        source,
    };
    let patch_mean = || -> Result<Array2<f32>, EncodeError> {
        let mean = patches()?.mapv(f64::from).mean_axis(Axis(1)).ok_or_else(|| missing("patches"))?;
        Ok(mean.mapv(|value| value as f32))
    };
    let on_grid = |pooling: &GridPooling<'_>| {
        let patches = patches()?;
        let (images, tokens, dim) = patches.dim();
        let TokenGrid { rows, columns, .. } =
            TokenGrid::over(encoder, image_size, tokens).map_err(|error| engine(error.into()))?;
        let mut pooled = Array2::zeros((images, dim));
        for (image, mut row) in patches.axis_iter(Axis(0)).zip(pooled.rows_mut()) {
            let grid = image.to_shape((rows, columns, dim)).map_err(|error| engine(error.into()))?;
            row.assign(&pooling(grid.view()).map_err(|error| engine(error.into()))?);
        }
        Ok(pooled)
    };
    let after_cls = |pooled: Array2<f32>| {
        concatenate(Axis(1), &[cls()?.view(), pooled.view()]).map_err(|error| engine(error.into()))
    };
    match feature {
        Feature::Cls => cls().cloned(),
        Feature::PatchMean => patch_mean(),
        Feature::ClsLast4 => cls_last4.clone().ok_or_else(|| missing("cls_last4")),
        Feature::ClsPatchMean => after_cls(patch_mean()?),
        Feature::Gem(exponent) => on_grid(&|grid| gem(grid, exponent.get().into())),
        Feature::Rmac(levels) => on_grid(&|grid| rmac(grid, levels.get().into())),
        Feature::ClsGem(exponent) => after_cls(on_grid(&|grid| gem(grid, exponent.get().into()))?),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::{arr2, arr3};
    use sop_core::EncoderOutputs;

    fn encoder() -> EncoderSpec {
        let (name, sha256, runtime) = ("e".to_owned(), String::new(), String::new());
        let (meta, outputs) = (serde_json::Map::new(), EncoderOutputs::default());
        EncoderSpec { name, sha256, meta, outputs, transform: None, runtime }
    }

    fn output() -> EncoderOutput {
        EncoderOutput {
            cls: Some(arr2(&[[1.0, 2.0]])),
            patches: Some(arr3(&[[[0.0, 4.0], [2.0, 8.0]]])),
            cls_last4: Some(arr2(&[[1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0]])),
            attention: None,
        }
    }

    #[test]
    fn each_feature_by_hand() {
        let pooled = |feature: &str| pool(&output(), feature.parse().unwrap(), &encoder(), [8, 16]).unwrap();
        assert_eq!(pooled("cls"), arr2(&[[1.0, 2.0]]));
        assert_eq!(pooled("patch_mean"), arr2(&[[1.0, 6.0]]));
        assert_eq!(pooled("cls+patch_mean"), arr2(&[[1.0, 2.0, 1.0, 6.0]]));
        assert_eq!(pooled("cls_last4").ncols(), 8);
        assert_eq!(pooled("gem(1)"), arr2(&[[1.000_000_5, 6.0]]));
        assert_eq!(pooled("cls+gem(1)"), arr2(&[[1.0, 2.0, 1.000_000_5, 6.0]]));
        // The whole grid and three squares of one token, two of which begin at the first.
        let found = pooled("rmac(1)");
        let wanted =
            [2.0 / 68.0_f32.sqrt() + 2.0 / 68.0_f32.sqrt(), 8.0 / 68.0_f32.sqrt() + 2.0 + 8.0 / 68.0_f32.sqrt()];
        assert!(found.iter().zip(wanted).all(|(found, wanted)| (found - wanted).abs() < 1e-5), "{found} {wanted:?}");
    }

    #[test]
    fn what_cannot_be_pooled_is_named() {
        let error = pool(&EncoderOutput::default(), Feature::PatchMean, &encoder(), [8, 16]).unwrap_err();
        assert!(error.to_string().contains("`patches`"), "{error}");
        // Two tokens over a square image.
        let error = pool(&output(), "gem(3)".parse().unwrap(), &encoder(), [16, 16]).unwrap_err();
        assert!(matches!(error, EncodeError::Engine { .. }), "{error}");
        let mut broken = output();
        broken.patches = Some(arr3(&[[[0.0, f32::NAN], [2.0, 8.0]]]));
        assert!(pool(&broken, "rmac(2)".parse().unwrap(), &encoder(), [8, 16]).is_err());
    }
}
