//! The penalised cross-entropy and its gradient.

use ndarray::{Array2, ArrayView2, Axis, LinalgScalar};
use rayon::prelude::*;
use sop_numeric::{MatrixNumber, Put, multiply};

/// Images whose logits are held at a time; the sums over blocks are f64.
const ROWS_PER_BLOCK: usize = 512;

/// Precision of the products: f32 first, f64 once its rounding is all that is left.
pub(super) trait Real: LinalgScalar + MatrixNumber {
    /// The nearest number.
    fn of(value: f64) -> Self;
    /// As f64.
    fn wide(self) -> f64;
    /// The exponential.
    fn exponential(self) -> Self;
}

impl Real for f32 {
    fn of(value: f64) -> Self {
        value as Self
    }
    fn wide(self) -> f64 {
        f64::from(self)
    }
    fn exponential(self) -> Self {
        self.exp()
    }
}

impl Real for f64 {
    fn of(value: f64) -> Self {
        value
    }
    fn wide(self) -> f64 {
        self
    }
    fn exponential(self) -> Self {
        self.exp()
    }
}

/// What is minimised, as a function of all weights: `[classes, dim]` row-major, then the intercepts where there are some.
pub(super) struct Objective<'a> {
    /// `[images, dim]`.
    pub features: ArrayView2<'a, f32>,
    pub classes: &'a [u32],
    pub num_classes: usize,
    pub penalty: f64,
    pub intercept: bool,
}

/// Sums over some images.
struct Sums {
    loss: f64,
    /// `[classes, dim]`.
    weights: Array2<f64>,
    intercepts: Vec<f64>,
}

impl Objective<'_> {
    /// Length of the weights.
    pub fn len(&self) -> usize {
        self.num_classes * (self.features.ncols() + usize::from(self.intercept))
    }

    /// The value at `at`; writes the gradient.
    ///
    /// `4 · images · dim · classes` operations in products of precision `T`.
    pub fn value<T: Real>(&self, at: &[f64], gradient: &mut [f64]) -> f64 {
        let (dim, classes) = (self.features.ncols(), self.num_classes);
        let (weights, intercepts) = at.split_at(classes * dim);
        let columns =
            Array2::from_shape_fn((dim, classes), |(component, class)| T::of(weights[class * dim + component]));
        let blocks: Vec<_> =
            self.features.axis_chunks_iter(Axis(0), ROWS_PER_BLOCK).zip(self.classes.chunks(ROWS_PER_BLOCK)).collect();
        // A few runs of blocks, each added up in its order: the same sums on any number of threads.
        let runs: Vec<Sums> = blocks
            .par_chunks(blocks.len().div_ceil(RUNS).max(1))
            .map(|run| {
                let mut sums =
                    Sums { loss: 0.0, weights: Array2::zeros((classes, dim)), intercepts: vec![0.0; classes] };
                run.iter().for_each(|(features, of)| add_block(*features, of, &columns, intercepts, &mut sums));
                sums
            })
            .collect();
        let images = self.classes.len().max(1) as f64;
        let (of_weights, of_intercepts) = gradient.split_at_mut(classes * dim);
        of_weights.iter_mut().zip(weights).for_each(|(gradient, weight)| *gradient = self.penalty * weight);
        of_intercepts.fill(0.0);
        let mut value = 0.5 * self.penalty * weights.iter().map(|weight| weight * weight).sum::<f64>();
        for run in &runs {
            value += run.loss / images;
            of_weights.iter_mut().zip(&run.weights).for_each(|(gradient, sum)| *gradient += sum / images);
            of_intercepts.iter_mut().zip(&run.intercepts).for_each(|(gradient, sum)| *gradient += sum / images);
        }
        value
    }
}

/// Sums that run side by side.
const RUNS: usize = 16;

fn add_block<T: Real>(
    features: ArrayView2<'_, f32>,
    of: &[u32],
    columns: &Array2<T>,
    intercepts: &[f64],
    sums: &mut Sums,
) {
    let features = features.mapv(|value| T::of(f64::from(value)));
    let mut logits = Array2::<T>::zeros((features.nrows(), columns.ncols()));
    multiply(features.view(), columns.view(), logits.view_mut(), Put::Set);
    let mut exponentials = vec![T::zero(); columns.ncols()];
    for (mut row, &class) in logits.rows_mut().into_iter().zip(of) {
        for (logit, intercept) in row.iter_mut().zip(intercepts) {
            *logit = *logit + T::of(*intercept);
        }
        let largest = row.iter().map(|logit| logit.wide()).fold(f64::NEG_INFINITY, f64::max);
        let mut sum = 0.0;
        for (exponential, logit) in exponentials.iter_mut().zip(&row) {
            *exponential = (*logit - T::of(largest)).exponential();
            sum += exponential.wide();
        }
        if let Some(own) = row.get(class as usize) {
            sums.loss += sum.ln() - (own.wide() - largest);
        }
        for (logit, exponential) in row.iter_mut().zip(&exponentials) {
            *logit = T::of(exponential.wide() / sum);
        }
        if let Some(own) = row.get_mut(class as usize) {
            *own = *own - T::one();
        }
    }
    if !intercepts.is_empty() {
        for row in logits.rows() {
            sums.intercepts.iter_mut().zip(row).for_each(|(sum, difference)| *sum += difference.wide());
        }
    }
    let mut product = Array2::<T>::zeros((columns.ncols(), columns.nrows()));
    multiply(logits.t(), features.view(), product.view_mut(), Put::Set);
    sums.weights.zip_mut_with(&product, |sum, value| *sum += value.wide());
}
