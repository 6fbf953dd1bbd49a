//! The learning rate of every head over the epochs.

use std::f64::consts::PI;

use super::LinearParams;

/// The learning rate of each head in an epoch: base x batch / 256, on a cosine to 0 that moves after every epoch.
#[must_use]
pub fn learning_rates_of_epoch(params: &LinearParams, epoch: usize) -> Vec<f64> {
    let factor = 0.5 * (1.0 + (PI * epoch as f64 / params.epochs as f64).cos());
    params.learning_rates.iter().map(|base| base * params.batch as f64 / 256.0 * factor).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_epoch_has_the_whole_rate_and_the_middle_one_half_of_it() {
        let params = LinearParams { learning_rates: vec![0.1], epochs: 4, batch: 512, ..LinearParams::default() };
        let rates: Vec<f64> = (0..4).map(|epoch| learning_rates_of_epoch(&params, epoch)[0]).collect();
        assert!((rates[0] - 0.2).abs() < 1e-12 && (rates[2] - 0.1).abs() < 1e-12, "{rates:?}");
        assert!(rates[3] > 0.0, "{rates:?}");
    }
}
