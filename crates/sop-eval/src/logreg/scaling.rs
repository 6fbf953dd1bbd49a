//! What happens to features before a classifier sees them.

use ndarray::{Array1, Array2, ArrayView2, Axis};
use sop_numeric::l2_normalize;

use super::Scaling;

/// A scaling that was fitted on a train set.
#[derive(Clone, Debug, PartialEq)]
pub struct Scaler {
    scaling: Scaling,
    /// Mean and standard deviation of each component of the train set, where it is standardised.
    moments: Option<(Array1<f64>, Array1<f64>)>,
}

impl Scaler {
    /// Fits a scaling on features `[images, dim]`.
    ///
    /// The standard deviation has the divisor `images`; constant components are left as they are but for their mean.
    #[must_use]
    pub fn fit(scaling: Scaling, features: ArrayView2<'_, f32>) -> Self {
        let moments = (scaling == Scaling::Standardize).then(|| {
            let images = features.nrows().max(1) as f64;
            let mut mean = Array1::<f64>::zeros(features.ncols());
            for row in features.rows() {
                mean.zip_mut_with(&row, |mean, &value| *mean += f64::from(value));
            }
            mean /= images;
            let mut variance = Array1::<f64>::zeros(features.ncols());
            for row in features.rows() {
                for ((variance, &value), mean) in variance.iter_mut().zip(row).zip(&mean) {
                    *variance += (f64::from(value) - mean).powi(2);
                }
            }
            // What is constant up to rounding must not be blown up to variance 1.
            let smallest = |mean: f64| (f64::from(f32::EPSILON) * mean).powi(2);
            let deviation = variance.iter().zip(&mean).map(|(sum, &mean)| {
                let variance = sum / images;
                if variance > smallest(mean) { variance.sqrt() } else { 1.0 }
            });
            let deviation = deviation.collect();
            (mean, deviation)
        });
        Self { scaling, moments }
    }

    /// Mean and standard deviation of each component, where the features are standardised.
    #[must_use]
    pub fn moments(&self) -> Option<(&Array1<f64>, &Array1<f64>)> {
        self.moments.as_ref().map(|(mean, deviation)| (mean, deviation))
    }

    /// Scales features `[images, dim]`.
    #[must_use]
    pub fn apply(&self, features: ArrayView2<'_, f32>) -> Array2<f32> {
        match (&self.moments, self.scaling) {
            (Some((mean, deviation)), _) => {
                let mut scaled = features.to_owned();
                for mut row in scaled.axis_iter_mut(Axis(0)) {
                    for ((value, mean), deviation) in row.iter_mut().zip(mean).zip(deviation) {
                        *value = ((f64::from(*value) - mean) / deviation) as f32;
                    }
                }
                scaled
            }
            (None, Scaling::L2) => l2_normalize(features),
            (None, _) => features.to_owned(),
        }
    }
}
