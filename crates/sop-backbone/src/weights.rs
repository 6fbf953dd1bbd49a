//! Where a model's weights come from: a checkpoint, or a seed. Nothing else makes one, so that nothing is silently random.

use sop_numeric::random::Stream;

use crate::BackboneError;
use crate::checkpoint::StateDict;

/// Gives out weights by their name in the published checkpoints.
pub trait WeightSource {
    /// The values of `name`, row-major; their number is the product of `shape`.
    ///
    /// # Errors
    /// When there is no such weight, or it has another shape.
    fn weight(&mut self, name: &str, shape: &[usize]) -> Result<Vec<f32>, BackboneError>;
}

impl WeightSource for StateDict {
    fn weight(&mut self, name: &str, shape: &[usize]) -> Result<Vec<f32>, BackboneError> {
        Ok(self.take(name, shape)?.values)
    }
}

/// Weights drawn from a seed as the references initialise them; the same seed gives the same weights everywhere.
///
/// Matrices and embeddings: normal with standard deviation 0.02, cut at two standard deviations. The patch convolution:
/// uniform within one over the root of its fan-in (PyTorch's default, which DINO leaves), as the layers of prototypes. Norms: 1 and
/// 0. Biases: 0.
#[derive(Debug)]
pub struct SeededWeights {
    stream: Stream,
    /// Inputs of one output of the patch convolution; its bias, asked for after its weight, has the same bound.
    patch_fan_in: usize,
}

impl SeededWeights {
    /// Weights of this seed.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self { stream: Stream::from_seed(seed, 0), patch_fan_in: 1 }
    }

    fn uniform_within_fan_in(&mut self, count: usize, fan_in: usize) -> Vec<f32> {
        let bound = 1.0 / (fan_in as f64).sqrt();
        (0..count).map(|_| ((2.0 * self.stream.unit() - 1.0) * bound) as f32).collect()
    }

    /// A standard normal value within two standard deviations (redrawn outside).
    fn cut_normal(&mut self) -> f64 {
        loop {
            let value = self.stream.normal();
            if value.abs() <= 2.0 {
                return value;
            }
        }
    }
}

impl WeightSource for SeededWeights {
    fn weight(&mut self, name: &str, shape: &[usize]) -> Result<Vec<f32>, BackboneError> {
        const STANDARD_DEVIATION: f64 = 0.02;
        let count = shape.iter().product();
        if let Some(part) = name.strip_prefix("patch_embed.proj.") {
            if part == "weight" {
                self.patch_fan_in = shape.iter().skip(1).product::<usize>().max(1);
            }
            return Ok(self.uniform_within_fan_in(count, self.patch_fan_in));
        }
        if name.ends_with(".weight_v") {
            return Ok(self.uniform_within_fan_in(count, shape.iter().skip(1).product::<usize>().max(1)));
        }
        let constant = match name.rsplit('.').next() {
            Some("weight") if name.contains("norm") => Some(1.0),
            Some("bias") => Some(0.0),
            // LayerScale starts at iBOT's 0.1 for the depths used here.
            Some("gamma_1" | "gamma_2") => Some(0.1),
            Some("masked_embed") => Some(0.0),
            _ => None,
        };
        Ok(match constant {
            Some(value) => vec![value; count],
            None => (0..count).map(|_| (self.cut_normal() * STANDARD_DEVIATION) as f32).collect(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_repeats_itself_and_another_differs() {
        let draw = |seed| SeededWeights::new(seed).weight("blocks.0.attn.qkv.weight", &[30, 10]).unwrap();
        assert_eq!(draw(1), draw(1));
        assert_ne!(draw(1), draw(2));
        assert!(draw(1).iter().all(|value| value.abs() <= 0.04));
        let mean_square = draw(1).iter().map(|value| value * value).sum::<f32>() / 300.0;
        // A normal cut at two standard deviations keeps 0.774 of its variance.
        assert!((mean_square.sqrt() - 0.02 * 0.774_f32.sqrt()).abs() < 0.002, "{mean_square}");
    }

    #[test]
    fn weights_are_the_same_in_every_version() {
        let mut weights = SeededWeights::new(3);
        let mut draw = |name, shape: &[usize]| weights.weight(name, shape).unwrap();
        let patches = draw("patch_embed.proj.weight", &[1, 1, 2, 2]);
        assert_eq!(patches, [0.12296747, -0.4186983, -0.17719434, -0.41636223]);
        assert_eq!(draw("patch_embed.proj.bias", &[2]), [0.09599073, 0.30970606]);
        let matrix = draw("blocks.0.attn.qkv.weight", &[2, 2]);
        assert_eq!(matrix, [0.0026166097, 7.482136e-5, 0.03247059, -0.0011644997]);
    }

    #[test]
    fn norms_and_biases_are_constant() {
        let mut weights = SeededWeights::new(0);
        assert_eq!(weights.weight("norm.weight", &[2]).unwrap(), [1.0, 1.0]);
        assert_eq!(weights.weight("blocks.3.mlp.fc1.bias", &[2]).unwrap(), [0.0, 0.0]);
    }
}
