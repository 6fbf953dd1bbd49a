//! Why a pickle is not read.

use crate::Vocabulary;

/// Why the restricted pickle machine stopped.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PickleError {
    /// The bytes end inside an instruction or before the end mark.
    #[error("the pickle ends too early, in an instruction at byte {at}")]
    Truncated {
        /// Byte of the file or entry.
        at: usize,
    },
    /// A class or function outside the closed list.
    #[error("pickle calls `{name}`, which is not allowed: {vocabulary}")]
    Forbidden {
        /// Module and function, e.g. `os.system`.
        name: String,
        /// The list.
        vocabulary: Vocabulary,
    },
    /// A tensor that is more than elements with a shape.
    #[error("the pickle holds {kind} (`{name}`), which is not read; {remedy}")]
    OtherTensor {
        /// Module and function that rebuilds it.
        name: String,
        /// Kind of tensor.
        kind: &'static str,
        /// How to save it otherwise.
        remedy: &'static str,
    },
    /// An instruction that files of values do not have.
    #[error("unknown pickle instruction 0x{opcode:02x} at byte {at}")]
    UnknownInstruction {
        /// The instruction's byte.
        opcode: u8,
        /// Byte of the file or entry.
        at: usize,
    },
    /// Instructions that do not fit together.
    #[error("malformed pickle at byte {at}: {what}")]
    Malformed {
        /// Byte of the file or entry.
        at: usize,
        /// What does not fit.
        what: &'static str,
    },
    /// More open containers than any real file has.
    #[error("the pickle nests deeper than {limit} levels at byte {at}")]
    TooDeep {
        /// Byte of the file or entry.
        at: usize,
        /// Levels allowed.
        limit: usize,
    },
    /// More values than the length of the pickle allows.
    #[error("the pickle builds more than {limit} values at byte {at}")]
    TooLarge {
        /// Byte of the file or entry.
        at: usize,
        /// Values allowed.
        limit: usize,
    },
}
