//! Linear heads that share their features and are trained side by side.

use ndarray::{Array1, Array2, ArrayView2, Axis, s};
use rayon::prelude::*;
use sop_numeric::{Put, multiply};

use crate::class_rank::Ranked;

/// Images whose logits are held at a time where nothing is learnt.
const ROWS_PER_BLOCK: usize = 1024;

/// Images whose gradients of the biases are added up by one thread.
const ROWS_PER_SUM: usize = 128;

/// Softmax classifiers over the same classes and features, each with its own learning rate.
///
/// One product of the features with all weights replaces one per head: `2 · images · dim · heads · classes` operations forward and
/// as many backward, at the speed of large matrix products.
/// Heads do not see each other: the numbers are those of every head trained alone.
#[derive(Clone, Debug)]
pub struct HeadBank {
    /// `[dim, heads * classes]`.
    weights: Array2<f32>,
    velocities: Array2<f32>,
    gradients: Array2<f32>,
    /// `[heads * classes]`.
    biases: Array1<f32>,
    bias_velocities: Array1<f32>,
    num_heads: usize,
    num_classes: usize,
}

/// The loss of each head on a batch.
pub type StepLosses = Vec<f64>;

impl HeadBank {
    /// `num_heads` heads that all start from `weights`, `[classes, dim]`, and biases of zero.
    #[must_use]
    pub fn new(weights: ArrayView2<'_, f32>, num_heads: usize) -> Self {
        let (num_classes, dim) = weights.dim();
        let columns = num_heads * num_classes;
        let all =
            Array2::from_shape_fn((dim, columns), |(component, column)| weights[[column % num_classes, component]]);
        Self {
            weights: all,
            velocities: Array2::zeros((dim, columns)),
            gradients: Array2::zeros((dim, columns)),
            biases: Array1::zeros(columns),
            bias_velocities: Array1::zeros(columns),
            num_heads,
            num_classes,
        }
    }

    /// Number of heads.
    #[must_use]
    pub fn num_heads(&self) -> usize {
        self.num_heads
    }

    /// Components of a feature.
    #[must_use]
    pub fn dim(&self) -> usize {
        self.weights.nrows()
    }

    /// Number of classes.
    #[must_use]
    pub fn classes(&self) -> usize {
        self.num_classes
    }

    /// One step of stochastic gradient descent: features `[images, dim]`, the class of each image, a learning rate per head.
    ///
    /// The update is PyTorch's: `v = momentum · v + g`, `w = w - rate · v`, with the weight decay in the gradient `g`.
    /// Returns the mean cross-entropy of each head before the update; nothing happens without images.
    pub fn step(
        &mut self,
        features: ArrayView2<'_, f32>,
        classes: &[u32],
        rates: &[f64],
        momentum: f64,
        weight_decay: f64,
    ) -> StepLosses {
        if classes.is_empty() {
            return vec![0.0; self.num_heads];
        }
        let mut logits = self.logits(features);
        let losses = losses_and_differences(&mut logits, classes, self.num_classes);
        multiply(features.t(), logits.view(), self.gradients.view_mut(), Put::Set);
        let num_classes = self.num_classes;
        let rate = |column: usize| rates.get(column / num_classes).map_or(0.0, |&rate| rate as f32);
        let rates: Vec<f32> = (0..self.weights.ncols()).map(rate).collect();
        let (momentum, weight_decay) = (momentum as f32, weight_decay as f32);
        let columns = rates.len();
        let gradients = self.gradients.as_slice().unwrap_or_default();
        if let (Some(weights), Some(velocities)) = (self.weights.as_slice_mut(), self.velocities.as_slice_mut()) {
            let rows = weights.par_chunks_mut(columns).zip(velocities.par_chunks_mut(columns));
            rows.zip(gradients.par_chunks(columns)).for_each(|((weights, velocities), gradients)| {
                descend(weights, velocities, gradients, &rates, [momentum, weight_decay]);
            });
        }
        let gradients = column_sums(&logits);
        if let (Some(biases), Some(velocities)) = (self.biases.as_slice_mut(), self.bias_velocities.as_slice_mut()) {
            descend(biases, velocities, &gradients, &rates, [momentum, weight_decay]);
        }
        losses
    }

    /// For each head where every image's class stands among its logits, and which class comes first.
    ///
    /// `features` are `[images, dim]`; a class beyond those of the bank ranks last.
    #[must_use]
    pub fn ranks(&self, features: ArrayView2<'_, f32>, classes: &[u32]) -> Vec<Vec<Ranked>> {
        let mut ranks = vec![Vec::with_capacity(classes.len()); self.num_heads];
        let blocks = features.axis_chunks_iter(Axis(0), ROWS_PER_BLOCK).zip(classes.chunks(ROWS_PER_BLOCK));
        for (features, classes) in blocks {
            let logits = self.logits(features);
            let rows = logits.as_slice().unwrap_or_default().par_chunks(self.weights.ncols()).zip(classes);
            let rank_of = |(row, &class): (&[f32], &u32)| {
                row.chunks(self.num_classes).map(|head| Ranked::new(head, class as usize)).collect()
            };
            let of_rows: Vec<Vec<Ranked>> = rows.map(rank_of).collect();
            for of_row in of_rows {
                ranks.iter_mut().zip(of_row).for_each(|(ranks, rank)| ranks.push(rank));
            }
        }
        ranks
    }

