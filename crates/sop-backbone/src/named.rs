//! The parameters of a module by their names in PyTorch's state dicts.

use std::collections::BTreeMap;

use burn::module::{Module, ModuleVisitor, Param};
use burn::tensor::Tensor;

use crate::{BackboneError, host_values};

/// A parameter's values in PyTorch's layout.
#[derive(Clone, Debug, PartialEq)]
pub struct NamedTensor {
    /// Sizes of the axes.
    pub shape: Vec<usize>,
    /// Elements, row-major.
    pub values: Vec<f32>,
}

/// All float parameters of a module by name, brought from the device.
///
/// # Errors
/// When a tensor cannot be read back from the device.
pub fn named_tensors<M: Module>(module: &M) -> Result<BTreeMap<String, NamedTensor>, BackboneError> {
    let mut visitor = Visitor { path: Vec::new(), tensors: BTreeMap::new(), error: None };
    module.visit(&mut visitor);
    visitor.error.map_or(Ok(visitor.tensors), Err)
}

/// A parameter's name in PyTorch from its path in a Burn module, e.g. `blocks.0.norm1.weight` from `blocks.0.norm1.gamma`.
///
/// Layers of a head lie in a sequence with activations between them, so that layer `i` is number `2 i` there.
#[must_use]
pub fn torch_name(path: &[String]) -> String {
    let mut parts: Vec<String> = path
        .iter()
        .map(|part| match part.as_str() {
            "gamma" => "weight".to_owned(),
            "beta" => "bias".to_owned(),
            "patch_weight" => "patch_embed.proj.weight".to_owned(),
            "patch_bias" => "patch_embed.proj.bias".to_owned(),
            "layers" => "mlp".to_owned(),
            other => other.to_owned(),
        })
        .collect();
    if let Some(place) = path.iter().position(|part| part == "layers")
        && let Some(layer) = parts.get_mut(place + 1)
        && let Ok(index) = layer.parse::<usize>()
    {
        *layer = (2 * index).to_string();
    }
    parts.join(".")
}

struct Visitor {
    path: Vec<String>,
    tensors: BTreeMap<String, NamedTensor>,
    error: Option<BackboneError>,
}

impl ModuleVisitor for Visitor {
    fn enter_module(&mut self, name: &str, _container_type: &str) {
        self.path.push(name.to_owned());
    }

    fn exit_module(&mut self, _name: &str, _container_type: &str) {
        self.path.pop();
    }

    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        // In these models, matrices whose last name is `weight` belong to linear layers, which Burn keeps transposed.
        let is_linear = D == 2 && self.path.last().is_some_and(|name| name == "weight");
        let tensor = if is_linear { param.val().transpose() } else { param.val() };
        let shape = tensor.dims().to_vec();
        match host_values(tensor) {
            Ok(values) => {
                self.tensors.insert(torch_name(&self.path), NamedTensor { shape, values });
            }
            Err(error) => self.error = Some(error),
        }
    }
}
