//! Storages and tensors, as `torch._utils` rebuilds them.

use std::sync::Arc;

use crate::DType;
use crate::PickleError;
use crate::arena::{Id, Node};
use crate::global::Global;
use crate::machine::Machine;
use crate::storage::Storage;
use crate::tensor_view::TensorView;

/// Longest key of a storage; real ones are numbers.
const MAX_KEY: usize = 256;

impl Machine<'_> {
    /// A persistent id: `("storage", type, key, device, elements)`, in legacy files with a view
    /// `(key, first element, elements)` or nothing behind it.
    pub(super) fn storage(&self, id: Id) -> Result<Node, PickleError> {
        let wrong = |what| move |()| self.malformed(what);
        let parts = self.arena.sequence(id).ok_or(()).map_err(wrong("a persistent id is no tuple"))?;
        let (&[kind, class, key, _, count], rest) =
            parts.split_first_chunk::<5>().ok_or(()).map_err(wrong("a persistent id has fewer than five parts"))?;
        let (Some("storage"), Node::Global(Global::Storage(dtype))) = (self.arena.text(kind), self.arena.get(class))
        else {
            return Err(self.malformed("a persistent id that is no storage"));
        };
        let key = match self.arena.get(key) {
            Node::Text(key) if key.len() <= MAX_KEY => key.to_string(),
            Node::Int(key) => key.to_string(),
            _ => return Err(self.malformed("the key of a storage is no short text")),
        };
        let count = self.arena.size(count).ok_or(()).map_err(wrong("the size of a storage is no number"))?;
        let view = match rest.first().map(|&view| (view, self.arena.get(view))) {
            None | Some((_, Node::None)) => None,
            Some((view, _)) => {
                let parts = self.arena.sequence(view).unwrap_or_default();
                let part = |index: usize| parts.get(index).and_then(|&part| self.arena.size(part));
                let view = part(1).zip(part(2)).filter(|_| parts.len() == 3);
                Some(view.ok_or(()).map_err(wrong("the view of a storage is not (key, first, count)"))?)
            }
        };
        let storage = Storage::new(key, dtype.unwrap_or(DType::U8), count, view);
        Ok(Node::Storage(Arc::new(storage.map_err(|what| self.malformed(what))?)))
    }

    /// `_rebuild_tensor_v2(storage, offset, size, stride, requires_grad, hooks, marks)`; version 3 has the element type
    /// before the marks.
    pub(super) fn tensor(&mut self, arguments: &[Id], typed: bool) -> Result<Node, PickleError> {
        let wrong = "a tensor is not built from (storage, offset, size, stride)";
        let Some(&[storage, offset, shape, stride]) = arguments.first_chunk::<4>() else {
            return Err(self.malformed(wrong));
        };
        let Node::Storage(storage) = self.arena.get(storage) else {
            return Err(self.malformed("a tensor is built from something else than a storage"));
        };
        let storage = Arc::clone(storage);
        let dtype = match arguments.get(6).map(|&dtype| self.arena.get(dtype)) {
            Some(Node::Global(Global::DType(dtype))) if typed => *dtype,
            _ if typed => return Err(self.malformed("a tensor of version 3 has no element type")),
            _ => storage.dtype,
        };
        let sizes = |id: Id| -> Option<Vec<usize>> {
            let items = self.arena.sequence(id).filter(|items| items.len() <= TensorView::MAX_RANK)?;
            items.iter().map(|&item| self.arena.size(item)).collect()
        };
        let (Some(offset), Some(shape), Some(stride)) = (self.arena.size(offset), sizes(shape), sizes(stride)) else {
            return Err(self.malformed(wrong));
        };
        let (rank, at) = (shape.len(), self.at());
        self.arena.charge(rank / 4, at)?;
        let mut view = TensorView::new(storage, dtype, offset, shape, stride).map_err(|what| self.malformed(what))?;
        let marks = if typed { 7 } else { 6 };
        view.add_flaw(self.flaw_of_count(arguments, marks + 1));
        view.add_flaw(arguments.get(5).and_then(|&hooks| self.flaw_of_hooks(hooks)));
        match arguments.get(marks).map(|&marks| self.marks(marks)) {
            None | Some(Ok(false)) => {}
            Some(Ok(true)) => view.negate(),
            Some(Err(flaw)) => view.add_flaw(Some(flaw)),
        }
        Ok(Node::Tensor(Box::new(view)))
    }

    /// A parameter is its tensor: `_rebuild_parameter(tensor, requires_grad, hooks)`, and with a state behind it.
    pub(super) fn parameter(&mut self, arguments: &[Id]) -> Result<Node, PickleError> {
        match arguments.first().map(|&tensor| self.arena.get(tensor)) {
            Some(Node::Tensor(view)) => {
                let (mut view, at) = (view.clone(), self.at());
                self.arena.charge(view.shape.len() / 4, at)?;
                view.add_flaw(self.flaw_of_count(arguments, 4));
                view.add_flaw(arguments.get(2).and_then(|&hooks| self.flaw_of_hooks(hooks)));
                view.add_flaw(arguments.get(3).and_then(|&state| self.flaw_of_state(state)));
                Ok(Node::Tensor(view))
            }
            _ => Err(self.malformed("a parameter is built from something else than a tensor")),
        }
    }

    /// `_rebuild_from_type_v2(function, type, arguments, state)`: the call of the function.
    pub(super) fn tensor_of_type(&mut self, arguments: &[Id]) -> Result<Node, PickleError> {
        let Some(&[function, class, inner]) = arguments.first_chunk::<3>() else {
            return Err(self.malformed("a typed tensor is not built from (function, type, arguments)"));
        };
        if !matches!(self.arena.get(class), Node::Global(Global::TensorType)) {
            return Err(self.malformed("a typed tensor has a type that is no tensor's"));
        }
        let function = self.callable(function)?;
        let inner = self.arena.sequence(inner).filter(|inner| inner.len() <= 16).map(<[_]>::to_vec);
        let mut node = match (function, inner) {
            (Global::RebuildTensor | Global::RebuildTensorV3 | Global::RebuildParameter, Some(inner)) => {
                self.call(function, &inner)?
            }
            _ => return Err(self.malformed("a typed tensor is built by something else than a tensor's function")),
        };
        if let Node::Tensor(view) = &mut node {
            view.add_flaw(self.flaw_of_count(arguments, 4));
            view.add_flaw(arguments.get(3).and_then(|&state| self.flaw_of_state(state)));
        }
        Ok(node)
    }
}
