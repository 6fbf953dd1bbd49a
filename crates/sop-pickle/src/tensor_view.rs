//! A tensor as a view of a storage: offset, shape and strides, checked once.

use std::sync::Arc;

use crate::DType;
use crate::storage::Storage;

/// Where a tensor's elements lie. Made only when all of them lie within the storage.
#[derive(Debug, Clone)]
pub struct TensorView {
    /// The memory.
    pub storage: Arc<Storage>,
    /// Type of the elements.
    pub dtype: DType,
    /// Sizes of the axes.
    pub shape: Vec<usize>,
    /// Number of elements.
    pub count: usize,
    /// Distance between neighbours along each axis, in elements.
    stride: Vec<usize>,
    /// First element, counted from the start of the view.
    offset: usize,
    /// Whether the values are the stored ones with the other sign.
    negated: bool,
    /// What the file says of the tensor and is not understood, in words.
    flaw: Option<Box<str>>,
}

impl TensorView {
    /// Axes that a tensor may have; PyTorch's own limit is 64.
    pub const MAX_RANK: usize = 64;

    /// Checks that every element lies within the storage, without overflow.
    ///
    /// # Errors
    /// What does not fit, in words.
    pub fn new(
        storage: Arc<Storage>,
        dtype: DType,
        offset: usize,
        shape: Vec<usize>,
        stride: Vec<usize>,
    ) -> Result<Self, &'static str> {
        const OUTSIDE: &str = "a tensor reaches beyond its storage";
        if shape.len() != stride.len() {
            return Err("a tensor's shape and strides have different lengths");
        }
        if shape.len() > Self::MAX_RANK {
            return Err("a tensor has more than 64 axes");
        }
        let count = shape.iter().try_fold(1_usize, |count, &size| count.checked_mul(size));
        // With an axis of size 0 nothing is read, whatever the others say.
        let count = if shape.contains(&0) { 0 } else { count.ok_or("a tensor's shape overflows")? };
        if count > 0
            && let (Some(bytes), Some(size)) = (storage.view_bytes, dtype.size())
        {
            let last = shape.iter().zip(&stride).try_fold(offset, |last, (&size, &stride)| {
                stride.checked_mul(size.saturating_sub(1)).and_then(|reach| last.checked_add(reach))
            });
            if last.is_none_or(|last| last >= bytes / size) {
                return Err(OUTSIDE);
            }
        }
        Ok(Self { storage, dtype, shape, count, stride, offset, negated: false, flaw: None })
    }

    /// Gives the values the other sign, as PyTorch's negative bit does.
    pub(super) fn negate(&mut self) {
        self.negated = true;
    }

    /// Notes what is not understood; the first note stays.
    pub(super) fn add_flaw(&mut self, flaw: Option<String>) {
        if self.flaw.is_none() {
            self.flaw = flaw.map(Into::into);
        }
    }

    /// Why [`values`](Self::values) cannot tell what PyTorch would load, in words that follow the tensor's name; `None`
    /// where they can.
    #[must_use]
    pub fn why_unreadable(&self) -> Option<String> {
        if let Some(flaw) = &self.flaw {
            return Some(flaw.to_string());
        }
        (!self.dtype.is_float()).then(|| format!("has elements of type {}", self.dtype))
    }

    /// The elements, row-major, out of the storage's bytes; `None` where they cannot be told
    /// ([`why_unreadable`](Self::why_unreadable)) or bytes are missing.
    #[must_use]
    pub fn values(&self, storage: &[u8]) -> Option<Vec<f32>> {
        if self.flaw.is_some() {
            return None;
        }
        let mut values = self.stored(storage)?;
        if self.negated {
            values.iter_mut().for_each(|value| *value = -*value);
        }
        Some(values)
    }

    /// The elements as they are stored, row-major.
    fn stored(&self, storage: &[u8]) -> Option<Vec<f32>> {
        let size = self.dtype.size().filter(|_| self.dtype.is_float())?;
        if self.count == 0 {
            return Some(Vec::new());
        }
        let view = storage.get(self.storage.view_start..)?;
        if self.is_contiguous() {
            let start = self.offset.checked_mul(size)?;
            let bytes = view.get(start..start.checked_add(self.count.checked_mul(size)?)?)?;
            return bytes.chunks_exact(size).map(|element| self.dtype.decode(element)).collect();
        }
        let mut values = Vec::with_capacity(self.count);
        let mut index = vec![0_usize; self.shape.len()];
        let mut at = self.offset;
        loop {
            let start = at.checked_mul(size)?;
            values.push(self.dtype.decode(view.get(start..start.checked_add(size)?)?)?);
            // The last axis runs fastest; an axis that is through goes back to its start.
            let mut axis = self.shape.len();
            loop {
                if axis == 0 {
                    return Some(values);
                }
                axis -= 1;
                let (position, &length, &stride) =
                    (index.get_mut(axis)?, self.shape.get(axis)?, self.stride.get(axis)?);
                *position += 1;
                if *position < length {
                    at = at.checked_add(stride)?;
                    break;
                }
                *position = 0;
                at = at.checked_sub(stride.checked_mul(length - 1)?)?;
            }
        }
    }

    fn is_contiguous(&self) -> bool {
        let mut expected = 1_usize;
        self.shape.iter().zip(&self.stride).rev().all(|(&size, &stride)| {
            let fits = size == 1 || stride == expected;
            expected = expected.saturating_mul(size);
            fits
        })
    }
}
