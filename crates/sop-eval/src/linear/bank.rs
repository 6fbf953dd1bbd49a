//! Linear heads that share their features and are trained side by side.

use ndarray::linalg::general_mat_mul;
use ndarray::{Array1, Array2, ArrayView2, Axis, s};
use rayon::prelude::*;

/// Columns of a product that a thread works on at least: narrower ones spend their time laying out the features.
const COLUMNS_PER_TASK: usize = 64;

/// Images whose logits are held at a time where nothing is learnt.
const ROWS_PER_BLOCK: usize = 1024;

/// Softmax classifiers over the same classes and features, each with its own learning rate.
///
/// One product of the features with all weights replaces one per head: `2 · images · dim · heads · classes` operations forward and
/// as many backward, at the speed of large matrix products.
/// Heads do not see each other: the numbers are those of every head trained alone.
#[derive(Clone, Debug)]
pub struct HeadBank {
    groups: Vec<Group>,
    num_heads: usize,
    num_classes: usize,
    dim: usize,
}

/// The loss of each head on a batch.
pub type StepLosses = Vec<f64>;

/// Heads whose columns stand side by side in one matrix.
#[derive(Clone, Debug)]
struct Group {
    /// `[dim, heads * classes]`.
    weights: Array2<f32>,
    velocities: Array2<f32>,
    /// `[heads * classes]`.
    biases: Array1<f32>,
    bias_velocities: Array1<f32>,
    gradients: Array2<f32>,
    first_head: usize,
    num_heads: usize,
}

impl HeadBank {
    /// `num_heads` heads that all start from `weights`, `[classes, dim]`, and biases of zero.
    #[must_use]
    pub fn new(weights: ArrayView2<'_, f32>, num_heads: usize) -> Self {
        let (num_classes, dim) = weights.dim();
        let per_group = (COLUMNS_PER_TASK / num_classes.max(1)).max(1);
        let groups = (0..num_heads).step_by(per_group).map(|first_head| {
            let heads = per_group.min(num_heads - first_head);
            let mut columns = Array2::zeros((dim, heads * num_classes));
            for head in 0..heads {
                columns.slice_mut(s![.., head * num_classes..(head + 1) * num_classes]).assign(&weights.t());
            }
            Group {
                velocities: Array2::zeros(columns.dim()),
                gradients: Array2::zeros(columns.dim()),
                biases: Array1::zeros(columns.ncols()),
                bias_velocities: Array1::zeros(columns.ncols()),
                weights: columns,
                first_head,
                num_heads: heads,
            }
        });
        Self { groups: groups.collect(), num_heads, num_classes, dim }
    }

    /// Number of heads.
    #[must_use]
    pub fn num_heads(&self) -> usize {
        self.num_heads
    }

    /// Components of a feature.
    #[must_use]
    pub fn dim(&self) -> usize {
        self.dim
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
        let num_classes = self.num_classes;
        let losses = self.groups.par_iter_mut().map(|group| {
            let mut logits = group.logits(features);
            let losses = losses_and_differences(&mut logits, classes, num_classes);
            group.update(features, &logits, rates, num_classes, [momentum as f32, weight_decay as f32]);
            losses
        });
        losses.collect::<Vec<_>>().concat()
    }

    /// For each head the rank of every image's class among its logits: the number of classes ahead, ties to the lower class.
    ///
    /// `features` are `[images, dim]`; a class beyond those of the bank ranks last.
    #[must_use]
    pub fn ranks(&self, features: ArrayView2<'_, f32>, classes: &[u32]) -> Vec<Vec<u32>> {
        let num_classes = self.num_classes;
        let by_group: Vec<Vec<Vec<u32>>> = self
            .groups
            .par_iter()
            .map(|group| {
                let mut ranks = vec![Vec::with_capacity(classes.len()); group.num_heads];
                let blocks = features.axis_chunks_iter(Axis(0), ROWS_PER_BLOCK).zip(classes.chunks(ROWS_PER_BLOCK));
                for (features, classes) in blocks {
                    let logits = group.logits(features);
                    for (row, &class) in logits.rows().into_iter().zip(classes) {
                        let row = row.as_slice().unwrap_or_default();
                        for (head, ranks) in row.chunks(num_classes).zip(&mut ranks) {
                            ranks.push(rank(head, class as usize));
                        }
                    }
                }
                ranks
            })
            .collect();
        by_group.into_iter().flatten().collect()
    }

