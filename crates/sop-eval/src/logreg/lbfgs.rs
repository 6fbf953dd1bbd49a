//! The limited-memory quasi-Newton method of Broyden, Fletcher, Goldfarb and Shanno.
//!
//! Nocedal and Wright, "Numerical Optimization" (2006): algorithm 7.4 for the direction, 3.5 and 3.6 for the line search.

use std::collections::VecDeque;

/// Pairs of steps and gradient changes that stand for the curvature.
const MEMORY: usize = 20;

/// Constants of the strong Wolfe conditions.
const DECREASE: f64 = 1e-4;
const CURVATURE: f64 = 0.9;

/// Evaluations of a line search at most.
const SEARCH_EVALUATIONS: usize = 25;

/// How a minimisation ended.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Ending {
    pub value: f64,
    pub largest_gradient: f64,
    pub iterations: usize,
    /// Whether the gradient is as small as was asked for.
    pub converged: bool,
}

/// Minimises a function that returns its value and writes its gradient, from `at`, which ends at the minimum.
///
/// Ends where no component of the gradient is larger than `tolerance`, after `max_iterations`, or where no step makes the value
/// smaller: there the function's rounding is reached.
///
/// `precondition` multiplies a vector with a guess of the inverse Hessian, of any scale.
pub(super) fn minimize(
    at: &mut Vec<f64>,
    mut function: impl FnMut(&[f64], &mut [f64]) -> f64,
    precondition: impl Fn(&mut [f64]),
    tolerance: f64,
    max_iterations: usize,
) -> Ending {
    let mut gradient = vec![0.0; at.len()];
    let mut value = function(at, &mut gradient);
    let mut pairs: VecDeque<Pair> = VecDeque::with_capacity(MEMORY);
    let mut iterations = 0;
    while largest(&gradient) > tolerance && iterations < max_iterations {
        let mut direction = descent(&gradient, &pairs, &precondition);
        if dot(&direction, &gradient) >= 0.0 {
            pairs.clear();
            direction = descent(&gradient, &pairs, &precondition);
        }
        let start = Point { step: 0.0, value, slope: dot(&direction, &gradient) };
        let mut line =
            Line { at, direction: &direction, function: &mut function, position: Vec::new(), gradient: Vec::new() };
        let Some(found) = search(&mut line, start) else {
            if pairs.is_empty() {
                break;
            }
            // The curvature may be stale; a second failure along the gradient itself is the end.
            pairs.clear();
            continue;
        };
        let (position, new_gradient) = (line.position, line.gradient);
        let pair = Pair::new(
            position.iter().zip(at.iter()).map(|(new, old)| new - old).collect(),
            new_gradient.iter().zip(&gradient).map(|(new, old)| new - old).collect(),
            &precondition,
        );
        if let Some(pair) = pair {
            if pairs.len() == MEMORY {
                pairs.pop_front();
            }
            pairs.push_back(pair);
        }
        (*at, gradient, value) = (position, new_gradient, found.value);
        iterations += 1;
    }
    let largest_gradient = largest(&gradient);
    Ending { value, largest_gradient, iterations, converged: largest_gradient <= tolerance }
}

/// A step and how the gradient changed over it.
struct Pair {
    step: Vec<f64>,
    change: Vec<f64>,
    /// One over their product.
    inverse: f64,
    /// What the preconditioner must be multiplied with to have the curvature along this step.
    scale: f64,
}

impl Pair {
    /// `None` where the curvature is not positive.
    fn new(step: Vec<f64>, change: Vec<f64>, precondition: &impl Fn(&mut [f64])) -> Option<Self> {
        let product = dot(&step, &change);
        let mut preconditioned = change.clone();
        precondition(&mut preconditioned);
        let length = dot(&change, &preconditioned);
        let is_positive = product > f64::EPSILON * (dot(&step, &step) * dot(&change, &change)).sqrt() && length > 0.0;
        is_positive.then(|| Self { inverse: 1.0 / product, scale: product / length, step, change })
    }
}

/// The two-loop recursion.
fn descent(gradient: &[f64], pairs: &VecDeque<Pair>, precondition: &impl Fn(&mut [f64])) -> Vec<f64> {
    let mut direction: Vec<f64> = gradient.iter().map(|component| -component).collect();
    let mut weights = vec![0.0; pairs.len()];
    for (pair, weight) in pairs.iter().zip(&mut weights).rev() {
        *weight = pair.inverse * dot(&pair.step, &direction);
        add(&mut direction, -*weight, &pair.change);
    }
    precondition(&mut direction);
    if let Some(last) = pairs.back() {
        direction.iter_mut().for_each(|component| *component *= last.scale);
    }
    for (pair, weight) in pairs.iter().zip(&weights) {
        let other = pair.inverse * dot(&pair.change, &direction);
        add(&mut direction, weight - other, &pair.step);
    }
    direction
}

