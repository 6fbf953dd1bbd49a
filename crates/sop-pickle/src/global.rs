//! Every class and function that a pickle may name; a [`Vocabulary`](crate::Vocabulary) has all of them or fewer.

use crate::DType;

/// A class or function that the machine knows how to imitate. None of them runs code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Global {
    /// `dict`, `OrderedDict`, `Counter`: called with nothing, a dict, or a list of pairs.
    Dict,
    /// `collections.defaultdict`: called with a factory that is left aside.
    DefaultDict,
    /// `list`.
    List,
    /// `tuple`.
    Tuple,
    /// `set`, `frozenset`.
    Set,
    /// `complex`.
    Complex,
    /// `bytearray`.
    ByteArray,
    /// `int`, `float`, `str`, `bool`, `object`: as factories, bases and argument types.
    Scalar,
    /// `argparse.Namespace`.
    Namespace,
    /// `pathlib` paths, from their parts.
    Path,
    /// `_codecs.encode`: bytes in protocol 2.
    CodecsEncode,
    /// `copyreg._reconstructor`: objects in protocols 0 and 1.
    CopyregReconstructor,
    /// `torch._utils._rebuild_tensor` and its second version.
    RebuildTensor,
    /// `torch._utils._rebuild_tensor_v3`, with an element type.
    RebuildTensorV3,
    /// `torch._utils._rebuild_parameter`.
    RebuildParameter,
    /// `torch._tensor._rebuild_from_type_v2`: a rebuild function and its arguments in one.
    RebuildFromType,
    /// `torch.Tensor` and `torch.nn.Parameter`, as types only.
    TensorType,
    /// A typed storage, or bytes without a type.
    Storage(Option<DType>),
    /// `torch.Size`.
    Size,
    /// `torch.device`.
    Device,
    /// A `torch.dtype`.
    DType(DType),
    /// `numpy.core.multiarray.scalar`.
    NumpyScalar,
    /// `numpy.core.multiarray._reconstruct`.
    NumpyReconstruct,
    /// `numpy.ndarray`.
    NumpyArray,
    /// `numpy.core.numeric._frombuffer`: an array of protocol 5.
    NumpyFromBuffer,
    /// `numpy.dtype`.
    NumpyDtype,
}

impl Global {
    /// What `module.name` stands for, if it is on the list.
    pub(super) fn resolve(module: &str, name: &str) -> Option<Self> {
        match module {
            "collections" => match name {
                "OrderedDict" | "Counter" => Some(Self::Dict),
                "defaultdict" => Some(Self::DefaultDict),
                _ => None,
            },
            "builtins" | "__builtin__" => Self::builtin(name),
            "argparse" if name == "Namespace" => Some(Self::Namespace),
            "pathlib" | "pathlib._local" => match name {
                "PosixPath" | "PurePosixPath" | "WindowsPath" | "PureWindowsPath" | "Path" | "PurePath" => {
                    Some(Self::Path)
                }
                _ => None,
            },
            "_codecs" if name == "encode" => Some(Self::CodecsEncode),
            "copyreg" | "copy_reg" if name == "_reconstructor" => Some(Self::CopyregReconstructor),
            "torch" => Self::torch(name),
            "torch.cuda" => Self::storage(name),
            "torch.storage" => match name {
                "UntypedStorage" | "_UntypedStorage" => Some(Self::Storage(None)),
                _ => None,
            },
            "torch._utils" => match name {
                "_rebuild_tensor" | "_rebuild_tensor_v2" => Some(Self::RebuildTensor),
                "_rebuild_tensor_v3" => Some(Self::RebuildTensorV3),
                "_rebuild_parameter" | "_rebuild_parameter_with_state" => Some(Self::RebuildParameter),
                _ => None,
            },
            "torch._tensor" if name == "_rebuild_from_type_v2" => Some(Self::RebuildFromType),
            "torch.nn.parameter" => match name {
                "Parameter" | "Buffer" => Some(Self::TensorType),
                _ => None,
            },
            "numpy" => match name {
                "dtype" => Some(Self::NumpyDtype),
                "ndarray" => Some(Self::NumpyArray),
                _ => None,
            },
            "numpy.core.multiarray" | "numpy._core.multiarray" => match name {
                "scalar" => Some(Self::NumpyScalar),
                "_reconstruct" => Some(Self::NumpyReconstruct),
                _ => None,
            },
            "numpy.core.numeric" | "numpy._core.numeric" if name == "_frombuffer" => Some(Self::NumpyFromBuffer),
            _ => None,
        }
    }

    fn builtin(name: &str) -> Option<Self> {
        Some(match name {
            "dict" => Self::Dict,
            "list" => Self::List,
            "tuple" => Self::Tuple,
            "set" | "frozenset" => Self::Set,
            "complex" => Self::Complex,
            "bytearray" => Self::ByteArray,
            "int" | "long" | "float" | "str" | "bool" | "object" => Self::Scalar,
            _ => return None,
        })
    }

    fn torch(name: &str) -> Option<Self> {
        match name {
            "Size" => Some(Self::Size),
            "device" => Some(Self::Device),
            "Tensor" => Some(Self::TensorType),
            _ => Self::storage(name).or_else(|| DType::of_torch(name).map(Self::DType)),
        }
    }

    fn storage(name: &str) -> Option<Self> {
        let kind = name.strip_suffix("Storage")?;
        Some(Self::Storage(match kind {
            "Untyped" => None,
            "Double" => Some(DType::F64),
            "Float" => Some(DType::F32),
            "Half" => Some(DType::F16),
            "BFloat16" => Some(DType::BF16),
            "Long" => Some(DType::I64),
            "Int" => Some(DType::I32),
            "Short" => Some(DType::I16),
            "Char" => Some(DType::I8),
            "Byte" => Some(DType::U8),
            "Bool" => Some(DType::Bool),
            "ComplexFloat" => Some(DType::C64),
            "ComplexDouble" => Some(DType::C128),
            _ => return None,
        }))
    }
}
