//! The width of the kernel around a point, from the perplexity.

/// Entropies this close are the same.
const TOLERANCE: f64 = 1e-13;
/// Newton's method takes about eight steps, bisection alone about sixty.
const MAX_STEPS: usize = 200;
/// The precision changes by at most the exponential of this in a step without a bracket.
const LONGEST_STEP: f64 = 3.0;

/// The affinities `p(j|i) = exp(-beta d_j) / sum_k exp(-beta d_k)` of a point `i` to others.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Kernel {
    /// Precision `beta = 1 / (2 sigma^2)`.
    pub beta: f64,
    /// The smallest distance `d`, taken off all others: exponentials neither all vanish nor overflow.
    nearest: f64,
    /// Sum of `exp(-beta (d - nearest))`.
    sum: f64,
}

impl Kernel {
    /// Finds the precision whose affinities have entropy `ln(perplexity)` (in nats), within 1e-12.
    ///
    /// `distances` are squared and finite, more than `perplexity` of them. Where at least `perplexity` of them tie for
    /// the smallest, no precision has so low an entropy: those that tie then share everything evenly.
    pub fn calibrate(distances: &[f64], perplexity: f64) -> Self {
        let target = perplexity.ln();
        let nearest = distances.iter().copied().fold(f64::INFINITY, f64::min);
        let mean = distances.iter().map(|distance| distance - nearest).sum::<f64>() / distances.len() as f64;
        if mean <= 0.0 {
            return Self { beta: 0.0, nearest, sum: distances.len() as f64 };
        }
        let (mut low, mut high) = (f64::NEG_INFINITY, f64::INFINITY);
        let mut log_beta = -mean.ln();
        let mut moments = Moments::default();
        for _ in 0..MAX_STEPS {
            moments = Moments::new(distances, nearest, log_beta.exp());
            let excess = moments.entropy() - target;
            if excess.abs() <= TOLERANCE {
                break;
            }
            if excess > 0.0 {
                low = log_beta;
            } else {
                high = log_beta;
            }
            // The entropy falls with the logarithm of the precision as fast as the exponents vary.
            let variance = moments.variance();
            if variance <= 0.0 && excess > 0.0 {
                break;
            }
            let newton = log_beta + (excess / variance).clamp(-LONGEST_STEP, LONGEST_STEP);
            let next = if newton > low && newton < high { newton } else { low.midpoint(high) };
            if next == log_beta || !next.is_finite() {
                break;
            }
            log_beta = next;
        }
        Self { beta: moments.beta, nearest, sum: moments.sum }
    }

    /// The affinity to a point at a squared distance.
    pub fn affinity(&self, distance: f64) -> f64 {
        (-self.beta * (distance - self.nearest)).exp() / self.sum
    }
}

/// Sums over the weights `exp(-t)` with exponents `t = beta (d - nearest)`.
#[derive(Default)]
struct Moments {
    beta: f64,
    sum: f64,
    mean: f64,
    mean_square: f64,
}

impl Moments {
    fn new(distances: &[f64], nearest: f64, beta: f64) -> Self {
        let (mut sum, mut first, mut second) = (0.0, 0.0, 0.0);
        for distance in distances {
            let exponent = beta * (distance - nearest);
            let weight = (-exponent).exp();
            // Where the weight is nothing, the square of the exponent may be infinite.
            if weight > 0.0 {
                sum += weight;
                first += weight * exponent;
                second += weight * exponent * exponent;
            }
        }
        Self { beta, sum, mean: first / sum, mean_square: second / sum }
    }

    fn entropy(&self) -> f64 {
        self.sum.ln() + self.mean
    }

    fn variance(&self) -> f64 {
        self.mean_square - self.mean * self.mean
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn entropy(kernel: &Kernel, distances: &[f64]) -> f64 {
        let affinities = distances.iter().map(|&distance| kernel.affinity(distance));
        -affinities.filter(|&affinity| affinity > 0.0).map(|affinity| affinity * affinity.ln()).sum::<f64>()
    }

    #[test]
    fn two_distances_give_the_precision_of_their_odds() {
        // Entropy ln(1.5) of a pair (p, 1 - p): the odds are exp(beta).
        let kernel = Kernel::calibrate(&[2.0, 3.0], 1.5);
        let near = kernel.affinity(2.0);
        assert!((-(near * near.ln() + (1.0 - near) * (1.0 - near).ln()) - 1.5_f64.ln()).abs() < 1e-12);
        assert!((kernel.beta - (near / (1.0 - near)).ln()).abs() < 1e-9);
    }

    #[test]
    fn points_that_tie_for_the_nearest_share_evenly_where_they_are_too_many() {
        let mut distances = vec![0.0; 40];
        distances.extend([1.0, 2.0, 3.0]);
        let kernel = Kernel::calibrate(&distances, 30.0);
        assert!((kernel.affinity(0.0) - 1.0 / 40.0).abs() < 1e-12);
        assert!(kernel.affinity(1.0) < 1e-12);
        assert_eq!(Kernel::calibrate(&[7.0; 5], 3.0).affinity(7.0), 0.2);
    }

    proptest! {
        #[test]
        fn the_entropy_is_that_of_the_perplexity(
            distances in proptest::collection::vec(1e-3_f64..1e3, 8..200),
            share in 0.15_f64..0.95,
            scale in -60_i32..60,
        ) {
            let distances: Vec<f64> = distances.iter().map(|distance| distance * 10.0_f64.powi(scale)).collect();
            let perplexity = 1.0 + share * (distances.len() - 2) as f64;
            let kernel = Kernel::calibrate(&distances, perplexity);
            prop_assert!((entropy(&kernel, &distances) - perplexity.ln()).abs() < 1e-12);
        }
    }
}
