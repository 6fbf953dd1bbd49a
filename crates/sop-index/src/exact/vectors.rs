//! Gallery vectors as they are stored.

use half::f16;
use half::slice::HalfFloatSliceExt;
use ndarray::{Array2, ArrayView2, CowArray, Ix2};

/// The vectors of a gallery, `[rows, dim]`, borrowed or owned, as f32 or as f16.
///
/// Made from `ndarray`'s arrays and views; a view that is not contiguous in row-major order is copied. Components must
/// be finite. f16 vectors are searched as the f32 they stand for: the result is that of their conversion, in half the
/// memory.
#[derive(Clone, Debug)]
pub struct Vectors<'a>(Storage<'a>);

/// Arrays in standard layout.
#[derive(Clone, Debug)]
enum Storage<'a> {
    F32(CowArray<'a, f32, Ix2>),
    F16(CowArray<'a, f16, Ix2>),
}

impl Vectors<'_> {
    /// Rows and components of a row.
    #[must_use]
    pub fn dim(&self) -> (usize, usize) {
        match &self.0 {
            Storage::F32(values) => values.dim(),
            Storage::F16(values) => values.dim(),
        }
    }

    /// The vectors, `[rows, dim]`, contiguous; `None` where they are f16.
    #[must_use]
    pub fn f32_view(&self) -> Option<ArrayView2<'_, f32>> {
        match &self.0 {
            Storage::F32(values) => Some(values.view()),
            Storage::F16(_) => None,
        }
    }

    /// The rows, to look at.
    pub(crate) fn rows(&self) -> Rows<'_> {
        let (len, dim) = self.dim();
        let values = match &self.0 {
            Storage::F32(values) => Values::F32(values.as_slice().unwrap_or_default()),
            Storage::F16(values) => Values::F16(values.as_slice().unwrap_or_default()),
        };
        Rows { values, len, dim }
    }
}

/// Contiguous rows.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rows<'a> {
    values: Values<'a>,
    len: usize,
    dim: usize,
}

#[derive(Clone, Copy, Debug)]
enum Values<'a> {
    F32(&'a [f32]),
    F16(&'a [f16]),
}

impl<'a> Rows<'a> {
    /// Number of rows.
    pub fn len(self) -> usize {
        self.len
    }

    /// Components of a row.
    pub fn dim(self) -> usize {
        self.dim
    }

    /// A row, where it can be had without a copy.
    #[inline(always)]
    pub fn stored(self, index: usize) -> Option<&'a [f32]> {
        match self.values {
            Values::F32(values) => Some(&values[index * self.dim..(index + 1) * self.dim]),
            Values::F16(_) => None,
        }
    }

    /// A row as it is stored, or a copy in `scratch`, which is as long as the row.
    #[inline(always)]
    pub fn get<'s>(self, index: usize, scratch: &'s mut [f32]) -> &'s [f32]
    where
        'a: 's,
    {
        match self.values {
            Values::F32(values) => &values[index * self.dim..(index + 1) * self.dim],
            Values::F16(values) => {
                values[index * self.dim..(index + 1) * self.dim].convert_to_f32_slice(scratch);
                scratch
            }
        }
    }
}

impl<'a> From<ArrayView2<'a, f32>> for Vectors<'a> {
    fn from(values: ArrayView2<'a, f32>) -> Self {
        Self(Storage::F32(if values.is_standard_layout() { values.into() } else { standard(&values).into() }))
    }
}

impl<'a> From<ArrayView2<'a, f16>> for Vectors<'a> {
    fn from(values: ArrayView2<'a, f16>) -> Self {
        Self(Storage::F16(if values.is_standard_layout() { values.into() } else { standard(&values).into() }))
    }
}

impl From<Array2<f32>> for Vectors<'_> {
    fn from(values: Array2<f32>) -> Self {
        Self(Storage::F32(if values.is_standard_layout() { values } else { standard(&values.view()) }.into()))
    }
}

impl From<Array2<f16>> for Vectors<'_> {
    fn from(values: Array2<f16>) -> Self {
        Self(Storage::F16(if values.is_standard_layout() { values } else { standard(&values.view()) }.into()))
    }
}

fn standard<T: Clone>(values: &ArrayView2<'_, T>) -> Array2<T> {
    values.as_standard_layout().into_owned()
}
