//! NumPy scalars, which logs and learning rates in checkpoints often are, and arrays of one axis, which lists of names and
//! indices often are.

use crate::PickleError;
use crate::arena::{Id, Node};
use crate::literal::text_or_bytes;
use crate::machine::Machine;
use crate::vocabulary::Vocabulary;

/// What an array is before its state tells its elements; it stays one where nothing here needs them.
pub(super) const ARRAY: &str = "a numpy array";

/// Longest text in an array, in bytes.
const LONGEST_TEXT: usize = 1 << 16;

/// A NumPy element type such as `f8`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NumpyType {
    /// `f`, `i`, `u`, `b`; `U` for texts, `S` for bytes.
    kind: u8,
    /// Bytes.
    size: usize,
    big_endian: bool,
}

impl NumpyType {
    /// A type code with or without byte order, e.g. `<f8`; `None` for types that are neither numbers nor texts.
    pub(super) fn parse(code: &str) -> Option<Self> {
        let big_endian = code.starts_with('>');
        let code = code.trim_start_matches(['<', '>', '=', '|']);
        let kind = *code.as_bytes().first()?;
        let digits = code.get(1..).filter(|digits| digits.bytes().all(|digit| digit.is_ascii_digit()))?;
        let size: usize = digits.parse().ok()?;
        let size = match kind {
            b'f' | b'i' | b'u' | b'b' => Some(size).filter(|size| [1, 2, 4, 8].contains(size)),
            // Texts are stored in 32 bits for each letter.
            b'U' => size.checked_mul(4),
            b'S' => Some(size),
            _ => None,
        };
        let size = size.filter(|size| (1..=LONGEST_TEXT).contains(size))?;
        Some(Self { kind, size, big_endian })
    }

    /// The same type in another byte order.
    pub(super) fn with_order(self, big_endian: bool) -> Self {
        Self { big_endian, ..self }
    }

    fn decode(self, bytes: &[u8]) -> Option<Node> {
        if bytes.len() != self.size {
            return None;
        }
        match self.kind {
            b'U' => return self.text(bytes),
            b'S' => return Some(text_or_bytes(without_padding(bytes, 0_u8).to_vec())),
            _ => {}
        }
        let mut little = [0_u8; 8];
        for (index, slot) in little.iter_mut().take(self.size).enumerate() {
            *slot = *bytes.get(if self.big_endian { self.size - 1 - index } else { index })?;
        }
        let unsigned = u64::from_le_bytes(little);
        Some(match (self.kind, self.size) {
            (b'f', 8) => Node::Float(f64::from_bits(unsigned)),
            (b'f', 4) => Node::Float(f32::from_bits(unsigned as u32).into()),
            (b'f', 2) => Node::Float(half::f16::from_bits(unsigned as u16).into()),
            (b'b', 1) => Node::Bool(unsigned != 0),
            (b'u', _) => Node::Int(unsigned.into()),
            (b'i', size) => {
                let unused = 64 - 8 * size as u32;
                Node::Int((((unsigned << unused) as i64) >> unused).into())
            }
            _ => return None,
        })
    }

    /// What an element costs beside its value: texts are copied, and bytes may be shared.
    fn cost(self) -> usize {
        if matches!(self.kind, b'U' | b'S') { self.size / 16 } else { 0 }
    }

    fn text(self, bytes: &[u8]) -> Option<Node> {
        let letters: Vec<u32> = bytes
            .chunks_exact(4)
            .map(|letter| {
                let letter = <[u8; 4]>::try_from(letter).unwrap_or_default();
                if self.big_endian { u32::from_be_bytes(letter) } else { u32::from_le_bytes(letter) }
            })
            .collect();
        let text: Option<String> = without_padding(&letters, 0).iter().map(|&letter| char::from_u32(letter)).collect();
        Some(Node::Text(text?.into()))
    }
}

/// The elements before the zeros that fill a text up.
fn without_padding<T: Copy + PartialEq>(letters: &[T], zero: T) -> &[T] {
    let length = letters.iter().rposition(|&letter| letter != zero).map_or(0, |last| last + 1);
    letters.get(..length).unwrap_or_default()
}

