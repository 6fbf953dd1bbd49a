//! Where a traversal of a module is.

use sop_backbone::torch_name;

/// The path of the parameter at hand.
#[derive(Debug, Default)]
pub(super) struct ModulePath(Vec<String>);

impl ModulePath {
    pub(super) fn enter(&mut self, name: &str) {
        self.0.push(name.to_owned());
    }

    pub(super) fn exit(&mut self) {
        self.0.pop();
    }

    /// Its name in PyTorch.
    pub(super) fn name(&self) -> String {
        torch_name(&self.0)
    }
}
