//! AdamW with the two parameter groups of the references.

use std::collections::BTreeMap;

use burn::module::{Module, ModuleMapper, Param};
use burn::tensor::Tensor;
use serde::{Deserialize, Serialize};

use super::Gradients;
use super::path::ModulePath;

/// Constants of AdamW.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AdamWConfig {
    /// Decay of the first and of the second moment.
    pub betas: [f64; 2],
    /// Added to the root of the second moment.
    pub epsilon: f64,
}

impl Default for AdamWConfig {
    fn default() -> Self {
        Self { betas: [0.9, 0.999], epsilon: 1e-8 }
    }
}

/// Moments of one parameter, flattened.
#[derive(Clone, Debug)]
pub struct Moments {
    /// Mean of the gradients.
    pub first: Tensor<1>,
    /// Mean of their squares.
    pub second: Tensor<1>,
    /// Steps that this parameter had a gradient in.
    pub steps: u32,
}

/// AdamW as `torch.optim.AdamW` computes it.
///
/// Burn's own keeps its constants as f32, which is 1.3e-5 off in `1 - 0.999`, and cannot be compared with PyTorch step by step.
#[derive(Clone, Debug, Default)]
pub struct AdamW {
    config: AdamWConfig,
    moments: BTreeMap<String, Moments>,
}

impl AdamW {
    /// Starts without moments.
    #[must_use]
    pub fn new(config: AdamWConfig) -> Self {
        Self { config, moments: BTreeMap::new() }
    }

    /// Goes on with these moments.
    #[must_use]
    pub fn with_moments(config: AdamWConfig, moments: BTreeMap<String, Moments>) -> Self {
        Self { config, moments }
    }

    /// Moments by parameter.
    #[must_use]
    pub fn moments(&self) -> &BTreeMap<String, Moments> {
        &self.moments
    }

    /// One step; parameters without a gradient stay as they are.
    ///
    /// `weight_decay` applies where [`decays`] says so (`get_params_groups` of iBOT's `utils.py`).
    #[must_use]
    pub fn step<M: Module>(&mut self, module: M, gradients: &Gradients, learning_rate: f64, weight_decay: f64) -> M {
        let mut stepper =
            Stepper { path: ModulePath::default(), optimiser: self, gradients, learning_rate, weight_decay };
        module.map(&mut stepper)
    }

    /// One parameter's step.
    #[must_use]
    pub fn update(
        &mut self,
        name: &str,
        weights: Tensor<1>,
        gradient: Tensor<1>,
        learning_rate: f64,
        weight_decay: f64,
    ) -> Tensor<1> {
        let AdamWConfig { betas: [beta1, beta2], epsilon } = self.config;
        let moments = match self.moments.remove(name) {
            Some(Moments { first, second, steps }) => Moments {
                first: first.clone() + (gradient.clone() - first) * (1.0 - beta1),
                second: second * beta2 + (gradient.clone() * gradient) * (1.0 - beta2),
                steps: steps + 1,
            },
            None => Moments {
                first: gradient.clone() * (1.0 - beta1),
                second: (gradient.clone() * gradient) * (1.0 - beta2),
                steps: 1,
            },
        };
        let correction = |beta: f64| 1.0 - beta.powf(f64::from(moments.steps));
        let root = moments.second.clone().sqrt() / correction(beta2).sqrt() + epsilon;
        let change = moments.first.clone() / root * (learning_rate / correction(beta1));
        self.moments.insert(name.to_owned(), moments);
        weights * (1.0 - learning_rate * weight_decay) - change
    }
}

/// Whether weight decay applies to a parameter: not to biases and not to those of one dimension.
#[must_use]
pub fn decays(name: &str, rank: usize) -> bool {
    rank != 1 && !name.ends_with(".bias")
}

struct Stepper<'a> {
    path: ModulePath,
    optimiser: &'a mut AdamW,
    gradients: &'a Gradients,
    learning_rate: f64,
    weight_decay: f64,
}

impl ModuleMapper for Stepper<'_> {
    fn enter_module(&mut self, name: &str, _container_type: &str) {
        self.path.enter(name);
    }

    fn exit_module(&mut self, _name: &str, _container_type: &str) {
        self.path.exit();
    }

    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let name = self.path.name();
        let Some(gradient) = self.gradients.get(&name) else { return param };
        let weight_decay = if decays(&name, D) { self.weight_decay } else { 0.0 };
        param.map(|weights| {
            let shape = weights.dims();
            let is_autodiff = weights.is_autodiff();
            let count = weights.shape().num_elements();
            let flat = weights.inner().reshape([count]);
            let flat = self.optimiser.update(&name, flat, gradient, self.learning_rate, weight_decay);
            let weights = flat.reshape(shape);
            // A fresh leaf: the graph of the step that is over must not hang on to the new weights.
            if is_autodiff { weights.autodiff().require_grad() } else { weights }
        })
    }
}