impl Machine<'_> {
    /// `numpy.core.multiarray.scalar(dtype, bytes)` as a plain number or text.
    pub(super) fn numpy_scalar(&mut self, arguments: &[Id]) -> Result<Node, PickleError> {
        let mut number = None;
        if let &[kind, value, ..] = arguments
            && let Node::NumpyType(kind) = *self.arena.get(kind)
        {
            let at = self.at();
            self.arena.charge(kind.cost(), at)?;
            number = self.bytes(value).and_then(|bytes| kind.decode(bytes));
        }
        Ok(number.unwrap_or(Node::Opaque("a numpy scalar")))
    }

    /// `BUILD` of an array: (version, shape, type, whether columns come first, data).
    pub(super) fn numpy_state(&mut self, array: Id, state: Id) -> Result<(), PickleError> {
        let found = match self.arena.sequence(state) {
            Some(&[.., shape, kind, _, data]) => self.numpy_elements(shape, kind, data)?,
            _ => None,
        };
        if let (Some(found), Some(node)) = (found, self.arena.get_mut(array)) {
            *node = found;
        }
        Ok(())
    }

    /// `numpy.core.numeric._frombuffer(data, type, shape, order)`.
    pub(super) fn numpy_from_buffer(&mut self, arguments: &[Id]) -> Result<Node, PickleError> {
        let found = match *arguments {
            [data, kind, shape, _] if self.vocabulary == Vocabulary::Plain => self.numpy_elements(shape, kind, data)?,
            _ => None,
        };
        Ok(found.unwrap_or(Node::Opaque(ARRAY)))
    }

    /// The elements of an array of one axis as a list, of one without an axis the element itself; `None` for other arrays and types.
    ///
    /// Every element is paid like a value, so that many arrays of the same bytes cost what they would as lists.
    fn numpy_elements(&mut self, shape: Id, kind: Id, data: Id) -> Result<Option<Node>, PickleError> {
        let at = self.at();
        let length = match self.arena.sequence(shape) {
            Some([]) => None,
            Some(&[length]) => match self.arena.size(length) {
                Some(length) => Some(length),
                None => return Ok(None),
            },
            _ => return Ok(None),
        };
        // Of objects the data is a list.
        if let (Node::List(items), Some(length)) = (self.arena.get(data), length) {
            if items.len() != length {
                return Ok(None);
            }
            self.arena.charge(length, at)?;
            return Ok(self.arena.sequence(data).map(|items| Node::List(items.to_vec())));
        }
        let Node::NumpyType(kind) = *self.arena.get(kind) else { return Ok(None) };
        let Some(bytes) = length.unwrap_or(1).checked_mul(kind.size) else { return Ok(None) };
        if self.bytes(data).is_none_or(|data| data.len() != bytes) {
            return Ok(None);
        }
        let element = |machine: &Self, place: usize| {
            let start = place * kind.size;
            machine.bytes(data).and_then(|data| kind.decode(data.get(start..start + kind.size)?))
        };
        let Some(length) = length else { return Ok(element(self, 0)) };
        let mut items = Vec::new();
        for place in 0..length {
            self.arena.charge(kind.cost(), at)?;
            let Some(node) = element(self, place) else { return Ok(None) };
            items.push(self.arena.add(node, at)?);
        }
        Ok(Some(Node::List(items)))
    }

    /// Bytes, which Python 2 strings are, too.
    fn bytes(&self, id: Id) -> Option<&[u8]> {
        match self.arena.get(id) {
            Node::Bytes(bytes) => Some(bytes),
            Node::Text(text) => Some(text.as_bytes()),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scalars_keep_their_sign_and_byte_order() {
        let decode = |code: &str, bytes: &[u8]| NumpyType::parse(code).unwrap().decode(bytes);
        assert!(matches!(decode("i2", &[0xfe, 0xff]), Some(Node::Int(-2))));
        assert!(matches!(decode(">u2", &[0x01, 0x02]), Some(Node::Int(258))));
        assert!(matches!(decode("f8", &1.5_f64.to_le_bytes()), Some(Node::Float(1.5))));
        assert!(matches!(decode("<f2", &[0x00, 0x3c]), Some(Node::Float(1.0))));
        assert!(decode("f8", &[0; 4]).is_none());
        assert!(["O8", "f16", "U0", "f+8", "U", "", "é8"].iter().all(|code| NumpyType::parse(code).is_none()));
    }

    #[test]
    fn texts_end_before_the_zeros_that_fill_them_up() {
        let decode = |code: &str, bytes: &[u8]| NumpyType::parse(code).unwrap().decode(bytes);
        let is = |node: Option<Node>, text: &str| matches!(node, Some(Node::Text(found)) if &*found == text);
        assert!(is(decode("<U3", b"a\0\0\0\xe9\0\0\0\0\0\0\0"), "aé"));
        assert!(is(decode(">U1", b"\0\0\0a"), "a"));
        assert!(is(decode("S4", b"ab\0\0"), "ab"));
        assert!(matches!(decode("S1", b"\xe9"), Some(Node::Bytes(_))));
        assert!(decode("<U1", &[0xff; 4]).is_none());
    }
}
