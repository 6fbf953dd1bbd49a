//! What the constructors on the closed list build.

use crate::PickleError;
use crate::arena::{Id, Node};
use crate::global::Global;
use crate::machine::Machine;
use crate::numpy::{ARRAY, NumpyType};
use crate::vocabulary::Vocabulary;

impl Machine<'_> {
    /// Imitates a call. Nothing runs: the result is a plain value.
    pub(super) fn call(&mut self, global: Global, arguments: &[Id]) -> Result<Node, PickleError> {
        let at = self.at();
        match global {
            Global::Dict => match arguments {
                [] => Ok(Node::Dict(Vec::new())),
                [source] => self.copied_dict(*source),
                _ => Err(self.malformed("a dict is built from more than one value")),
            },
            Global::DefaultDict => match arguments {
                [] | [_] => Ok(Node::Dict(Vec::new())),
                [_, source] => self.copied_dict(*source),
                _ => Err(self.malformed("a defaultdict is built from more than two values")),
            },
            Global::List => self.copied_items(arguments).map(Node::List),
            Global::Tuple | Global::Size => self.copied_items(arguments).map(|items| Node::Tuple(items.into())),
            Global::Set => self.copied_items(arguments).map(Node::Set),
            Global::Namespace => Ok(Node::Namespace(Vec::new())),
            Global::Path => self.path(arguments),
            Global::CodecsEncode => self.encoded(arguments),
            // Protocols 0 and 1: (class, base, state).
            Global::CopyregReconstructor => match arguments {
                [class, ..] => match self.callable(*class)? {
                    same @ (Global::Namespace | Global::Dict) => self.call(same, &[]),
                    _ => Err(self.malformed("an object of this class is not read")),
                },
                [] => Err(self.malformed("a class is missing")),
            },
            Global::RebuildTensor | Global::RebuildTensorV3 => {
                self.tensor(arguments, global == Global::RebuildTensorV3)
            }
            Global::RebuildParameter => self.parameter(arguments),
            Global::RebuildFromType => self.tensor_of_type(arguments),
            Global::NumpyDtype => {
                let code = arguments.first().and_then(|&code| self.arena.text(code));
                let kind = code.and_then(NumpyType::parse);
                Ok(kind.map_or(Node::Opaque("a numpy dtype"), Node::NumpyType))
            }
            Global::NumpyScalar => self.numpy_scalar(arguments),
            // Empty until its state comes.
            Global::NumpyReconstruct | Global::NumpyArray => Ok(Node::Opaque(ARRAY)),
            Global::NumpyFromBuffer => self.numpy_from_buffer(arguments),
            Global::Device => match arguments.first().map(|&device| self.arena.get(device)) {
                Some(Node::Text(device)) => {
                    let device = device.clone();
                    self.arena.charge(device.len() / 16, at)?;
                    Ok(Node::Text(device))
                }
                _ => Ok(Node::Opaque("a device")),
            },
            Global::Complex => Ok(Node::Opaque("a complex number")),
            Global::ByteArray => Ok(Node::Opaque("a byte array")),
            Global::Scalar | Global::DType(_) | Global::Storage(_) | Global::TensorType => {
                Err(self.malformed("a call of a type that checkpoints only name"))
            }
        }
    }

    /// `BUILD`: gives an object its state. Attributes of containers are left aside, those of tensors looked at.
    pub(super) fn build(&mut self, object: Id, state: Id) -> Result<(), PickleError> {
        let at = self.at();
        match self.arena.get(object) {
            Node::Namespace(_) => {
                // With slots the state is a pair; a namespace has none, but the form is allowed.
                let state = match self.arena.get(state) {
                    Node::Tuple(parts) => parts.iter().copied().find(|&part| self.arena.entries(part).is_some()),
                    _ => Some(state),
                };
                let entries = state.and_then(|state| self.arena.entries(state)).map(<[_]>::to_vec);
                let entries = entries.ok_or_else(|| self.malformed("the state of a namespace is no dict"))?;
                self.arena.charge(entries.len(), at)?;
                if let Some(Node::Namespace(attributes)) = self.arena.get_mut(object) {
                    attributes.extend(entries);
                }
                Ok(())
            }
            Node::NumpyType(kind) => {
                let order =
                    self.arena.sequence(state).and_then(|parts| parts.get(1)).and_then(|&id| self.arena.text(id));
                let kind = kind.with_order(order == Some(">"));
                if let Some(node) = self.arena.get_mut(object) {
                    *node = Node::NumpyType(kind);
                }
                Ok(())
            }
            Node::Tensor(_) => {
                let flaw = self.flaw_of_state(state);
                if let Some(Node::Tensor(view)) = self.arena.get_mut(object) {
                    view.add_flaw(flaw);
                }
                Ok(())
            }
            Node::Opaque(ARRAY) if self.vocabulary == Vocabulary::Plain => self.numpy_state(object, state),
            Node::Dict(_) | Node::List(_) | Node::Set(_) | Node::Opaque(_) => Ok(()),
            _ => Err(self.malformed("a value of this kind has no state")),
        }
    }

    /// A dict from another, or from a list of pairs.
    fn copied_dict(&mut self, source: Id) -> Result<Node, PickleError> {
        let (at, wrong) = (self.at(), self.malformed("a dict is built from something else than pairs"));
        let count = self.arena.entries(source).map(<[_]>::len);
        let count = count.or_else(|| self.arena.sequence(source).map(<[_]>::len));
        self.arena.charge(count.unwrap_or_default(), at)?;
        if let Some(entries) = self.arena.entries(source) {
            return Ok(Node::Dict(entries.to_vec()));
        }
        let pairs = self.arena.sequence(source).ok_or(wrong.clone())?;
        let pairs = pairs.iter().map(|&pair| match self.arena.sequence(pair) {
            Some(&[key, value]) => Ok((key, value)),
            _ => Err(wrong.clone()),
        });
        Ok(Node::Dict(pairs.collect::<Result<_, _>>()?))
    }

    /// The items of the one argument of `list`, `tuple`, `set` or `torch.Size`, or none.
    fn copied_items(&mut self, arguments: &[Id]) -> Result<Vec<Id>, PickleError> {
        let at = self.at();
        let items = match arguments {
            [] => return Ok(Vec::new()),
            [source] => match self.arena.get(*source) {
                Node::Set(items) => Some(items.as_slice()),
                _ => self.arena.sequence(*source),
            },
            _ => None,
        };
        let Some(items) = items else {
            return Err(self.malformed("a sequence is built from something else than a sequence"));
        };
        let count = items.len();
        self.arena.charge(count, at)?;
        let items = match arguments.first().map(|&source| self.arena.get(source)) {
            Some(Node::Set(items) | Node::List(items)) => items.clone(),
            Some(Node::Tuple(items)) => items.to_vec(),
            _ => Vec::new(),
        };
        Ok(items)
    }

    /// A path as text, from its parts.
    fn path(&mut self, parts: &[Id]) -> Result<Node, PickleError> {
        let texts: Option<Vec<&str>> = parts.iter().map(|&part| self.arena.text(part)).collect();
        let texts = texts.ok_or_else(|| self.malformed("a part of a path is no text"))?;
        let length = texts.iter().map(|text| text.len() + 1).sum::<usize>();
        let at = self.at();
        self.arena.charge(length / 16, at)?;
        let mut path = String::new();
        for part in parts.iter().filter_map(|&part| self.arena.text(part)) {
            if !path.is_empty() && !path.ends_with('/') {
                path.push('/');
            }
            path.push_str(part);
        }
        Ok(Node::Text(path.into()))
    }

    /// `_codecs.encode(text, "latin1")`, which is how protocol 2 writes bytes.
    fn encoded(&mut self, arguments: &[Id]) -> Result<Node, PickleError> {
        let at = self.at();
        let wrong = self.malformed("an encoding other than Latin-1 of a text");
        let mut texts = arguments.iter().map(|&argument| self.arena.text(argument));
        let (Some(Some(text)), Some("latin1" | "latin-1" | "iso-8859-1")) = (texts.next(), texts.next().flatten())
        else {
            return Err(wrong);
        };
        let length = text.len();
        self.arena.charge(length / 16, at)?;
        let text = arguments.first().and_then(|&argument| self.arena.text(argument)).unwrap_or_default();
        let bytes: Result<Box<[u8]>, _> = text.chars().map(|letter| u8::try_from(u32::from(letter))).collect();
        bytes.map(Node::Bytes).map_err(|_| wrong)
    }
}
