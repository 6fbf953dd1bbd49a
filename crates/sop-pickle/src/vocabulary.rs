//! Which names a pickle may call, by what it is for.

use std::fmt;

use crate::global::Global;

/// A closed list of names, by what a file holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Vocabulary {
    /// Numbers, texts and containers of them, NumPy scalars and arrays among them: lists of names and indices.
    Plain,
    /// The same with tensors, training arguments and paths: what `torch.save` writes.
    Checkpoint,
}

impl Vocabulary {
    /// What `module.name` stands for, if it is on the list.
    pub(crate) fn resolve(self, module: &str, name: &str) -> Option<Global> {
        let global = Global::resolve(module, name)?;
        let plain = match global {
            Global::Dict
            | Global::DefaultDict
            | Global::List
            | Global::Tuple
            | Global::Set
            | Global::Scalar
            | Global::CodecsEncode
            | Global::NumpyScalar
            | Global::NumpyReconstruct
            | Global::NumpyArray
            | Global::NumpyFromBuffer
            | Global::NumpyDtype => true,
            Global::Complex
            | Global::ByteArray
            | Global::Namespace
            | Global::Path
            | Global::CopyregReconstructor
            | Global::RebuildTensor
            | Global::RebuildTensorV3
            | Global::RebuildParameter
            | Global::RebuildFromType
            | Global::TensorType
            | Global::Storage(_)
            | Global::Size
            | Global::Device
            | Global::DType(_) => false,
        };
        (plain || self == Self::Checkpoint).then_some(global)
    }
}

/// What is read, and what to do with a file that holds something else.
impl fmt::Display for Vocabulary {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Plain => {
                "only numbers, text and containers of them are read; save the values again as plain lists and dicts, or \
                 as JSON"
            }
            Self::Checkpoint => {
                "only tensors, numbers, text and containers of them are read; save the weights again as a plain state \
                 dict or as .safetensors"
            }
        })
    }
}
