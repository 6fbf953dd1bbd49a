//! Parameters of the map.

use serde::Deserialize;

use super::TsneError;

/// Where the map starts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Init {
    /// Independent normal values of standard deviation 1e-4.
    #[default]
    Random,
    /// The first principal components, scaled alike so that the first one has standard deviation 1e-4.
    Pca,
}

/// Parameters of t-SNE; the defaults are those of SOP's script (scikit-learn's), but for its third dimension, which
/// the paper's figures do not have.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TsneParams {
    /// Effective number of neighbours of a point, above 1; 30 by default.
    pub perplexity: f64,
    /// Dimensions of the map, 2 or 3; 2 by default.
    pub dimensions: usize,
    /// Where the map starts; at random by default.
    pub init: Init,
    /// Steps of gradient descent, early exaggeration included; 1000 by default.
    pub iterations: usize,
    /// What attraction is multiplied by at first, at least 1; 12 by default.
    pub early_exaggeration: f64,
    /// Steps with early exaggeration, 250 by default; fewer where it draws the map into a point.
    pub exaggeration_iterations: usize,
    /// Factor of the gradient, which has its own factor of 4; without one, as by default, it is the number of points
    /// divided by four times the early exaggeration, but at least 50.
    pub learning_rate: Option<f64>,
    /// A cell of the tree stands for its points where its width is below this multiple of its distance, 0 to 1; 0.5 by
    /// default.
    pub theta: f64,
    /// Seed of the start.
    pub seed: u64,
}

impl Default for TsneParams {
    fn default() -> Self {
        Self {
            perplexity: 30.0,
            dimensions: 2,
            init: Init::Random,
            iterations: 1000,
            early_exaggeration: 12.0,
            exaggeration_iterations: 250,
            learning_rate: None,
            theta: 0.5,
            seed: 0,
        }
    }
}

impl TsneParams {
    /// Checks the values, without any data.
    ///
    /// # Errors
    /// When a value is outside the range that its field states.
    pub fn check(&self) -> Result<(), TsneError> {
        check_perplexity(self.perplexity)?;
        if !(2..=3).contains(&self.dimensions) {
            return Err(TsneError::Dimensions { dimensions: self.dimensions });
        }
        if !(self.early_exaggeration.is_finite() && self.early_exaggeration >= 1.0) {
            return Err(TsneError::Exaggeration { exaggeration: self.early_exaggeration });
        }
        if let Some(learning_rate) = self.learning_rate.filter(|rate| !(rate.is_finite() && *rate > 0.0)) {
            return Err(TsneError::LearningRate { learning_rate });
        }
        if !(0.0..=1.0).contains(&self.theta) {
            return Err(TsneError::Theta { theta: self.theta });
        }
        Ok(())
    }

    /// Checks the values for a map of so many points.
    ///
    /// # Errors
    /// As [`check`](Self::check), and when the perplexity is not below the number of other points.
    pub fn check_for(&self, num_points: usize) -> Result<(), TsneError> {
        self.check()?;
        check_number_of_points(num_points, self.perplexity)
    }

    /// The learning rate for so many points.
    #[must_use]
    pub fn learning_rate_for(&self, num_points: usize) -> f64 {
        self.learning_rate.unwrap_or_else(|| (num_points as f64 / self.early_exaggeration / 4.0).max(50.0))
    }
}

/// Refuses a perplexity that is not a number above 1.
pub(super) fn check_perplexity(perplexity: f64) -> Result<(), TsneError> {
    let good = perplexity.is_finite() && perplexity > 1.0;
    good.then_some(()).ok_or(TsneError::Perplexity { perplexity })
}

/// Refuses points whose affinities no perplexity like this one has.
pub(super) fn check_number_of_points(points: usize, perplexity: f64) -> Result<(), TsneError> {
    if u32::try_from(points).is_err() {
        return Err(TsneError::TooManyPoints { points });
    }
    let good = perplexity < points.saturating_sub(1) as f64;
    good.then_some(()).ok_or(TsneError::TooFewPoints { points, perplexity })
}
