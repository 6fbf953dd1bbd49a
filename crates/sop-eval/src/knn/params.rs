//! Parameters of the protocol.

use serde::Deserialize;
use sop_index::SearchOptions;

use crate::EvalError;
use crate::statistics::DEFAULT_RESAMPLES;

/// Parameters of the k-NN protocol; the defaults are those of DINO, iBOT and SOP.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct KnnParams {
    /// Numbers of neighbours, each measured from one search; 10, 20, 100 and 200 by default.
    pub k: Vec<usize>,
    /// Temperature of the vote weight exp(similarity / temperature); 0.07 by default.
    pub temperature: f64,
    /// One set is both train and test, and no image is its own neighbour.
    pub leave_one_out: bool,
    /// Resamples of the bootstrap, 2000 by default; 0 leaves intervals out.
    pub bootstrap_resamples: u32,
    /// Seed of the bootstrap.
    pub seed: u64,
    /// MiB that the search may take beside the vectors, 128 by default; no result depends on it.
    pub search_mib: usize,
}

impl Default for KnnParams {
    fn default() -> Self {
        Self {
            k: vec![10, 20, 100, 200],
            temperature: 0.07,
            leave_one_out: false,
            bootstrap_resamples: DEFAULT_RESAMPLES,
            seed: 0,
            search_mib: 128,
        }
    }
}

impl KnnParams {
    /// Checks the values, without any data.
    ///
    /// # Errors
    /// When `k` is empty or holds 0 or a value twice, or `temperature` is not a positive number.
    pub fn check(&self) -> Result<(), EvalError> {
        let mut sorted = self.k.clone();
        sorted.sort_unstable();
        match sorted.first() {
            None => return Err(EvalError::EmptyK),
            Some(0) => return Err(EvalError::ZeroK),
            Some(_) => {}
        }
        if let Some(pair) = sorted.windows(2).find(|pair| pair[0] == pair[1]) {
            return Err(EvalError::DuplicateK { k: pair[0] });
        }
        check_temperature(self.temperature)
    }

    /// How the search is made.
    pub(super) fn search_options(&self) -> SearchOptions {
        SearchOptions { block_bytes: self.search_mib.saturating_mul(1 << 20), ..SearchOptions::default() }
    }

    /// The largest number of neighbours.
    pub(super) fn max_k(&self) -> usize {
        self.k.iter().copied().max().unwrap_or(0)
    }
}

/// Refuses a temperature that is not a positive number.
pub(super) fn check_temperature(temperature: f64) -> Result<(), EvalError> {
    let good = temperature.is_finite() && temperature > 0.0;
    good.then_some(()).ok_or(EvalError::Temperature { temperature })
}
