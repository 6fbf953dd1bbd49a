//! Bounds-checked reading of a pickle's bytes.

use crate::PickleError;

/// A position in the bytes; no read goes beyond their end, whatever length they declare.
pub(super) struct Cursor<'a> {
    bytes: &'a [u8],
    at: usize,
    /// Start of the current instruction, for messages.
    instruction: usize,
}

impl<'a> Cursor<'a> {
    pub(super) fn new(bytes: &'a [u8], at: usize) -> Self {
        Self { bytes, at, instruction: at }
    }

    /// Byte after the last one read.
    pub(super) fn at(&self) -> usize {
        self.at
    }

    /// Start of the current instruction.
    pub(super) fn instruction(&self) -> usize {
        self.instruction
    }

    /// Reads the next instruction's byte.
    pub(super) fn opcode(&mut self) -> Result<u8, PickleError> {
        self.instruction = self.at;
        self.byte()
    }

    pub(super) fn byte(&mut self) -> Result<u8, PickleError> {
        self.array::<1>().map(|[byte]| byte)
    }

    pub(super) fn take(&mut self, length: u64) -> Result<&'a [u8], PickleError> {
        let truncated = PickleError::Truncated { at: self.instruction };
        let Ok(length) = usize::try_from(length) else { return Err(truncated) };
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let Some(taken) = rest.get(..length) else { return Err(truncated) };
        self.at += length;
        Ok(taken)
    }

    pub(super) fn array<const N: usize>(&mut self) -> Result<[u8; N], PickleError> {
        let mut array = [0; N];
        array.copy_from_slice(self.take(N as u64)?);
        Ok(array)
    }

    /// A line of text without its end mark.
    pub(super) fn line(&mut self) -> Result<&'a [u8], PickleError> {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let end = rest.iter().position(|&byte| byte == b'\n');
        let Some(end) = end else { return Err(PickleError::Truncated { at: self.instruction }) };
        self.at += end + 1;
        Ok(rest.get(..end).unwrap_or_default())
    }
}
