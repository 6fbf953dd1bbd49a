//! From an encoder's outputs to one vector per image.

use ndarray::{Array2, Axis, concatenate};
use sop_core::{EncodeError, EncoderOutput, Feature};

/// The feature of every image in a batch, `[batch, components]`.
///
/// The mean over patches is summed in f64.
///
/// # Errors
/// When the outputs that the feature is made from are not there.
pub fn pool(output: &EncoderOutput, feature: Feature, encoder: &str) -> Result<Array2<f32>, EncodeError> {
    let missing = |output: &str| EncodeError::MissingOutput {
        encoder: encoder.to_owned(),
        output: output.to_owned(),
        available: "the outputs that were asked for".to_owned(),
    };
    let EncoderOutput { cls, patches, cls_last4, .. } = output;
    let patch_mean = || -> Result<Array2<f32>, EncodeError> {
        let patches = patches.as_ref().ok_or_else(|| missing("patches"))?;
        let mean = patches.mapv(f64::from).mean_axis(Axis(1)).ok_or_else(|| missing("patches"))?;
        Ok(mean.mapv(|value| value as f32))
    };
    match feature {
        Feature::Cls => cls.clone().ok_or_else(|| missing("cls")),
        Feature::PatchMean => patch_mean(),
        Feature::ClsLast4 => cls_last4.clone().ok_or_else(|| missing("cls_last4")),
        Feature::ClsPatchMean => {
            let (cls, mean) = (cls.as_ref().ok_or_else(|| missing("cls"))?, patch_mean()?);
            concatenate(Axis(1), &[cls.view(), mean.view()])
                .map_err(|error| EncodeError::Engine { encoder: encoder.to_owned(), source: error.into() })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::{arr2, arr3};

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
        assert_eq!(pool(&output(), Feature::Cls, "e").unwrap(), arr2(&[[1.0, 2.0]]));
        assert_eq!(pool(&output(), Feature::PatchMean, "e").unwrap(), arr2(&[[1.0, 6.0]]));
        assert_eq!(pool(&output(), Feature::ClsPatchMean, "e").unwrap(), arr2(&[[1.0, 2.0, 1.0, 6.0]]));
        assert_eq!(pool(&output(), Feature::ClsLast4, "e").unwrap().ncols(), 8);
    }

    #[test]
    fn a_missing_output_is_named() {
        let error = pool(&EncoderOutput::default(), Feature::PatchMean, "e").unwrap_err();
        assert!(error.to_string().contains("`patches`"), "{error}");
    }
}
