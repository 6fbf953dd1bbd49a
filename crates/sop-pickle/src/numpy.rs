//! NumPy scalars, which logs and learning rates in checkpoints often are.

use crate::arena::{Id, Node};
use crate::machine::Machine;

/// A NumPy element type such as `f8`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NumpyType {
    /// `f`, `i`, `u` or `b`.
    kind: u8,
    /// Bytes.
    size: usize,
    big_endian: bool,
}

impl NumpyType {
    /// A type code with or without byte order, e.g. `<f8`; `None` for types that are not numbers.
    pub(super) fn parse(code: &str) -> Option<Self> {
        let big_endian = code.starts_with('>');
        let mut letters = code.trim_start_matches(['<', '>', '=', '|']).bytes();
        let kind = letters.next().filter(|kind| b"fiub".contains(kind))?;
        let size = match (letters.next()?, letters.next()) {
            (digit @ (b'1' | b'2' | b'4' | b'8'), None) => usize::from(digit - b'0'),
            _ => return None,
        };
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
}

impl Machine<'_> {
    /// `numpy.core.multiarray.scalar(dtype, bytes)` as a plain number.
    pub(super) fn numpy_scalar(&self, arguments: &[Id]) -> Node {
        let mut nodes = arguments.iter().map(|&argument| self.arena.get(argument));
        let number = match (nodes.next(), nodes.next()) {
            (Some(Node::NumpyType(kind)), Some(Node::Bytes(bytes))) => kind.decode(bytes),
            // Python 2 strings that happen to be text.
            (Some(Node::NumpyType(kind)), Some(Node::Text(text))) => kind.decode(text.as_bytes()),
            _ => None,
        };
        number.unwrap_or(Node::Opaque("a numpy scalar"))
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
        assert!(NumpyType::parse("O8").is_none() && NumpyType::parse("f16").is_none());
    }
}
