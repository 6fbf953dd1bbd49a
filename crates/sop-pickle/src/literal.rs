//! Instructions that push a number, a text or bytes.

use crate::PickleError;
use crate::arena::Node;
use crate::cursor::Cursor;

/// Reads the value of a literal instruction; `None` when `opcode` is not one.
pub(super) fn literal(opcode: u8, cursor: &mut Cursor<'_>) -> Result<Option<Node>, PickleError> {
    let at = cursor.instruction();
    let malformed = |what| PickleError::Malformed { at, what };
    let node = match opcode {
        b'N' => Node::None,
        0x88 => Node::Bool(true),
        0x89 => Node::Bool(false),
        b'I' => match cursor.line()? {
            b"00" => Node::Bool(false),
            b"01" => Node::Bool(true),
            digits => decimal(digits).ok_or(malformed("an integer is not a decimal number"))?,
        },
        b'L' => {
            let digits = cursor.line()?;
            decimal(digits.strip_suffix(b"L").unwrap_or(digits)).ok_or(malformed("a long is not a decimal number"))?
        }
        b'J' => Node::Int(i32::from_le_bytes(cursor.array()?).into()),
        b'K' => Node::Int(cursor.byte()?.into()),
        b'M' => Node::Int(u16::from_le_bytes(cursor.array()?).into()),
        0x8a => {
            let length = cursor.byte()?;
            long(cursor.take(length.into())?)
        }
        0x8b => {
            let length = u32::from_le_bytes(cursor.array()?);
            long(cursor.take(length.into())?)
        }
        b'F' => {
            let digits = std::str::from_utf8(cursor.line()?).ok().and_then(|digits| digits.trim().parse().ok());
            Node::Float(digits.ok_or(malformed("a float is not a decimal number"))?)
        }
        b'G' => Node::Float(f64::from_be_bytes(cursor.array()?)),
        b'S' => {
            let quoted = cursor.line()?;
            text_or_bytes(unquote(quoted).ok_or(malformed("a string has no quotes or a broken escape"))?)
        }
        b'T' => {
            let length = u32::from_le_bytes(cursor.array()?);
            text_or_bytes(cursor.take(length.into())?.to_vec())
        }
        b'U' => {
            let length = cursor.byte()?;
            text_or_bytes(cursor.take(length.into())?.to_vec())
        }
        b'V' => {
            let line = cursor.line()?;
            Node::Text(raw_unicode(line).ok_or(malformed("a unicode string has a broken escape"))?.into())
        }
        b'X' | 0x8c | 0x8d => {
            let length = length(opcode == 0x8c, opcode == 0x8d, cursor)?;
            let text = std::str::from_utf8(cursor.take(length)?).map_err(|_| malformed("a text is not UTF-8"))?;
            Node::Text(text.into())
        }
        b'B' | b'C' | 0x8e | 0x96 => {
            let length = length(opcode == b'C', opcode >= 0x8e, cursor)?;
            Node::Bytes(cursor.take(length)?.into())
        }
        _ => return Ok(None),
    };
    Ok(Some(node))
}

/// A length in one, four or eight bytes.
fn length(short: bool, long: bool, cursor: &mut Cursor<'_>) -> Result<u64, PickleError> {
    if short {
        Ok(cursor.byte()?.into())
    } else if long {
        Ok(u64::from_le_bytes(cursor.array()?))
    } else {
        Ok(u32::from_le_bytes(cursor.array()?).into())
    }
}

fn decimal(digits: &[u8]) -> Option<Node> {
    let digits = std::str::from_utf8(digits).ok()?;
    Some(Node::Int(digits.trim().parse().ok()?))
}

/// A little-endian integer in two's complement; nothing here needs more than 128 bits.
fn long(bytes: &[u8]) -> Node {
    if bytes.len() > 16 {
        return Node::Opaque("a long integer");
    }
    let fill = if bytes.last().is_some_and(|&byte| byte >= 0x80) { 0xff } else { 0 };
    let mut wide = [fill; 16];
    for (slot, &byte) in wide.iter_mut().zip(bytes) {
        *slot = byte;
    }
    Node::Int(i128::from_le_bytes(wide))
}

