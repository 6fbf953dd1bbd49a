//! The teacher: a moving average of the student.

use std::collections::BTreeMap;

use burn::module::{Module, ModuleMapper, ModuleVisitor, Param};
use burn::tensor::Tensor;

use super::path::ModulePath;

/// Moves the teacher's parameters towards the student's of the same name: `momentum * teacher + (1 - momentum) * student`.
///
/// What only one of them has (the student's `masked_embed`) is left alone.
#[must_use]
pub fn follow<M: Module>(teacher: M, student: &M, momentum: f64) -> M {
    let mut collector = Collector { path: ModulePath::default(), tensors: BTreeMap::new() };
    student.visit(&mut collector);
    teacher.map(&mut Follower { path: ModulePath::default(), student: collector.tensors, momentum })
}

struct Collector {
    path: ModulePath,
    tensors: BTreeMap<String, Tensor<1>>,
}

impl ModuleVisitor for Collector {
    fn enter_module(&mut self, name: &str, _container_type: &str) {
        self.path.enter(name);
    }

    fn exit_module(&mut self, _name: &str, _container_type: &str) {
        self.path.exit();
    }

    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let tensor = param.val().inner();
        let count = tensor.shape().num_elements();
        self.tensors.insert(self.path.name(), tensor.reshape([count]));
    }
}

struct Follower {
    path: ModulePath,
    student: BTreeMap<String, Tensor<1>>,
    momentum: f64,
}

impl ModuleMapper for Follower {
    fn enter_module(&mut self, name: &str, _container_type: &str) {
        self.path.enter(name);
    }

    fn exit_module(&mut self, _name: &str, _container_type: &str) {
        self.path.exit();
    }

    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let Some(student) = self.student.get(&self.path.name()).cloned() else { return param };
        param.map(|teacher| {
            let shape = teacher.dims();
            teacher * self.momentum + student.reshape(shape) * (1.0 - self.momentum)
        })
    }
}