    /// Weights `[classes, dim]` and biases `[classes]` of a head; `None` where there is no such head.
    #[must_use]
    pub fn head(&self, head: usize) -> Option<(Array2<f32>, Array1<f32>)> {
        if head >= self.num_heads {
            return None;
        }
        let columns = head * self.num_classes..(head + 1) * self.num_classes;
        let weights = self.weights.slice(s![.., columns.clone()]).t().as_standard_layout().into_owned();
        Some((weights, self.biases.slice(s![columns]).to_owned()))
    }

    /// `[images, heads * classes]`.
    fn logits(&self, features: ArrayView2<'_, f32>) -> Array2<f32> {
        let mut logits = Array2::zeros((features.nrows(), self.weights.ncols()));
        logits.rows_mut().into_iter().for_each(|mut row| row.assign(&self.biases));
        multiply(features, self.weights.view(), logits.view_mut(), Put::Add);
        logits
    }
}

/// Moves values against their gradients, each with its own rate.
fn descend(
    values: &mut [f32],
    velocities: &mut [f32],
    gradients: &[f32],
    rates: &[f32],
    [momentum, weight_decay]: [f32; 2],
) {
    let steps = values.iter_mut().zip(velocities).zip(gradients.iter().zip(rates));
    for ((value, velocity), (gradient, rate)) in steps {
        *velocity = momentum * *velocity + (gradient + weight_decay * *value);
        *value -= rate * *velocity;
    }
}

/// Turns logits into the gradients of the mean cross-entropy by them; returns the mean of each head.
fn losses_and_differences(logits: &mut Array2<f32>, classes: &[u32], num_classes: usize) -> StepLosses {
    let images = classes.len() as f64;
    let num_heads = logits.ncols() / num_classes;
    let columns = logits.ncols();
    let rows = logits.as_slice_mut().unwrap_or_default().par_chunks_mut(columns).zip(classes);
    let losses_of = |(row, &class): (&mut [f32], &u32)| {
        row.chunks_mut(num_classes).map(|head| loss_and_difference(head, class as usize, images)).collect()
    };
    let of_rows: Vec<Vec<f64>> = rows.map(losses_of).collect();
    let mut losses = vec![0.0; num_heads];
    for of_row in &of_rows {
        losses.iter_mut().zip(of_row).for_each(|(sum, loss)| *sum += loss);
    }
    losses.iter().map(|loss| loss / images).collect()
}

/// The cross-entropy of one image, whose logits become its share of the gradient.
fn loss_and_difference(logits: &mut [f32], class: usize, images: f64) -> f64 {
    let largest = in_lanes(logits, f32::NEG_INFINITY, |largest, value| if value > largest { value } else { largest });
    let own = logits.get(class).map_or(0.0, |own| f64::from(*own - largest));
    logits.iter_mut().for_each(|value| *value = (*value - largest).exp());
    let sum = in_lanes(logits, 0.0, |sum, value| sum + value);
    let scale = 1.0 / (sum * images as f32);
    logits.iter_mut().for_each(|value| *value *= scale);
    if let Some(own) = logits.get_mut(class) {
        *own -= 1.0 / images as f32;
    }
    f64::from(sum).ln() - own
}

/// Folds eight interleaved parts side by side, which a processor does at once, and then the eight.
fn in_lanes(values: &[f32], start: f32, fold: impl Fn(f32, f32) -> f32) -> f32 {
    let mut lanes = [start; 8];
    for chunk in values.chunks(lanes.len()) {
        lanes.iter_mut().zip(chunk).for_each(|(lane, &value)| *lane = fold(*lane, value));
    }
    lanes.into_iter().fold(start, fold)
}

/// The sum of every column, in an order that does not depend on the number of threads.
fn column_sums(values: &Array2<f32>) -> Vec<f32> {
    let blocks: Vec<ArrayView2<'_, f32>> = values.axis_chunks_iter(Axis(0), ROWS_PER_SUM).collect();
    let blocks: Vec<Array1<f32>> = blocks.into_par_iter().map(|block| block.sum_axis(Axis(0))).collect();
    let mut sums = vec![0.0; values.ncols()];
    for block in blocks {
        sums.iter_mut().zip(block).for_each(|(sum, value)| *sum += value);
    }
    sums
}
