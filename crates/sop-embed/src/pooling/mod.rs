//! From an encoder's outputs to one vector per image.

mod gem;
mod rmac;

use ndarray::{Array1, Array2, ArrayView3, Axis, concatenate};
use sop_core::{EncodeError, EncoderOutput, Feature, OutputKind, PatchGrid};

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

/// The feature of every image in a batch, `[batch, components]`.
///
/// The mean over patches is summed in f64.
///
/// # Errors
/// When the outputs that the feature is made from are not there, their number fits no grid of square patches or not the patch
/// size that the encoder states, or a value is not finite.
pub fn pool(output: &EncoderOutput, feature: Feature) -> Result<Array2<f32>, EncodeError> {
    let engine = |source: Box<dyn std::error::Error + Send + Sync>| EncodeError::Engine {
        encoder: output.encoder().to_owned(),
        source,
    };
    let patch_mean = || -> Result<Array2<f32>, EncodeError> {
        let mean = output.patches()?.values.mapv(f64::from).mean_axis(Axis(1));
        let mean = mean.ok_or_else(|| EncodeError::MissingOutput {
            encoder: output.encoder().to_owned(),
            output: OutputKind::Patches,
            available: "the outputs that were asked for".to_owned(),
        })?;
        Ok(mean.mapv(|value| value as f32))
    };
    let on_grid = |pooling: &GridPooling<'_>| {
        let patches = output.patches()?;
        let &PatchGrid { rows, columns, .. } = patches.grid().map_err(|error| engine(error.into()))?;
        let (images, _, dim) = patches.values.dim();
        let mut pooled = Array2::zeros((images, dim));
        for (image, mut row) in patches.values.axis_iter(Axis(0)).zip(pooled.rows_mut()) {
            let grid = image.to_shape((rows, columns, dim)).map_err(|error| engine(error.into()))?;
            row.assign(&pooling(grid.view()).map_err(|error| engine(error.into()))?);
        }
        Ok(pooled)
    };
    let after_cls = |pooled: Array2<f32>| {
        concatenate(Axis(1), &[output.cls()?, pooled.view()]).map_err(|error| engine(error.into()))
    };
    match feature {
        Feature::Cls => Ok(output.cls()?.to_owned()),
        Feature::PatchMean => patch_mean(),
        Feature::ClsLast4 => Ok(output.cls_last4()?.to_owned()),
        Feature::ClsPatchMean => after_cls(patch_mean()?),
        Feature::Gem(exponent) => on_grid(&|grid| gem(grid, exponent.get().into())),
        Feature::Rmac(levels) => on_grid(&|grid| rmac(grid, levels.get().into())),
        Feature::ClsGem(exponent) => after_cls(on_grid(&|grid| gem(grid, exponent.get().into()))?),
        Feature::Logits => Ok(output.logits()?.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::{arr2, arr3};

    /// Outputs of one image of this height and width.
    fn output(image_size: [usize; 2], patches: [[f32; 2]; 2]) -> EncoderOutput {
        let mut output = EncoderOutput::new("e", None, image_size);
        output.insert(OutputKind::Cls, arr2(&[[1.0, 2.0]])).unwrap();
        output.insert(OutputKind::Patches, arr3(&[patches])).unwrap();
        output.insert(OutputKind::ClsLast4, arr2(&[[1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0]])).unwrap();
        output.insert(OutputKind::Logits, arr2(&[[-3.0, 5.0, 0.5]])).unwrap();
        output
    }

    const PATCHES: [[f32; 2]; 2] = [[0.0, 4.0], [2.0, 8.0]];

    #[test]
    fn each_feature_by_hand() {
        let pooled = |feature: &str| pool(&output([8, 16], PATCHES), feature.parse().unwrap()).unwrap();
        assert_eq!(pooled("cls"), arr2(&[[1.0, 2.0]]));
        assert_eq!(pooled("patch_mean"), arr2(&[[1.0, 6.0]]));
        assert_eq!(pooled("cls+patch_mean"), arr2(&[[1.0, 2.0, 1.0, 6.0]]));
        assert_eq!(pooled("cls_last4").ncols(), 8);
        assert_eq!(pooled("logits"), arr2(&[[-3.0, 5.0, 0.5]]));
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
        let error = pool(&EncoderOutput::new("e", None, [8, 16]), Feature::PatchMean).unwrap_err();
        assert!(error.to_string().contains("`patches`"), "{error}");
        let gem = "gem(3)".parse().unwrap();
        // Two tokens over a square image: a mean needs no grid.
        let no_grid = output([16, 16], PATCHES);
        assert!(pool(&no_grid, Feature::PatchMean).is_ok());
        let error = pool(&no_grid, gem).unwrap_err();
        assert!(matches!(error, EncodeError::Engine { .. }), "{error}");
        let cause = std::error::Error::source(&error).unwrap().to_string();
        assert_eq!(cause, "2 tokens of encoder `e` are no grid of square patches over 16 x 16 pixels");
        let broken = output([8, 16], [[0.0, f32::NAN], [2.0, 8.0]]);
        assert!(pool(&broken, "rmac(2)".parse().unwrap()).is_err());
    }
}