    /// Weights `[classes, dim]` and biases `[classes]` of a head; `None` where there is no such head.
    #[must_use]
    pub fn head(&self, head: usize) -> Option<(Array2<f32>, Array1<f32>)> {
        let group =
            self.groups.iter().find(|group| (group.first_head..group.first_head + group.num_heads).contains(&head))?;
        let first = (head - group.first_head) * self.num_classes;
        let columns = first..first + self.num_classes;
        let weights = group.weights.slice(s![.., columns.clone()]).t().as_standard_layout().into_owned();
        Some((weights, group.biases.slice(s![columns]).to_owned()))
    }
}

impl Group {
    /// `[images, heads * classes]`.
    fn logits(&self, features: ArrayView2<'_, f32>) -> Array2<f32> {
        let mut logits = Array2::zeros((features.nrows(), self.weights.ncols()));
        logits.rows_mut().into_iter().for_each(|mut row| row.assign(&self.biases));
        general_mat_mul(1.0, &features, &self.weights, 1.0, &mut logits);
        logits
    }

    fn update(
        &mut self,
        features: ArrayView2<'_, f32>,
        differences: &Array2<f32>,
        rates: &[f64],
        num_classes: usize,
        [momentum, weight_decay]: [f32; 2],
    ) {
        general_mat_mul(1.0, &features.t(), differences, 0.0, &mut self.gradients);
        let rates: Vec<f32> = (0..self.weights.ncols())
            .map(|column| rates.get(self.first_head + column / num_classes).map_or(0.0, |&rate| rate as f32))
            .collect();
        let move_one = |value: &mut f32, velocity: &mut f32, gradient: f32, rate: f32| {
            *velocity = momentum * *velocity + (gradient + weight_decay * *value);
            *value -= rate * *velocity;
        };
        let rows = self.weights.rows_mut().into_iter().zip(self.velocities.rows_mut()).zip(self.gradients.rows());
        for ((mut weights, mut velocities), gradients) in rows {
            let values = weights.iter_mut().zip(velocities.iter_mut()).zip(gradients.iter().zip(&rates));
            values.for_each(|((value, velocity), (&gradient, &rate))| move_one(value, velocity, gradient, rate));
        }
        let gradients = differences.sum_axis(Axis(0));
        let values = self.biases.iter_mut().zip(&mut self.bias_velocities).zip(gradients.iter().zip(&rates));
        values.for_each(|((value, velocity), (&gradient, &rate))| move_one(value, velocity, gradient, rate));
    }
}

/// Turns logits into the gradients of the mean cross-entropy by them; returns the mean of each head.
fn losses_and_differences(logits: &mut Array2<f32>, classes: &[u32], num_classes: usize) -> StepLosses {
    let images = classes.len() as f64;
    let mut losses = vec![0.0_f64; logits.ncols() / num_classes];
    for (mut row, &class) in logits.rows_mut().into_iter().zip(classes) {
        let Some(row) = row.as_slice_mut() else { continue };
        for (head, loss) in row.chunks_mut(num_classes).zip(&mut losses) {
            let largest = head.iter().copied().fold(f32::NEG_INFINITY, f32::max);
            let own = head.get(class as usize).map_or(0.0, |own| f64::from(*own - largest));
            let mut sum = 0.0_f32;
            for value in head.iter_mut() {
                *value = (*value - largest).exp();
                sum += *value;
            }
            *loss += f64::from(sum).ln() - own;
            let scale = 1.0 / (sum * images as f32);
            head.iter_mut().for_each(|value| *value *= scale);
            if let Some(own) = head.get_mut(class as usize) {
                *own -= 1.0 / images as f32;
            }
        }
    }
    losses.iter().map(|loss| loss / images).collect()
}

/// Number of logits ahead of one: larger, or equal and before it.
fn rank(logits: &[f32], class: usize) -> u32 {
    let Some(&own) = logits.get(class) else { return u32::try_from(logits.len()).unwrap_or(u32::MAX) };
    let (before, after) = logits.split_at(class);
    let ahead =
        before.iter().filter(|&&other| other >= own).count() + after.iter().filter(|&&other| other > own).count();
    u32::try_from(ahead).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ties_go_to_the_lower_class() {
        assert_eq!([0, 1, 2, 3].map(|class| rank(&[0.5, 1.0, 1.0], class)), [2, 0, 1, 3]);
    }
}