/// Python 2 strings are text where they can be.
pub(super) fn text_or_bytes(bytes: Vec<u8>) -> Node {
    match String::from_utf8(bytes) {
        Ok(text) => Node::Text(text.into()),
        Err(error) => Node::Bytes(error.into_bytes().into()),
    }
}

/// The bytes of a quoted string with backslash escapes.
fn unquote(quoted: &[u8]) -> Option<Vec<u8>> {
    let quoted = quoted.trim_ascii();
    let quote = *quoted.first().filter(|quote| matches!(quote, b'\'' | b'"'))?;
    let mut rest = quoted.get(1..)?.strip_suffix(&[quote])?.iter().copied();
    let mut bytes = Vec::new();
    while let Some(byte) = rest.next() {
        if byte != b'\\' {
            bytes.push(byte);
            continue;
        }
        bytes.push(match rest.next()? {
            b'n' => b'\n',
            b'r' => b'\r',
            b't' => b'\t',
            b'x' => u8::try_from(hexadecimal(&mut rest, 2)?).ok()?,
            same @ (b'\\' | b'\'' | b'"') => same,
            _ => return None,
        });
    }
    Some(bytes)
}

/// Latin-1 text with `\uXXXX` and `\UXXXXXXXX` escapes.
fn raw_unicode(line: &[u8]) -> Option<String> {
    let mut rest = line.iter().copied().peekable();
    let mut text = String::new();
    while let Some(byte) = rest.next() {
        let digits = match (byte, rest.peek()) {
            (b'\\', Some(b'u')) => 4,
            (b'\\', Some(b'U')) => 8,
            _ => {
                text.push(char::from(byte));
                continue;
            }
        };
        rest.next();
        text.push(char::from_u32(hexadecimal(&mut rest, digits)?)?);
    }
    Some(text)
}

fn hexadecimal(digits: &mut impl Iterator<Item = u8>, count: usize) -> Option<u32> {
    let mut value = 0_u32;
    for _ in 0..count {
        value = value.checked_mul(16)?.checked_add(char::from(digits.next()?).to_digit(16)?)?;
    }
    Some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8]) -> Option<Node> {
        let mut cursor = Cursor::new(bytes, 0);
        let opcode = cursor.opcode().unwrap();
        literal(opcode, &mut cursor).unwrap()
    }

    #[test]
    fn integers_of_every_protocol_are_signed_as_in_python() {
        for (bytes, expected) in [
            (&b"K\xff"[..], 255),
            (b"M\x01\x02", 513),
            (b"J\xfe\xff\xff\xff", -2),
            (b"I-12\n", -12),
            (b"L123456789012345678901L\n", 123_456_789_012_345_678_901),
            (b"\x8a\x00", 0),
            (b"\x8a\x02\xff\x00", 255),
            (b"\x8a\x01\xff", -1),
            (b"\x8b\x03\x00\x00\x00\x00\x00\x80", -8_388_608),
        ] {
            assert!(matches!(read(bytes), Some(Node::Int(value)) if value == expected), "{bytes:?}");
        }
    }

    #[test]
    fn text_is_unescaped() {
        for (bytes, expected) in [
            (&b"S'a\\n\\x41\\'b'\n"[..], "a\nA'b"),
            (b"V\\u00e9t\\U0001f600\n", "ét😀"),
            (b"X\x02\x00\x00\x00\xc3\xa9", "é"),
            (b"\x8c\x01z", "z"),
            (b"U\x02hi", "hi"),
        ] {
            assert!(matches!(read(bytes), Some(Node::Text(text)) if &*text == expected), "{bytes:?}");
        }
        assert!(matches!(read(b"U\x01\xff"), Some(Node::Bytes(bytes)) if *bytes == [0xff]));
    }
}
