//! Gradients by parameter, which can be added up over several backward passes.

use std::collections::BTreeMap;

use burn::module::{Module, ModuleVisitor, Param};
use burn::tensor::{Device, Tensor};

use super::clip_to_norm;
use super::path::ModulePath;

/// Gradients of a module's parameters by name, flattened, in Burn's layout.
#[derive(Clone, Debug, Default)]
pub struct Gradients {
    tensors: BTreeMap<String, Tensor<1>>,
}

impl Gradients {
    /// Takes the gradients of a backward pass; parameters that the loss does not depend on have none.
    #[must_use]
    pub fn take<M: Module>(mut gradients: burn::tensor::Gradients, module: &M) -> Self {
        let mut collector =
            Collector { path: ModulePath::default(), gradients: &mut gradients, tensors: BTreeMap::new() };
        module.visit(&mut collector);
        Self { tensors: collector.tensors }
    }

    /// Adds the gradients of another pass.
    #[must_use]
    pub fn plus(mut self, other: Self) -> Self {
        for (name, gradient) in other.tensors {
            let sum = match self.tensors.remove(&name) {
                Some(own) => own + gradient,
                None => gradient,
            };
            self.tensors.insert(name, sum);
        }
        self
    }

    /// The same on another device.
    #[must_use]
    pub fn on(mut self, device: &Device) -> Self {
        self.tensors.values_mut().for_each(|gradient| *gradient = gradient.clone().to_device(device));
        self
    }

    /// Scales all of them.
    #[must_use]
    pub fn scaled(mut self, factor: f64) -> Self {
        self.tensors.values_mut().for_each(|gradient| *gradient = gradient.clone() * factor);
        self
    }

    /// Clips each parameter's gradient for itself; returns the largest norm before, where there is any gradient.
    pub fn clip(&mut self, limit: f64) -> Option<f64> {
        let mut norms = Vec::new();
        for gradient in self.tensors.values_mut() {
            let (clipped, norm) = clip_to_norm(gradient.clone(), limit);
            *gradient = clipped;
            norms.push(norm);
        }
        (!norms.is_empty()).then(|| f64::from(Tensor::cat(norms, 0).max().into_scalar::<f32>()))
    }

    /// Removes those of the parameters whose names start like this: an optimiser's step leaves them as they are.
    pub fn remove(&mut self, prefix: &str) {
        self.tensors.retain(|name, _| !name.starts_with(prefix));
    }

    /// A parameter's gradient.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<Tensor<1>> {
        self.tensors.get(name).cloned()
    }

    /// Names of the parameters that have one.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.tensors.keys().map(String::as_str)
    }
}

struct Collector<'a> {
    path: ModulePath,
    gradients: &'a mut burn::tensor::Gradients,
    tensors: BTreeMap<String, Tensor<1>>,
}

impl ModuleVisitor for Collector<'_> {
    fn enter_module(&mut self, name: &str, _container_type: &str) {
        self.path.enter(name);
    }

    fn exit_module(&mut self, _name: &str, _container_type: &str) {
        self.path.exit();
    }

    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        if let Some(gradient) = param.val().grad_remove(self.gradients) {
            let count = gradient.shape().num_elements();
            self.tensors.insert(self.path.name(), gradient.reshape([count]));
        }
    }
}
