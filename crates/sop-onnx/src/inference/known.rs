//! What is known of one value before the model runs.

use crate::proto::TensorProto;
use crate::weights::is_external;

/// Sizes of the axes, `None` where one is unknown.
pub(crate) type Shape = Vec<Option<u64>>;

/// Most axes of a value that is followed: far above any real one, so that a hostile file costs little.
const MAX_RANK: usize = 16;

/// Most integers of a value that are followed: those of shapes, axes and paddings.
const MAX_INTS: usize = 64;

/// A value's shape, and its content where it is a few integers without axes or along one.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Known {
    pub(crate) shape: Option<Shape>,
    pub(crate) ints: Option<Vec<Option<i64>>>,
}

impl Known {
    pub(crate) fn of_shape(shape: Shape) -> Self {
        Self { shape: Some(shape), ints: None }
    }

    /// Integers along one axis.
    pub(crate) fn list(ints: Vec<Option<i64>>) -> Self {
        Self { shape: Some(vec![Some(ints.len() as u64)]), ints: Some(ints) }
    }

    /// An integer without axes.
    pub(crate) fn scalar(int: Option<i64>) -> Self {
        Self { shape: Some(Vec::new()), ints: Some(vec![int]) }
    }

    pub(crate) fn of_tensor(tensor: &TensorProto) -> Self {
        let shape: Shape = tensor.dims.iter().map(|&dim| u64::try_from(dim).ok()).collect();
        let count = product(&shape).and_then(|count| usize::try_from(count).ok());
        let ints = match count {
            Some(count) if count <= MAX_INTS && shape.len() <= 1 && !is_external(tensor) => integers(tensor, count),
            _ => None,
        };
        Self { shape: Some(shape), ints }.bounded()
    }

    pub(crate) fn rank(&self) -> Option<usize> {
        self.shape.as_ref().map(Vec::len)
    }

    /// All integers, where every one is known.
    pub(crate) fn all_ints(&self) -> Option<Vec<i64>> {
        self.ints.as_ref()?.iter().copied().collect()
    }

    /// The only integer.
    pub(crate) fn only_int(&self) -> Option<i64> {
        match self.ints.as_deref() {
            Some(&[int]) => int,
            _ => None,
        }
    }

    /// Drops what is larger than anything a real model needs.
    pub(crate) fn bounded(self) -> Self {
        let shape = self.shape.filter(|shape| shape.len() <= MAX_RANK);
        let ints = self.ints.filter(|ints| ints.len() <= MAX_INTS && shape.as_ref().is_some_and(|s| s.len() <= 1));
        Self { shape, ints }
    }
}

/// Number of elements, where every size is known and the product can be held.
pub(crate) fn product(shape: &[Option<u64>]) -> Option<u64> {
    shape.iter().try_fold(1_u64, |product, size| product.checked_mul((*size)?))
}

/// The place of an axis that may count from the end.
pub(crate) fn place(axis: i64, rank: usize) -> Option<usize> {
    let axis = if axis < 0 { axis.checked_add(i64::try_from(rank).ok()?)? } else { axis };
    usize::try_from(axis).ok().filter(|&axis| axis < rank)
}

/// The integers that a small tensor stores, where they are `count`.
fn integers(tensor: &TensorProto, count: usize) -> Option<Vec<Option<i64>>> {
    // int32, int64 and bool, as `TensorProto.DataType` numbers them.
    let values: Vec<i64> = match tensor.data_type {
        7 if tensor.raw_data.is_empty() => tensor.int64_data.clone(),
        7 => tensor.raw_data.as_chunks().0.iter().map(|bytes| i64::from_le_bytes(*bytes)).collect(),
        6 | 9 if tensor.raw_data.is_empty() => tensor.int32_data.iter().map(|&int| i64::from(int)).collect(),
        6 => tensor.raw_data.as_chunks().0.iter().map(|bytes| i64::from(i32::from_le_bytes(*bytes))).collect(),
        9 => tensor.raw_data.iter().map(|&byte| i64::from(byte)).collect(),
        _ => return None,
    };
    (values.len() == count).then(|| values.into_iter().map(Some).collect())
}
