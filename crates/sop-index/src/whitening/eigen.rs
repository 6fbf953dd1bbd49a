//! Eigenvalues of a symmetric matrix.

use nalgebra::{DMatrix, SymmetricEigen};
use ndarray::{Array2, ArrayView2};

/// Steps for each eigenvalue before the search is given up; the usual number is below three.
const MOST_STEPS: usize = 100;

/// The eigenvalues of a symmetric matrix `[dim, dim]`, descending, with their eigenvectors as rows `[dim, dim]`.
///
/// The signs of eigenvectors are arbitrary. `None` where the search does not end, as for numbers that are not finite.
pub(super) fn symmetric_eigen(matrix: ArrayView2<'_, f64>) -> Option<(Vec<f64>, Array2<f64>)> {
    let dim = matrix.nrows();
    let copied = DMatrix::from_fn(dim, dim, |row, column| matrix[[row, column]]);
    let eigen = SymmetricEigen::try_new(copied, f64::EPSILON, dim.saturating_mul(MOST_STEPS))?;
    if !eigen.eigenvalues.iter().all(|value| value.is_finite()) {
        return None;
    }
    let mut order: Vec<usize> = (0..dim).collect();
    order.sort_by(|&left, &right| eigen.eigenvalues[right].total_cmp(&eigen.eigenvalues[left]).then(left.cmp(&right)));
    let values = order.iter().map(|&place| eigen.eigenvalues[place]).collect();
    let vectors = Array2::from_shape_fn((dim, dim), |(row, column)| eigen.eigenvectors[(column, order[row])]);
    Some((values, vectors))
}

#[cfg(test)]
mod tests {
    use ndarray::array;

    use super::*;

    #[test]
    fn vectors_are_orthogonal_and_give_the_matrix_back() {
        let dim = 40;
        let root = Array2::from_shape_fn((dim, dim), |(i, j)| ((i * 37 + j * 11) % 19) as f64 / 9.0 - 1.0);
        let matrix = root.dot(&root.t());
        let (values, vectors) = symmetric_eigen(matrix.view()).unwrap();
        assert!(values.is_sorted_by(|left, right| left >= right));
        let scaled = &vectors * &ndarray::Array1::from(values).insert_axis(ndarray::Axis(1));
        let close = |found: &Array2<f64>, wanted: &Array2<f64>| {
            found.iter().zip(wanted).all(|(found, wanted)| (found - wanted).abs() < 1e-9)
        };
        assert!(close(&vectors.t().dot(&scaled), &matrix));
        assert!(close(&vectors.dot(&vectors.t()), &Array2::eye(dim)));
    }

    #[test]
    fn numbers_that_are_not_finite_have_no_eigenvalues() {
        assert!(symmetric_eigen(array![[f64::NAN, 0.0], [0.0, 1.0]].view()).is_none());
        assert!(symmetric_eigen(array![[f64::INFINITY, 0.0], [0.0, 1.0]].view()).is_none());
    }
}
