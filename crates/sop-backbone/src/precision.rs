//! Numbers in which products of matrices are computed.

use burn::module::{Module, ModuleMapper, Param};
use burn::tensor::{FloatDType, Tensor};
use serde::{Deserialize, Serialize};

/// Numbers in which the layers' products of matrices are computed; weights, norms, softmax and sums stay f32.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Precision {
    /// 32 bits.
    #[default]
    F32,
    /// 16 bits with the range of f32 and 8 bits of precision, for devices that are fast in it.
    Bf16,
}

impl Precision {
    /// The type of a product's operands.
    #[must_use]
    pub fn dtype(self) -> FloatDType {
        match self {
            Self::F32 => FloatDType::F32,
            Self::Bf16 => FloatDType::BF16,
        }
    }

    /// The module with the weights of its linear layers and its patch convolution in these numbers: a layer computes in the type of
    /// its weights.
    ///
    /// A module that is differentiated stays so: gradients go to the weights that were cast.
    #[must_use]
    pub fn cast<M: Module>(self, module: M) -> M {
        match self {
            Self::F32 => module,
            Self::Bf16 => module.map(&mut Caster { dtype: self.dtype(), containers: Vec::new() }),
        }
    }
}

struct Caster {
    dtype: FloatDType,
    /// Whether the parameter at hand, and those that it is in, are operands of products.
    containers: Vec<bool>,
}

impl ModuleMapper for Caster {
    fn enter_module(&mut self, name: &str, container_type: &str) {
        self.containers.push(container_type == "Struct:Linear" || name == "patch_weight" || name == "patch_bias");
    }

    fn exit_module(&mut self, _name: &str, _container_type: &str) {
        self.containers.pop();
    }

    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        match self.containers.last() {
            Some(true) => param.map(|weights| weights.cast(self.dtype)),
            _ => param,
        }
    }
}
