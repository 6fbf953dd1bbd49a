//! PCA whitening of descriptors.
//!
//! `PCA` in `utils.py` of facebookresearch/dino, as its `eval_copy_detection.py` uses it: Jégou and Chum, "Negative
//! evidences and co-occurences in image retrieval" (ECCV 2012).

mod eigen;
mod error;
mod fit;

pub use error::WhiteningError;
pub use fit::{Covariance, Spectrum, WhiteningParams};
use ndarray::{Array1, Array2, ArrayView1, ArrayView2, Axis, Zip, s};
use rayon::prelude::*;
use sop_numeric::{Put, multiply_alone};

/// Rows that are whitened by one product. Every product has as many, filled up with zeros where rows are fewer, so that a row has the same
/// bits whatever it is whitened with: a query alone gives what it would give among others.
const ROWS_AT_ONCE: usize = 32;

/// A fitted whitening: `projection · (descriptor - mean)`.
#[derive(Clone, Debug, PartialEq)]
pub struct Whitening {
    mean: Array1<f64>,
    projection: Array2<f64>,
}

impl Whitening {
    /// A whitening from the arrays of another one: `mean`, `[dim]`, and `projection`, `[kept, dim]`.
    ///
    /// # Errors
    /// When they are empty, not finite, or of different `dim`.
    pub fn from_arrays(mean: Array1<f64>, projection: Array2<f64>) -> Result<Self, WhiteningError> {
        if projection.is_empty() {
            return Err(WhiteningError::Empty { what: "components of the whitening" });
        }
        if mean.len() != projection.ncols() {
            return Err(WhiteningError::Dim { expected: projection.ncols(), found: mean.len() });
        }
        if let Some(&value) = mean.iter().find(|value| !value.is_finite()) {
            return Err(WhiteningError::NotFinite { what: "mean of the whitening", row: 0, value });
        }
        if let Some(((row, _), &value)) = projection.indexed_iter().find(|(_, value)| !value.is_finite()) {
            return Err(WhiteningError::NotFinite { what: "projection of the whitening", row, value });
        }
        Ok(Self { mean, projection })
    }

    /// The mean that is subtracted, `[dim]`.
    #[must_use]
    pub fn mean(&self) -> ArrayView1<'_, f64> {
        self.mean.view()
    }

    /// The scaled eigenvectors, `[kept, dim]`, that of the largest eigenvalue first.
    #[must_use]
    pub fn projection(&self) -> ArrayView2<'_, f64> {
        self.projection.view()
    }

    /// Whitens descriptors `[rows, dim]` to `[rows, kept]`; their length is not normalised. A row gives the same bits alone and among
    /// others.
    ///
    /// # Errors
    /// When they are empty, not finite or of another `dim`.
    pub fn apply(&self, rows: ArrayView2<'_, f32>) -> Result<Array2<f32>, WhiteningError> {
        check_rows("descriptors", rows)?;
        let (kept, dim) = self.projection.dim();
        if rows.ncols() != dim {
            return Err(WhiteningError::Dim { expected: dim, found: rows.ncols() });
        }
        let mut whitened = Array2::zeros((rows.nrows(), kept));
        let blocks: Vec<_> = whitened.axis_chunks_iter_mut(Axis(0), ROWS_AT_ONCE).collect();
        blocks.into_par_iter().enumerate().for_each(|(block, mut into)| {
            let first = block * ROWS_AT_ONCE;
            let last = first + into.nrows();
            let mut centred = Array2::zeros((ROWS_AT_ONCE, dim));
            for (mut to, from) in centred.rows_mut().into_iter().zip(rows.slice(s![first..last, ..]).rows()) {
                Zip::from(&mut to).and(from).and(&self.mean).for_each(|to, &from, &mean| *to = f64::from(from) - mean);
            }
            let mut out = Array2::zeros((ROWS_AT_ONCE, kept));
            multiply_alone(centred.view(), self.projection.t(), out.view_mut(), Put::Set);
            into.zip_mut_with(&out.slice(s![..last - first, ..]), |into, &value| *into = value as f32);
        });
        Ok(whitened)
    }
}

/// Refuses descriptors that are not there or not finite.
fn check_rows(what: &'static str, rows: ArrayView2<'_, f32>) -> Result<(), WhiteningError> {
    if rows.is_empty() {
        return Err(WhiteningError::Empty { what });
    }
    match rows.indexed_iter().find(|(_, value)| !value.is_finite()) {
        Some(((row, _), &value)) => Err(WhiteningError::NotFinite { what, row, value: value.into() }),
        None => Ok(()),
    }
}
