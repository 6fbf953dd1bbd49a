//! Scaling of rows to unit length.

use ndarray::{Array2, ArrayView2, Axis};
use rayon::prelude::*;

/// Norms below this one are taken as this one, as `torch.nn.functional.normalize` does.
const SMALLEST_NORM: f64 = 1e-12;
/// Rows that a thread takes at once.
const ROWS_AT_ONCE: usize = 256;

/// Divides each row of `vectors`, `[rows, dim]`, by its Euclidean norm, which is accumulated in f64.
///
/// A zero row stays zero.
#[must_use]
pub fn l2_normalize(vectors: ArrayView2<'_, f32>) -> Array2<f32> {
    // Zeros cost nothing until a thread writes over them.
    let mut normalized = Array2::zeros(vectors.dim());
    let chunks = normalized.axis_chunks_iter_mut(Axis(0), ROWS_AT_ONCE);
    let chunks: Vec<_> = chunks.zip(vectors.axis_chunks_iter(Axis(0), ROWS_AT_ONCE)).collect();
    chunks.into_par_iter().for_each(|(mut chunk, vectors)| {
        for (mut into, row) in chunk.rows_mut().into_iter().zip(vectors.rows()) {
            let square_sum: f64 = row.iter().map(|&value| f64::from(value) * f64::from(value)).sum();
            let norm = square_sum.sqrt().max(SMALLEST_NORM);
            into.zip_mut_with(&row, |into, &value| *into = (f64::from(value) / norm) as f32);
        }
    });
    normalized
}

#[cfg(test)]
mod tests {
    use ndarray::array;

    use super::*;

    #[test]
    fn rows_get_unit_length_and_zero_stays_zero() {
        let vectors = array![[3.0, 4.0], [0.0, 0.0], [-1e-30, 0.0], [3e38, 3e38]];
        let half = std::f32::consts::FRAC_1_SQRT_2;
        let expected = array![[0.6, 0.8], [0.0, 0.0], [-1e-18, 0.0], [half, half]];
        assert_eq!(l2_normalize(vectors.view()), expected);
    }

    #[test]
    fn a_transposed_view_is_normalised_by_its_own_rows() {
        let vectors = array![[3.0, 0.0], [4.0, 2.0]];
        assert_eq!(l2_normalize(vectors.t()), array![[0.6, 0.8], [0.0, 1.0]]);
    }
}