/// A place on the line, with value and slope there.
#[derive(Clone, Copy)]
struct Point {
    step: f64,
    value: f64,
    slope: f64,
}

/// The function along a direction; keeps what it was last evaluated at.
struct Line<'a, F> {
    at: &'a [f64],
    direction: &'a [f64],
    function: &'a mut F,
    position: Vec<f64>,
    gradient: Vec<f64>,
}

impl<F: FnMut(&[f64], &mut [f64]) -> f64> Line<'_, F> {
    fn evaluate(&mut self, step: f64) -> Point {
        self.position = self.at.iter().zip(self.direction).map(|(at, direction)| at + step * direction).collect();
        self.gradient.resize(self.at.len(), 0.0);
        let value = (self.function)(&self.position, &mut self.gradient);
        Point { step, value, slope: dot(self.direction, &self.gradient) }
    }
}

/// A point that satisfies the strong Wolfe conditions, at which the line was evaluated last; `None` where there is none to be found.
fn search<F: FnMut(&[f64], &mut [f64]) -> f64>(line: &mut Line<'_, F>, start: Point) -> Option<Point> {
    let is_low = |point: &Point| point.value <= start.value + DECREASE * point.step * start.slope;
    let is_flat = |point: &Point| point.slope.abs() <= -CURVATURE * start.slope;
    let mut low = start;
    let mut high: Option<Point> = None;
    let mut step = 1.0;
    for _ in 0..SEARCH_EVALUATIONS {
        let point = line.evaluate(step);
        if !point.value.is_finite() || !is_low(&point) || (low.step > 0.0 && point.value >= low.value) {
            high = Some(point);
        } else if is_flat(&point) {
            return Some(point);
        } else {
            // The minimum lies on the side that the slope falls towards.
            let falls_up = point.slope < 0.0;
            let towards_high = high.is_none_or(|high| high.step > point.step);
            if falls_up != towards_high {
                high = Some(low);
            }
            low = point;
        }
        step = match high {
            None => 2.0 * step,
            Some(high) => between(low, high),
        };
        if high.is_some_and(|high| (high.step - low.step).abs() <= f64::EPSILON * low.step.abs()) {
            break;
        }
    }
    // Rounding may hide the last digits of the curvature condition: a lower value is progress all the same.
    (low.step > 0.0 && low.value < start.value).then(|| line.evaluate(low.step))
}

/// The minimum of the parabola through one end's value and slope and the other's value, well inside the interval.
fn between(low: Point, high: Point) -> f64 {
    let width = high.step - low.step;
    let bend = 2.0 * (high.value - low.value - low.slope * width);
    let share = if bend.is_finite() && bend > 0.0 { -low.slope * width / bend } else { 0.5 };
    low.step + width * share.clamp(0.1, 0.9)
}

fn dot(left: &[f64], right: &[f64]) -> f64 {
    left.iter().zip(right).map(|(left, right)| left * right).sum()
}

fn largest(values: &[f64]) -> f64 {
    values.iter().fold(0.0, |largest, value| largest.max(value.abs()))
}

fn add(to: &mut [f64], factor: f64, values: &[f64]) {
    to.iter_mut().zip(values).for_each(|(to, value)| *to += factor * value);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_valley_of_rosenbrock_is_followed_to_its_end() {
        let mut at = vec![-1.2, 1.0];
        let ending = minimize(
            &mut at,
            |at, gradient| {
                let (x, y) = (at[0], at[1]);
                gradient[0] = -400.0 * x * (y - x * x) - 2.0 * (1.0 - x);
                gradient[1] = 200.0 * (y - x * x);
                100.0 * (y - x * x).powi(2) + (1.0 - x).powi(2)
            },
            |_| {},
            1e-9,
            200,
        );
        assert!(ending.converged && ending.iterations < 100, "{ending:?}");
        assert!((at[0] - 1.0).abs() < 1e-8 && (at[1] - 1.0).abs() < 1e-8, "{at:?}");
    }

    #[test]
    fn a_function_without_a_minimum_ends_at_the_limit() {
        let mut at = vec![0.0];
        let ending = minimize(
            &mut at,
            |at, gradient| {
                gradient[0] = -1.0;
                -at[0]
            },
            |_| {},
            1e-9,
            5,
        );
        assert!(!ending.converged, "{ending:?}");
    }
}
