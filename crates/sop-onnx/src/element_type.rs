//! Element types of tensors, as `TensorProto.DataType` numbers them.

/// Type of a tensor's elements, as the file's number; files of later versions may have numbers without a name here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ElementCode(pub i32);

impl ElementCode {
    /// Not said.
    pub const UNDEFINED: Self = Self(0);
    /// 32-bit float.
    pub const FLOAT: Self = Self(1);
    /// 64-bit signed integer.
    pub const INT64: Self = Self(7);

    /// The name, e.g. `float32`, or `unknown`.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.name_and_bits().0
    }

    /// Bits of an element in a file, where its size is fixed and known.
    #[must_use]
    pub fn bits(self) -> Option<u64> {
        self.name_and_bits().1
    }

    fn name_and_bits(self) -> (&'static str, Option<u64>) {
        match self.0 {
            0 => ("undefined", None),
            1 => ("float32", Some(32)),
            2 => ("uint8", Some(8)),
            3 => ("int8", Some(8)),
            4 => ("uint16", Some(16)),
            5 => ("int16", Some(16)),
            6 => ("int32", Some(32)),
            7 => ("int64", Some(64)),
            8 => ("string", None),
            9 => ("bool", Some(8)),
            10 => ("float16", Some(16)),
            11 => ("float64", Some(64)),
            12 => ("uint32", Some(32)),
            13 => ("uint64", Some(64)),
            14 => ("complex64", Some(64)),
            15 => ("complex128", Some(128)),
            16 => ("bfloat16", Some(16)),
            17 => ("float8e4m3fn", Some(8)),
            18 => ("float8e4m3fnuz", Some(8)),
            19 => ("float8e5m2", Some(8)),
            20 => ("float8e5m2fnuz", Some(8)),
            21 => ("uint4", Some(4)),
            22 => ("int4", Some(4)),
            _ => ("unknown", None),
        }
    }
}
