//! Solving one penalty after the other.

use ndarray::{Array1, Array2, ArrayView2};

use super::LogregParams;
use super::lbfgs::{Ending, minimize};
use super::objective::Objective;
use super::precondition::{Preconditioner, second_moments};

/// Iterations in f32 end where the gradient is this much larger than the tolerance, or where rounding stops them.
const F32_TOLERANCE: f64 = 1e-5;

/// Logits of a class: weights and features multiplied, and the intercept.
#[derive(Clone, Debug, PartialEq)]
pub struct Classifier {
    /// `[classes, dim]`.
    pub weights: Array2<f64>,
    /// `[classes]`, zeros where there is none.
    pub intercepts: Array1<f64>,
}

/// A classifier and how it was found.
#[derive(Clone, Debug, PartialEq)]
pub struct Solution {
    /// The penalty that it belongs to.
    pub penalty: f64,
    /// The minimum.
    pub classifier: Classifier,
    /// Mean cross-entropy plus half the penalty times the squared weights.
    pub objective: f64,
    /// Largest component of the gradient.
    pub largest_gradient: f64,
    /// Iterations of L-BFGS.
    pub iterations: usize,
    /// Whether the gradient is below the tolerance.
    pub converged: bool,
}

impl Classifier {
    /// Logits `[images, classes]` of scaled features `[images, dim]`.
    #[must_use]
    pub fn logits(&self, features: ArrayView2<'_, f32>) -> Array2<f64> {
        features.mapv(f64::from).dot(&self.weights.t()) + &self.intercepts
    }
}

/// Solves every penalty on scaled features `[images, dim]` with classes below `num_classes`; the order is that of the penalties.
///
/// `progress` hears of the penalties that are done.
#[must_use]
pub fn solve(
    features: ArrayView2<'_, f32>,
    classes: &[u32],
    num_classes: usize,
    params: &LogregParams,
    progress: &mut dyn FnMut(usize),
) -> Vec<Solution> {
    let mut falling: Vec<usize> = (0..params.penalties.len()).collect();
    falling.sort_by(|&left, &right| params.penalties[right].total_cmp(&params.penalties[left]));
    let objective = |penalty| Objective { features, classes, num_classes, penalty, intercept: params.intercept };
    let moments = second_moments(features, params.intercept);
    let mut at = vec![0.0; objective(1.0).len()];
    let mut solutions: Vec<(usize, Solution)> = Vec::new();
    for (done, place) in falling.into_iter().enumerate() {
        let penalty = params.penalties[place];
        let preconditioner = Preconditioner::new(&moments, num_classes, penalty, params.intercept);
        let ending = minimum(&objective(penalty), &preconditioner, &mut at, params);
        solutions.push((place, solution(&at, ending, penalty, features.ncols(), num_classes)));
        progress(done + 1);
    }
    solutions.sort_by_key(|(place, _)| *place);
    solutions.into_iter().map(|(_, solution)| solution).collect()
}

/// Products in f32, at twice the speed, come close; those in f64 get there.
fn minimum(
    objective: &Objective<'_>,
    preconditioner: &Preconditioner,
    at: &mut Vec<f64>,
    params: &LogregParams,
) -> Ending {
    let precondition = |values: &mut [f64]| preconditioner.apply(values);
    let coarse = params.tolerance.max(F32_TOLERANCE);
    let most = params.max_iterations;
    let near = minimize(at, |at, gradient| objective.value::<f32>(at, gradient), precondition, coarse, most);
    let (tolerance, left) = (params.tolerance, most - near.iterations);
    let ending = minimize(at, |at, gradient| objective.value::<f64>(at, gradient), precondition, tolerance, left);
    Ending { iterations: near.iterations + ending.iterations, ..ending }
}

fn solution(at: &[f64], ending: Ending, penalty: f64, dim: usize, num_classes: usize) -> Solution {
    let Ending { value, largest_gradient, iterations, converged } = ending;
    let weights = Array2::from_shape_fn((num_classes, dim), |(class, component)| at[class * dim + component]);
    let intercepts =
        Array1::from_shape_fn(num_classes, |class| at.get(num_classes * dim + class).copied().unwrap_or(0.0));
    let classifier = Classifier { weights, intercepts };
    Solution { penalty, classifier, objective: value, largest_gradient, iterations, converged }
}
