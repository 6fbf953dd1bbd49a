//! Element types of tensors.

use std::fmt;

use half::{bf16, f16};

/// Type of a stored tensor's elements.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum DType {
    /// IEEE single.
    F32,
    /// IEEE double.
    F64,
    /// IEEE half.
    F16,
    /// The upper half of a single.
    BF16,
    /// Signed byte.
    I8,
    /// Unsigned byte.
    U8,
    /// Signed 16 bits.
    I16,
    /// Signed 32 bits.
    I32,
    /// Signed 64 bits.
    I64,
    /// One byte, 0 or 1.
    Bool,
    /// Two singles.
    C64,
    /// Two doubles.
    C128,
    /// A type that is only listed, such as eight-bit floats.
    Other,
}

impl DType {
    /// Bytes of one element; `None` where the type is only listed.
    #[must_use]
    pub const fn size(self) -> Option<usize> {
        Some(match self {
            Self::I8 | Self::U8 | Self::Bool => 1,
            Self::F16 | Self::BF16 | Self::I16 => 2,
            Self::F32 | Self::I32 => 4,
            Self::F64 | Self::I64 | Self::C64 => 8,
            Self::C128 => 16,
            Self::Other => return None,
        })
    }

    /// Whether the values can be read as `f32`.
    #[must_use]
    pub const fn is_float(self) -> bool {
        matches!(self, Self::F32 | Self::F64 | Self::F16 | Self::BF16)
    }

    /// The type of a `torch.dtype`'s name, e.g. `float32`.
    pub(super) fn of_torch(name: &str) -> Option<Self> {
        Some(match name {
            "float32" | "float" => Self::F32,
            "float64" | "double" => Self::F64,
            "float16" | "half" => Self::F16,
            "bfloat16" => Self::BF16,
            "int8" => Self::I8,
            "uint8" => Self::U8,
            "int16" | "short" => Self::I16,
            "int32" | "int" => Self::I32,
            "int64" | "long" => Self::I64,
            "bool" => Self::Bool,
            "complex64" | "cfloat" => Self::C64,
            "complex128" | "cdouble" => Self::C128,
            "uint16" | "uint32" | "uint64" | "complex32" | "float8_e4m3fn" | "float8_e5m2" | "float8_e4m3fnuz"
            | "float8_e5m2fnuz" | "float8_e8m0fnu" => Self::Other,
            _ => return None,
        })
    }

    /// One little-endian element as `f32`; doubles round to the nearest. `None` for other types and lengths.
    pub(super) fn decode(self, element: &[u8]) -> Option<f32> {
        Some(match self {
            Self::F32 => f32::from_le_bytes(element.try_into().ok()?),
            Self::F64 => f64::from_le_bytes(element.try_into().ok()?) as f32,
            Self::F16 => f16::from_le_bytes(element.try_into().ok()?).to_f32(),
            Self::BF16 => bf16::from_le_bytes(element.try_into().ok()?).to_f32(),
            _ => return None,
        })
    }
}

impl fmt::Display for DType {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::F32 => "float32",
            Self::F64 => "float64",
            Self::F16 => "float16",
            Self::BF16 => "bfloat16",
            Self::I8 => "int8",
            Self::U8 => "uint8",
            Self::I16 => "int16",
            Self::I32 => "int32",
            Self::I64 => "int64",
            Self::Bool => "bool",
            Self::C64 => "complex64",
            Self::C128 => "complex128",
            Self::Other => "another type",
        })
    }
}
