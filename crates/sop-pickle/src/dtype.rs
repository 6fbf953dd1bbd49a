//! Element types of tensors.

use std::fmt;

use half::{bf16, f16};

use crate::float8;

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
    /// Eight bits, four of them exponent; no infinities.
    F8E4M3,
    /// Eight bits, five of them exponent: the upper half of a half.
    F8E5M2,
    /// Like [`F8E4M3`](Self::F8E4M3), with one zero and half of the values.
    F8E4M3Fnuz,
    /// Like [`F8E5M2`](Self::F8E5M2), with one zero, no infinities and half of the values.
    F8E5M2Fnuz,
    /// Eight bits of exponent: powers of two, which scale blocks of other numbers.
    F8E8M0,
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
    /// Unsigned 16 bits.
    U16,
    /// Unsigned 32 bits.
    U32,
    /// Unsigned 64 bits.
    U64,
    /// One byte, 0 or 1.
    Bool,
    /// Two halves.
    C32,
    /// Two singles.
    C64,
    /// Two doubles.
    C128,
    /// A type that is only listed, such as four-bit floats.
    Other,
}

impl DType {
    /// Bytes of one element; `None` where the type is only listed.
    #[must_use]
    pub const fn size(self) -> Option<usize> {
        Some(match self {
            Self::I8 | Self::U8 | Self::Bool => 1,
            Self::F8E4M3 | Self::F8E5M2 | Self::F8E4M3Fnuz | Self::F8E5M2Fnuz | Self::F8E8M0 => 1,
            Self::F16 | Self::BF16 | Self::I16 | Self::U16 => 2,
            Self::F32 | Self::I32 | Self::U32 | Self::C32 => 4,
            Self::F64 | Self::I64 | Self::U64 | Self::C64 => 8,
            Self::C128 => 16,
            Self::Other => return None,
        })
    }

    /// Whether the values can be read as `f32`. Scales of blocks ([`F8E8M0`](Self::F8E8M0)) are no values by themselves.
    #[must_use]
    pub const fn is_float(self) -> bool {
        matches!(self, Self::F32 | Self::F64 | Self::F16 | Self::BF16)
            || matches!(self, Self::F8E4M3 | Self::F8E5M2 | Self::F8E4M3Fnuz | Self::F8E5M2Fnuz)
    }

    /// Whether the values are whole numbers or truth values, as counters and tables of indices are.
    #[must_use]
    pub const fn is_integer(self) -> bool {
        matches!(self, Self::I8 | Self::I16 | Self::I32 | Self::I64 | Self::Bool)
            || matches!(self, Self::U8 | Self::U16 | Self::U32 | Self::U64)
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
            "uint16" => Self::U16,
            "uint32" => Self::U32,
            "uint64" => Self::U64,
            "complex32" | "chalf" => Self::C32,
            "float8_e4m3fn" => Self::F8E4M3,
            "float8_e5m2" => Self::F8E5M2,
            "float8_e4m3fnuz" => Self::F8E4M3Fnuz,
            "float8_e5m2fnuz" => Self::F8E5M2Fnuz,
            "float8_e8m0fnu" => Self::F8E8M0,
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
            Self::F8E4M3 => float8::e4m3(*element.first()?),
            Self::F8E5M2 => float8::e5m2(*element.first()?),
            Self::F8E4M3Fnuz => float8::e4m3_fnuz(*element.first()?),
            Self::F8E5M2Fnuz => float8::e5m2_fnuz(*element.first()?),
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
            Self::F8E4M3 => "float8_e4m3fn",
            Self::F8E5M2 => "float8_e5m2",
            Self::F8E4M3Fnuz => "float8_e4m3fnuz",
            Self::F8E5M2Fnuz => "float8_e5m2fnuz",
            Self::F8E8M0 => "float8_e8m0fnu",
            Self::I8 => "int8",
            Self::U8 => "uint8",
            Self::I16 => "int16",
            Self::I32 => "int32",
            Self::I64 => "int64",
            Self::U16 => "uint16",
            Self::U32 => "uint32",
            Self::U64 => "uint64",
            Self::Bool => "bool",
            Self::C32 => "complex32",
            Self::C64 => "complex64",
            Self::C128 => "complex128",
            Self::Other => "another type",
        })
    }
}
