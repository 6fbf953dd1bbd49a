//! From vectors to their map.

use ndarray::{Array2, ArrayView2};
use sop_core::{Measurement, Params};

use super::descent::Descent;
use super::info::KL_DIVERGENCE;
use super::joint::JointAffinities;
use super::start::start;
use super::{Init, TsneError, TsneParams};

/// A map of points.
#[derive(Clone, Debug, PartialEq)]
pub struct TsneMap {
    /// Position of each point, `[points, dimensions]`.
    pub positions: Array2<f32>,
    /// Kullback-Leibler divergence in nats of the map from the affinities of near neighbours, at least 0.
    ///
    /// The affinities are those of the nearest three times `perplexity` points, as scikit-learn and openTSNE report it;
    /// the map's similarities are normalised over all pairs, without approximation.
    pub kl_divergence: f64,
    /// Steps made.
    pub iterations: usize,
}

impl TsneMap {
    /// The divergence as a measured value, with the parameters that it depends on.
    #[must_use]
    pub fn measurement(&self, params: &TsneParams) -> Measurement {
        let init = match params.init {
            Init::Random => "random",
            Init::Pca => "pca",
        };
        let params: Params = [
            ("perplexity", params.perplexity.into()),
            ("dimensions", params.dimensions.into()),
            ("init", init.into()),
            ("iterations", params.iterations.into()),
            ("early_exaggeration", params.early_exaggeration.into()),
            ("exaggeration_iterations", params.exaggeration_iterations.into()),
            ("learning_rate", params.learning_rate.map_or_else(|| "auto".into(), Into::into)),
            ("theta", params.theta.into()),
            ("seed", params.seed.into()),
        ]
        .into_iter()
        .map(|(name, value): (&str, serde_json::Value)| (name.to_owned(), value))
        .collect();
        let num_samples = self.positions.nrows() as u64;
        Measurement::value(&KL_DIVERGENCE, params, Some(self.kl_divergence), num_samples)
    }
}

/// Maps `points`, `[points, components]`, taken as they are.
///
/// `progress` is called with the number of steps made after each of them.
/// The result depends on the points and the parameters alone, not on the number of threads.
///
/// # Errors
/// When a parameter is wrong, the points are too few for the perplexity, a value is not finite, or the learning rate
/// given is so high that the map leaves the range of numbers.
pub fn embed(points: ArrayView2<'_, f32>, params: &TsneParams, progress: &dyn Fn(usize)) -> Result<TsneMap, TsneError> {
    params.check_for(points.nrows())?;
    check_finite(points)?;
    match params.dimensions {
        2 => embed_in::<2>(points, params, progress),
        3 => embed_in::<3>(points, params, progress),
        dimensions => Err(TsneError::Dimensions { dimensions }),
    }
}

fn embed_in<const D: usize>(
    points: ArrayView2<'_, f32>,
    params: &TsneParams,
    progress: &dyn Fn(usize),
) -> Result<TsneMap, TsneError> {
    let start = start::<D>(points, params)?;
    let joint = JointAffinities::new(points, params.perplexity)?;
    let mut descent = Descent::new(&joint, start);
    descent.run(params, progress)?;
    let (map, kl_divergence) = descent.finish();
    if !kl_divergence.is_finite() {
        // Places so far apart that no similarity is left.
        return Err(TsneError::Diverged { iteration: params.iterations });
    }
    let positions = Array2::from_shape_fn((map.len(), D), |(point, axis)| map[point][axis]);
    Ok(TsneMap { positions, kl_divergence, iterations: params.iterations })
}

/// Refuses vectors that are not finite.
pub(super) fn check_finite(points: ArrayView2<'_, f32>) -> Result<(), TsneError> {
    match points.rows().into_iter().position(|row| row.iter().any(|value| !value.is_finite())) {
        Some(row) => Err(TsneError::NotFinite { what: "vectors", row }),
        None => Ok(()),
    }
}
