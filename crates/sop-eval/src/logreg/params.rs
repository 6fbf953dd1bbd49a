//! Parameters of the protocol.

use serde::Deserialize;

use crate::EvalError;
use crate::statistics::DEFAULT_RESAMPLES;

/// What happens to the features first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scaling {
    /// Each component has mean 0 and variance 1 over the train set.
    Standardize,
    /// Each vector has length 1.
    L2,
    /// Nothing.
    None,
}

impl Scaling {
    /// The name used in configs and results.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Standardize => "standardize",
            Self::L2 => "l2",
            Self::None => "none",
        }
    }
}

/// Parameters of logistic regression; the defaults are those of SOP.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LogregParams {
    /// Penalties, each solved from the solution of the one before it in falling order; 1e-5 by default.
    pub penalties: Vec<f64>,
    /// What happens to the features first; `standardize` by default.
    pub scaling: Scaling,
    /// Whether there is an intercept; true by default.
    pub intercept: bool,
    /// It has converged where no component of the gradient is larger; 1e-6 by default.
    pub tolerance: f64,
    /// Iterations at most, 5000 by default; a penalty that needs more is reported as not converged.
    pub max_iterations: usize,
    /// Resamples of the bootstrap, 2000 by default; 0 leaves intervals out.
    pub bootstrap_resamples: u32,
    /// Seed of the bootstrap.
    pub seed: u64,
}

impl Default for LogregParams {
    fn default() -> Self {
        Self {
            penalties: vec![1e-5],
            scaling: Scaling::Standardize,
            intercept: true,
            tolerance: 1e-6,
            max_iterations: 5000,
            bootstrap_resamples: DEFAULT_RESAMPLES,
            seed: 0,
        }
    }
}

impl LogregParams {
    /// Checks the values, without any data.
    ///
    /// # Errors
    /// When there is no penalty, one is given twice, or a value is out of its range.
    pub fn check(&self) -> Result<(), EvalError> {
        if self.penalties.is_empty() {
            return Err(EvalError::EmptyList { name: "penalties" });
        }
        for (place, &value) in self.penalties.iter().enumerate() {
            if !(value.is_finite() && value > 0.0) {
                return Err(EvalError::Param { name: "penalties", value, range: "a positive number" });
            }
            if self.penalties[..place].contains(&value) {
                return Err(EvalError::Repeated { name: "penalties", value });
            }
        }
        if !(self.tolerance.is_finite() && self.tolerance > 0.0) {
            return Err(EvalError::Param { name: "tolerance", value: self.tolerance, range: "a positive number" });
        }
        if self.max_iterations == 0 {
            return Err(EvalError::Param { name: "max_iterations", value: 0.0, range: "1 or more" });
        }
        Ok(())
    }
}
