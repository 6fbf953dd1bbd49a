//! Heads on several features over the epochs, with and without the held-out part of the train set.

use ndarray::{Array2, ArrayView2, Axis};
use sop_numeric::random::Stream;

use super::{HeadBank, LinearParams, LinearStart, learning_rates_of_epoch};
use crate::EvalError;

/// Standard deviation of the first weights.
const FIRST_WEIGHTS_STD: f64 = 0.01;

/// Streams of random numbers under one seed.
const WEIGHTS_STREAM: u64 = 1 << 40;
const HELD_OUT_STREAM: u64 = 2 << 40;
const ORDER_STREAM: u64 = 3 << 40;

/// How a pass over the train set went for one head.
#[derive(Clone, Debug, PartialEq)]
pub struct EpochCurve {
    /// Place of the feature.
    pub feature: usize,
    /// Base learning rate.
    pub learning_rate: f64,
    /// Epoch, counted from 1: that many are done.
    pub epoch: usize,
    /// Mean loss of the epoch's batches.
    pub train_loss: f64,
    /// Accuracy on the held-out part of the head that was trained without it.
    pub held_out_top1: Option<f64>,
    /// Accuracy on the test set of the head that was trained on the whole train set.
    pub test_top1: f64,
}

/// The banks of heads on one feature.
#[derive(Clone, Debug)]
pub(super) struct FeatureHeads {
    /// Trained on the whole train set.
    pub full: HeadBank,
    /// Trained without the held-out part, where there is one.
    pub reduced: Option<HeadBank>,
    loss_sums: Vec<f64>,
}

/// A linear probe in training.
#[derive(Clone, Debug)]
pub struct Probe {
    pub(super) params: LinearParams,
    pub(super) features: Vec<FeatureHeads>,
    is_held_out: Vec<bool>,
    rates: Vec<f64>,
    steps: usize,
    epoch: usize,
    start: Option<LinearStart>,
}

impl Probe {
    /// Heads for features of `dims` components each and `num_classes` classes; the train set has `num_train` images.
    #[must_use]
    pub fn new(params: &LinearParams, dims: &[usize], num_classes: usize, num_train: usize) -> Self {
        let is_held_out = held_out_part(params, num_train);
        let holds_out = is_held_out.contains(&true);
        let features = dims.iter().enumerate().map(|(place, &dim)| {
            let weights = first_weights(params.seed, place, num_classes, dim);
            let full = HeadBank::new(weights.view(), params.learning_rates.len());
            let reduced = holds_out.then(|| full.clone());
            FeatureHeads { full, reduced, loss_sums: vec![0.0; params.learning_rates.len()] }
        });
        Self {
            features: features.collect(),
            is_held_out,
            rates: learning_rates_of_epoch(params, 0),
            steps: 0,
            epoch: 0,
            start: None,
            params: params.clone(),
        }
    }

    /// The same heads with the random choices of another program instead of their own: first weights, and the order of the images.
    ///
    /// # Errors
    /// Where they do not fit the heads, the images or the number of epochs.
    pub fn starting_from(mut self, start: &LinearStart) -> Result<Self, EvalError> {
        let dims: Vec<usize> = self.features.iter().map(|heads| heads.full.dim()).collect();
        let classes = self.features.first().map_or(0, |heads| heads.full.classes());
        start.check(classes, &dims, self.is_held_out.len(), self.params.epochs)?;
        for heads in &mut self.features {
            heads.full = HeadBank::new(start.weights().view(), self.params.learning_rates.len());
            heads.reduced = heads.reduced.as_ref().map(|_| heads.full.clone());
        }
        self.start = Some(start.clone());
        Ok(self)
    }

    /// Rows of the train set that are held out, ascending.
    #[must_use]
    pub fn held_out(&self) -> Vec<usize> {
        (0..self.is_held_out.len()).filter(|&row| self.is_held_out[row]).collect()
    }

    /// The order of the train images in the epoch that comes: rows, each once.
    #[must_use]
    pub fn order(&self) -> Vec<usize> {
        match &self.start {
            Some(start) => start.order(self.epoch),
            None => permutation(self.is_held_out.len(), self.params.seed, ORDER_STREAM + self.epoch as u64),
        }
    }

