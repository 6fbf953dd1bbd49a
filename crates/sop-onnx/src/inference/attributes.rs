//! Attributes of a node by name.

use crate::proto::{AttributeProto, TensorProto};

/// The attributes of one node.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Attributes<'a>(pub(crate) &'a [AttributeProto]);

impl<'a> Attributes<'a> {
    fn find(self, name: &str) -> Option<&'a AttributeProto> {
        self.0.iter().find(|attribute| attribute.name == name)
    }

    pub(crate) fn int(self, name: &str) -> Option<i64> {
        self.find(name).map(|attribute| attribute.i)
    }

    pub(crate) fn flag(self, name: &str, default: bool) -> bool {
        self.int(name).map_or(default, |value| value != 0)
    }

    pub(crate) fn ints(self, name: &str) -> Option<&'a [i64]> {
        self.find(name).map(|attribute| attribute.ints.as_slice())
    }

    pub(crate) fn text(self, name: &str) -> Option<&'a [u8]> {
        self.find(name).map(|attribute| attribute.s.as_slice())
    }

    pub(crate) fn tensor(self, name: &str) -> Option<&'a TensorProto> {
        self.find(name).and_then(|attribute| attribute.t.as_ref())
    }
}
