//! Gradient descent with momentum and gains.
//!
//! Gains as in Jacobs, "Increased rates of convergence through learning rate adaptation" (1988); the numbers are those
//! of van der Maaten's program and of scikit-learn.

use rayon::prelude::*;

use super::attraction::{attract, divergence};
use super::joint::JointAffinities;
use super::repulsion::Repellers;
use super::student::gradient_factor;
use super::tree::Tree;
use super::{TsneError, TsneParams};

/// Momentum during early exaggeration, and after it.
const MOMENTUM: (f32, f32) = (0.5, 0.8);
/// What is added to a gain where the last step led downhill still, and what it is multiplied by where not.
const GAIN_STEP: (f32, f32) = (0.2, 0.8);
const SMALLEST_GAIN: f32 = 0.01;
/// Where the norm of the gradient is not above this, exaggerated attraction has drawn the map into a point:
/// exaggeration ends, while there are digits left to tell the places apart.
const FLAT: f64 = 1e-7;
/// Points whose attraction is computed by a thread at once.
const POINTS_AT_ONCE: usize = 256;

/// A map on its way.
pub(super) struct Descent<'a, const D: usize> {
    joint: &'a JointAffinities,
    map: Vec<[f32; D]>,
    velocity: Vec<[f32; D]>,
    gains: Vec<[f32; D]>,
}

impl<'a, const D: usize> Descent<'a, D> {
    /// Starts at a map of as many points as there are affinities of.
    pub fn new(joint: &'a JointAffinities, map: Vec<[f32; D]>) -> Self {
        let (velocity, gains) = (vec![[0.0; D]; map.len()], vec![[1.0; D]; map.len()]);
        Self { joint, map, velocity, gains }
    }

    /// Makes all steps; `progress` is told the number made after each.
    pub fn run(&mut self, params: &TsneParams, progress: &dyn Fn(usize)) -> Result<(), TsneError> {
        let learning_rate = params.learning_rate_for(self.map.len()) as f32;
        let (mut is_early, mut is_flat) = (true, false);
        for step in 0..params.iterations {
            if is_early && (step >= params.exaggeration_iterations || is_flat) {
                is_early = false;
                self.velocity.fill([0.0; D]);
                self.gains.fill([1.0; D]);
            }
            let (exaggeration, momentum) =
                if is_early { (params.early_exaggeration, MOMENTUM.0) } else { (1.0, MOMENTUM.1) };
            let gradient = self.gradient(exaggeration, params.theta as f32);
            is_flat = norm(&gradient) <= FLAT;
            if !self.step(&gradient, momentum, learning_rate) {
                return Err(TsneError::Diverged { iteration: step + 1 });
            }
            progress(step + 1);
        }
        Ok(())
    }

    /// The gradient of the divergence, with the attraction multiplied by `exaggeration`.
    fn gradient(&self, exaggeration: f64, theta: f32) -> Vec<[f32; D]> {
        let tree = Tree::new(&self.map);
        let (repulsion, normalizer) = repulsion(&tree, theta);
        // Affinities are read in the order in which they lie in memory: waiting for them is most of the time.
        let mut gradient = vec![[0.0; D]; self.map.len()];
        let chunks = gradient.par_chunks_mut(POINTS_AT_ONCE).zip(repulsion.par_chunks(POINTS_AT_ONCE));
        chunks.enumerate().for_each(|(chunk, (gradient, repulsion))| {
            let mut attraction = [[0.0; D]; POINTS_AT_ONCE];
            attract(self.joint, &self.map, chunk * POINTS_AT_ONCE, &mut attraction[..gradient.len()]);
            for ((gradient, attraction), repulsion) in gradient.iter_mut().zip(attraction).zip(repulsion) {
                *gradient = std::array::from_fn(|axis| {
                    (gradient_factor(D) * (exaggeration * attraction[axis] - repulsion[axis] / normalizer)) as f32
                });
            }
        });
        gradient
    }

    /// Moves the map against the gradient; whether it is still finite.
    fn step(&mut self, gradient: &[[f32; D]], momentum: f32, learning_rate: f32) -> bool {
        let state = self.map.iter_mut().zip(&mut self.velocity).zip(&mut self.gains).zip(gradient);
        let mut is_finite = true;
        for (((position, velocity), gain), gradient) in state {
            for axis in 0..D {
                let leads_on = velocity[axis] * gradient[axis] < 0.0;
                gain[axis] =
                    if leads_on { gain[axis] + GAIN_STEP.0 } else { (gain[axis] * GAIN_STEP.1).max(SMALLEST_GAIN) };
                velocity[axis] = momentum * velocity[axis] - learning_rate * gain[axis] * gradient[axis];
                position[axis] += velocity[axis];
                is_finite &= position[axis].is_finite();
            }
        }
        is_finite
    }

    /// The map and its divergence from the affinities of near neighbours, normalised over all pairs.
    pub fn finish(self) -> (Vec<[f32; D]>, f64) {
        let (_, normalizer) = repulsion(&Tree::new(&self.map), 0.0);
        let shares: Vec<_> =
            (0..self.map.len()).into_par_iter().map(|point| divergence(self.joint, &self.map, point)).collect();
        let (sum, total) = shares.iter().fold((0.0, 0.0), |sums, share| (sums.0 + share.0, sums.1 + share.1));
        (self.map, sum + total * normalizer.ln())
    }
}

/// Repulsion of every row of the map, not normalised, and its normaliser.
fn repulsion<const D: usize>(tree: &Tree<D>, theta: f32) -> (Vec<[f64; D]>, f64) {
    let mut forces = vec![[0.0; D]; tree.rows.len()];
    let mut rest = forces.as_mut_slice();
    let mut work = Vec::with_capacity(tree.groups.len());
    for group in &tree.groups {
        let (of_group, after) = rest.split_at_mut(group.count);
        work.push((group, of_group));
        rest = after;
    }
    let sums: Vec<f64> = work
        .into_par_iter()
        .map_init(Repellers::new, |repellers, (group, forces)| {
            repellers.collect(tree, group, theta);
            repellers.repel(tree, group, forces)
        })
        .collect();
    let mut by_row = vec![[0.0; D]; forces.len()];
    for (&row, force) in tree.rows.iter().zip(forces) {
        by_row[row as usize] = force;
    }
    (by_row, sums.iter().sum())
}

fn norm<const D: usize>(gradient: &[[f32; D]]) -> f64 {
    gradient.as_flattened().iter().map(|&slope| f64::from(slope) * f64::from(slope)).sum::<f64>().sqrt()
}
