//! Generalised-mean pooling.

use ndarray::{Array1, ArrayView3};

use super::PoolError;

/// Components below this are taken as this, as in the references.
pub const GEM_FLOOR: f64 = 1e-6;

/// The generalised mean of each component over a grid of patch tokens, `[rows, columns, dim]` to `[dim]`:
/// `(mean of max(x, 1e-6)^p)^(1/p)`.
///
/// `p` = 1 is the mean, and the larger it is, the nearer is the result to the maximum; 3 is usual, DINO's copy detection
/// takes 4. Radenović et al., "Fine-tuning CNN Image Retrieval with No Human Annotation" (TPAMI 2019), section 3.2.
///
/// # Errors
/// When there are no tokens, one is not finite, or `p` is not a positive number.
pub fn gem(patches: ArrayView3<'_, f32>, p: f64) -> Result<Array1<f32>, PoolError> {
    if !(p.is_finite() && p > 0.0) {
        return Err(PoolError::Param { name: "p", value: p, range: "a positive number" });
    }
    check_patches(patches)?;
    let (rows, columns, dim) = patches.dim();
    let mut largest = Array1::from_elem(dim, GEM_FLOOR);
    for token in patches.rows() {
        largest.zip_mut_with(&token, |largest, &value| *largest = largest.max(f64::from(value)));
    }
    // Relative to the largest component, so that no power overflows.
    let mut sums = Array1::<f64>::zeros(dim);
    for token in patches.rows() {
        for ((sum, &value), &largest) in sums.iter_mut().zip(token).zip(&largest) {
            *sum += (f64::from(value).max(GEM_FLOOR) / largest).powf(p);
        }
    }
    let tokens = (rows * columns) as f64;
    Ok(sums.iter().zip(&largest).map(|(sum, largest)| (largest * (sum / tokens).powf(p.recip())) as f32).collect())
}

/// Refuses a grid without tokens, and tokens that are not finite.
pub(super) fn check_patches(patches: ArrayView3<'_, f32>) -> Result<(), PoolError> {
    if patches.is_empty() {
        return Err(PoolError::Empty);
    }
    match patches.indexed_iter().find(|(_, value)| !value.is_finite()) {
        Some(((row, ..), &value)) => Err(PoolError::NotFinite { row, value }),
        None => Ok(()),
    }
}
