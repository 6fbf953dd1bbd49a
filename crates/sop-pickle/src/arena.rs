//! The values a pickle builds.

use std::sync::Arc;

use crate::PickleError;
use crate::global::Global;
use crate::numpy::NumpyType;
use crate::storage::Storage;
use crate::tensor_view::TensorView;

/// Index of a value in its [`Arena`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Id(u32);

/// One value.
#[derive(Debug)]
pub enum Node {
    /// `None`.
    None,
    /// A truth value.
    Bool(bool),
    /// An integer of at most 128 bits.
    Int(i128),
    /// A float, of NumPy or of Python.
    Float(f64),
    /// A text.
    Text(Box<str>),
    /// Bytes.
    Bytes(Box<[u8]>),
    /// A tuple.
    Tuple(Box<[Id]>),
    /// A list.
    List(Vec<Id>),
    /// Items in the order of writing; a later one replaces an earlier one of the same key.
    Dict(Vec<(Id, Id)>),
    /// `argparse.Namespace`: attributes.
    Namespace(Vec<(Id, Id)>),
    /// A set, in the order of writing.
    Set(Vec<Id>),
    /// A name on the list.
    Global(Global),
    /// Memory that tensors are views of.
    Storage(Arc<Storage>),
    /// A tensor.
    Tensor(Box<TensorView>),
    /// A NumPy element type.
    NumpyType(NumpyType),
    /// A value that nothing here needs, by its kind.
    Opaque(&'static str),
}

/// All values of one pickle. Dropping it is flat, however deep the values nest.
#[derive(Debug)]
pub struct Arena {
    nodes: Vec<Node>,
    /// Values that may still be made, remembered or copied.
    left: usize,
    limit: usize,
}

impl Arena {
    /// Room for what an honest pickle of `length` bytes can make.
    pub(super) fn for_length(length: usize) -> Self {
        const MOST: usize = 8 << 20;
        let limit = length.saturating_mul(2).saturating_add(4096).min(MOST);
        Self { nodes: Vec::new(), left: limit, limit }
    }

    /// Takes `count` values from the budget; whatever copies pays here first.
    pub(super) fn charge(&mut self, count: usize, at: usize) -> Result<(), PickleError> {
        let too_large = PickleError::TooLarge { at, limit: self.limit };
        self.left = self.left.checked_sub(count).ok_or(too_large)?;
        Ok(())
    }

    pub(super) fn add(&mut self, node: Node, at: usize) -> Result<Id, PickleError> {
        self.charge(1, at)?;
        let id = u32::try_from(self.nodes.len()).map_err(|_| PickleError::TooLarge { at, limit: self.limit })?;
        self.nodes.push(node);
        Ok(Id(id))
    }

    /// The value of an index that this arena gave out.
    #[must_use]
    pub fn get(&self, id: Id) -> &Node {
        self.nodes.get(id.0 as usize).unwrap_or(&Node::None)
    }

    pub(super) fn get_mut(&mut self, id: Id) -> Option<&mut Node> {
        self.nodes.get_mut(id.0 as usize)
    }

    /// Every storage the pickle names, in the order of writing.
    pub fn storages(&self) -> impl Iterator<Item = &Storage> {
        self.nodes.iter().filter_map(|node| match node {
            Node::Storage(storage) => Some(storage.as_ref()),
            _ => None,
        })
    }

    /// The text of a value; `None` for other kinds.
    #[must_use]
    pub fn text(&self, id: Id) -> Option<&str> {
        match self.get(id) {
            Node::Text(text) => Some(text),
            _ => None,
        }
    }

    /// A non-negative integer that fits a size.
    pub(super) fn size(&self, id: Id) -> Option<usize> {
        match self.get(id) {
            Node::Int(value) => usize::try_from(*value).ok(),
            _ => None,
        }
    }

    /// The elements of a tuple or list.
    #[must_use]
    pub fn sequence(&self, id: Id) -> Option<&[Id]> {
        match self.get(id) {
            Node::Tuple(items) => Some(items),
            Node::List(items) => Some(items),
            _ => None,
        }
    }

    /// The items of a dict or namespace.
    #[must_use]
    pub fn entries(&self, id: Id) -> Option<&[(Id, Id)]> {
        match self.get(id) {
            Node::Dict(entries) | Node::Namespace(entries) => Some(entries),
            _ => None,
        }
    }
}
