//! The flat memory behind tensors, as a pickle declares it.

use crate::DType;

/// A storage that a pickle names; its bytes lie elsewhere in the file.
#[derive(Debug, PartialEq, Eq)]
pub struct Storage {
    /// Key of the bytes: the entry `data/<key>`, or the key of the legacy stream.
    pub key: String,
    /// Element type; bytes where the storage is untyped.
    pub dtype: DType,
    /// Declared bytes in all; `None` where the element size is not known.
    pub bytes: Option<usize>,
    /// First byte of a view (legacy files), else 0.
    pub view_start: usize,
    /// Bytes that tensors may use, from `view_start`.
    pub view_bytes: Option<usize>,
}

impl Storage {
    /// Declares `count` elements, of which a legacy view may be (first element, elements).
    ///
    /// # Errors
    /// What does not fit, in words, where a size overflows or the view reaches beyond the elements.
    pub fn new(key: String, dtype: DType, count: usize, view: Option<(usize, usize)>) -> Result<Self, &'static str> {
        const OVERFLOW: &str = "a storage's size overflows";
        let in_bytes = |count: usize| match dtype.size() {
            Some(size) => count.checked_mul(size).map(Some).ok_or(OVERFLOW),
            None => Ok(None),
        };
        let bytes = in_bytes(count)?;
        let (view_start, view_bytes) = match view {
            None => (0, bytes),
            Some((first, length)) => {
                let end = first.checked_add(length).ok_or(OVERFLOW)?;
                if end > count {
                    return Err("a view of a storage reaches beyond it");
                }
                (in_bytes(first)?.unwrap_or_default(), in_bytes(length)?)
            }
        };
        Ok(Self { key, dtype, bytes, view_start, view_bytes })
    }
}