    /// Learns from a batch: its rows in the train set, their classes, and each feature of them, `[rows, dim]`.
    pub fn step(&mut self, rows: &[usize], classes: &[u32], features: &[ArrayView2<'_, f32>]) {
        let (momentum, decay) = (self.params.momentum, self.params.weight_decay);
        let kept: Vec<usize> =
            (0..rows.len()).filter(|&place| !self.is_held_out.get(rows[place]).copied().unwrap_or_default()).collect();
        let kept_classes: Vec<u32> = kept.iter().filter_map(|&place| classes.get(place).copied()).collect();
        for (heads, features) in self.features.iter_mut().zip(features) {
            let losses = heads.full.step(*features, classes, &self.rates, momentum, decay);
            heads.loss_sums.iter_mut().zip(losses).for_each(|(sum, loss)| *sum += loss);
            if let Some(reduced) = &mut heads.reduced {
                let features = features.select(Axis(0), &kept);
                reduced.step(features.view(), &kept_classes, &self.rates, momentum, decay);
            }
        }
        self.steps += 1;
    }

    /// Ends an epoch: the mean loss of each feature's heads since the last one; the learning rates move on.
    pub(super) fn end_epoch(&mut self) -> Vec<Vec<f64>> {
        let steps = self.steps.max(1) as f64;
        let means = self.features.iter_mut().map(|heads| {
            let sums = std::mem::replace(&mut heads.loss_sums, vec![0.0; self.params.learning_rates.len()]);
            sums.into_iter().map(|sum| sum / steps).collect()
        });
        let means = means.collect();
        self.steps = 0;
        self.epoch += 1;
        self.rates = learning_rates_of_epoch(&self.params, self.epoch);
        means
    }

    /// Epochs that are done.
    #[must_use]
    pub fn epochs_done(&self) -> usize {
        self.epoch
    }

    /// Whether all epochs are done.
    #[must_use]
    pub fn is_done(&self) -> bool {
        self.epoch >= self.params.epochs
    }
}

/// Marks the images that are held out: the first of a random order, at least one where any is asked for.
fn held_out_part(params: &LinearParams, num_train: usize) -> Vec<bool> {
    let count = (params.held_out * num_train as f64).ceil() as usize;
    let mut is_held_out = vec![false; num_train];
    // A train set of one image cannot be divided.
    if count < num_train {
        for row in permutation(num_train, params.seed, HELD_OUT_STREAM).into_iter().take(count) {
            is_held_out[row] = true;
        }
    }
    is_held_out
}

/// Normal numbers of mean 0, `[classes, dim]`.
fn first_weights(seed: u64, place: usize, num_classes: usize, dim: usize) -> Array2<f32> {
    let mut stream = Stream::from_seed(seed, WEIGHTS_STREAM + place as u64);
    Array2::from_shape_simple_fn((num_classes, dim), || stream.normal_by_32_bits(FIRST_WEIGHTS_STD) as f32)
}

/// A random order of `0..count`.
fn permutation(count: usize, seed: u64, stream: u64) -> Vec<usize> {
    let mut order: Vec<usize> = (0..count).collect();
    Stream::from_seed(seed, stream).shuffle_back_by_64_bits(&mut order);
    order
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_image_is_visited_once_an_epoch_and_epochs_differ() {
        let mut probe = Probe::new(&LinearParams::default(), &[2], 3, 50);
        let first = probe.order();
        probe.end_epoch();
        let second = probe.order();
        assert_ne!(first, second);
        for mut order in [first, second] {
            order.sort_unstable();
            assert_eq!(order, (0..50).collect::<Vec<_>>());
        }
        assert_eq!(probe.held_out().len(), 5);
    }

    #[test]
    fn random_choices_are_the_same_in_every_version() {
        assert_eq!(permutation(9, 3, ORDER_STREAM), [7, 6, 8, 0, 2, 4, 5, 1, 3]);
        let expected = [[0.0056725177, 0.0051754704, 0.010555578], [-0.0068862042, -0.013950355, 0.018034916]];
        assert_eq!(first_weights(3, 1, 2, 3), ndarray::arr2(&expected));
    }

    #[test]
    fn first_weights_have_the_deviation_of_the_references() {
        let weights = first_weights(3, 0, 100, 100);
        let mean = weights.iter().map(|&w| f64::from(w)).sum::<f64>() / 1e4;
        let variance = weights.iter().map(|&w| f64::from(w).powi(2)).sum::<f64>() / 1e4;
        assert!(mean.abs() < 5e-4 && (variance.sqrt() - 0.01).abs() < 3e-4, "{mean} {variance}");
    }
}
