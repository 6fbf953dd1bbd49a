//! Parameters of the protocol.

use serde::Deserialize;

use crate::EvalError;
use crate::statistics::DEFAULT_RESAMPLES;

/// Parameters of the linear probe; the defaults are those of SOP.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LinearParams {
    /// Learning rates for a batch of 256, one head each; {1, 2, 5} x 1e-4 to 1e-2 and 0.1, 0.2, 0.3, 0.5 by default.
    pub learning_rates: Vec<f64>,
    /// Passes over the train set, 100 by default.
    pub epochs: usize,
    /// Images of a step, 1024 by default (128 on each of 8 devices in the references); the last batch of an epoch may be smaller.
    pub batch: usize,
    /// Momentum of the optimiser, 0.9 by default.
    pub momentum: f64,
    /// Weight decay of the weights and biases, 0 by default.
    pub weight_decay: f64,
    /// Share of the train set, below 1, that is held out to choose the setting, 0.1 by default; 0 leaves that number out.
    pub held_out: f64,
    /// Resamples of the bootstrap, 2000 by default; 0 leaves intervals out.
    pub bootstrap_resamples: u32,
    /// Seed of the first weights, the order of the images, the held-out part and the bootstrap.
    pub seed: u64,
}

impl Default for LinearParams {
    fn default() -> Self {
        Self {
            learning_rates: vec![1e-4, 2e-4, 5e-4, 1e-3, 2e-3, 5e-3, 1e-2, 2e-2, 5e-2, 0.1, 0.2, 0.3, 0.5],
            epochs: 100,
            batch: 1024,
            momentum: 0.9,
            weight_decay: 0.0,
            held_out: 0.1,
            bootstrap_resamples: DEFAULT_RESAMPLES,
            seed: 0,
        }
    }
}

impl LinearParams {
    /// Checks the values, without any data.
    ///
    /// # Errors
    /// When there is no learning rate, one is given twice, or a value is out of its range.
    pub fn check(&self) -> Result<(), EvalError> {
        let wrong = |name: &'static str, value: f64, range: &'static str| Err(EvalError::Param { name, value, range });
        if self.learning_rates.is_empty() {
            return Err(EvalError::EmptyList { name: "learning_rates" });
        }
        for (place, &rate) in self.learning_rates.iter().enumerate() {
            if !(rate.is_finite() && rate > 0.0) {
                return wrong("learning_rates", rate, "a positive number");
            }
            if self.learning_rates[..place].contains(&rate) {
                return Err(EvalError::Repeated { name: "learning_rates", value: rate });
            }
        }
        if self.epochs == 0 {
            return wrong("epochs", 0.0, "1 or more");
        }
        if self.batch == 0 {
            return wrong("batch", 0.0, "1 or more");
        }
        if !(0.0..1.0).contains(&self.momentum) {
            return wrong("momentum", self.momentum, "from 0 up to, but not, 1");
        }
        if !(self.weight_decay.is_finite() && self.weight_decay >= 0.0) {
            return wrong("weight_decay", self.weight_decay, "0 or a positive number");
        }
        if !(0.0..1.0).contains(&self.held_out) {
            return wrong("held_out", self.held_out, "from 0 up to, but not, 1");
        }
        Ok(())
    }
}
