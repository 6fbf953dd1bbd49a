//! Products of matrices, at the speed of the machine.

use gemm::Parallelism;
use ndarray::{ArrayView2, ArrayViewMut2};

/// Numbers that matrices are made of: f32 and f64.
pub trait MatrixNumber: Copy + Send + Sync + sealed::Number + 'static {}

impl MatrixNumber for f32 {}
impl MatrixNumber for f64 {}

/// Private, so that no other type can be a [`MatrixNumber`].
mod sealed {
    pub trait Number {
        const ONE: Self;
    }
    impl Number for f32 {
        const ONE: Self = 1.0;
    }
    impl Number for f64 {
        const ONE: Self = 1.0;
    }
}

/// Whether a product is added to what is there, or takes its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Put {
    /// `out = left · right`.
    Set,
    /// `out = out + left · right`.
    Add,
}

/// As [`multiply`], on the calling thread alone: for callers that work on several products side by side.
///
/// # Panics
/// Where the shapes do not fit.
pub fn multiply_alone<T: MatrixNumber>(
    left: ArrayView2<'_, T>,
    right: ArrayView2<'_, T>,
    out: ArrayViewMut2<'_, T>,
    put: Put,
) {
    product(left, right, out, put, Parallelism::None);
}

/// Multiplies `left`, `[rows, inner]`, with `right`, `[inner, columns]`, into `out`, `[rows, columns]`, in any layout, on all threads
/// of the pool it is called in.
///
/// # Panics
/// Where the shapes do not fit.
pub fn multiply<T: MatrixNumber>(
    left: ArrayView2<'_, T>,
    right: ArrayView2<'_, T>,
    out: ArrayViewMut2<'_, T>,
    put: Put,
) {
    product(left, right, out, put, Parallelism::Rayon(0));
}

#[expect(unsafe_code, reason = "`gemm` takes pointers; the views they stand for are checked here")]
fn product<T: MatrixNumber>(
    left: ArrayView2<'_, T>,
    right: ArrayView2<'_, T>,
    mut out: ArrayViewMut2<'_, T>,
    put: Put,
    parallelism: Parallelism,
) {
    let ((rows, inner), columns) = (left.dim(), right.ncols());
    assert!(right.nrows() == inner && out.dim() == (rows, columns), "shapes of a product");
    let strides = |strides: &[isize]| (strides[1], strides[0]);
    let (out_columns, out_rows) = strides(out.strides());
    let (left_columns, left_rows) = strides(left.strides());
    let (right_columns, right_rows) = strides(right.strides());
    // SAFETY: pointers, shapes and strides are those of views, which are valid for their lifetimes; `out` is borrowed mutably and
    // aliases neither of the others; the shapes fit, as was just checked; `gemm` knows f32 and f64, the only `MatrixNumber`s.
    unsafe {
        gemm::gemm(
            rows,
            columns,
            inner,
            out.as_mut_ptr(),
            out_columns,
            out_rows,
            put == Put::Add,
            left.as_ptr(),
            left_columns,
            left_rows,
            right.as_ptr(),
            right_columns,
            right_rows,
            T::ONE,
            T::ONE,
            false,
            false,
            false,
            parallelism,
        );
    }
}

#[cfg(test)]
mod tests {
    use ndarray::{Array2, array};

    use super::*;

    #[test]
    fn transposed_views_are_set_and_added() {
        let left = array![[1.0_f32, 2.0, 3.0], [4.0, 5.0, 6.0]];
        let right = array![[1.0_f32, 0.0], [0.0, 1.0], [1.0, 1.0]];
        let mut out = array![[9.0_f32, 9.0], [9.0, 9.0]];
        multiply(left.view(), right.view(), out.view_mut(), Put::Set);
        assert_eq!(out, array![[4.0, 5.0], [10.0, 11.0]]);
        multiply(right.t(), left.t(), out.view_mut(), Put::Add);
        assert_eq!(out, array![[8.0, 15.0], [15.0, 22.0]]);
    }

    #[test]
    fn sizes_around_blocks_agree_with_sums_and_with_any_number_of_threads() {
        for (rows, inner, columns) in [(1, 1, 1), (7, 13, 5), (65, 384, 33), (200, 0, 3), (130, 257, 260)] {
            let value = |salt: usize| move |(i, j): (usize, usize)| ((i * 31 + j * 17 + salt) % 23) as f64 - 11.0;
            let (left, right) =
                (Array2::from_shape_fn((rows, inner), value(1)), Array2::from_shape_fn((inner, columns), value(2)));
            let on = |threads: usize| {
                let mut out = Array2::<f64>::ones((rows, columns));
                let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
                pool.install(|| multiply(left.view(), right.view(), out.view_mut(), Put::Set));
                out
            };
            let found = on(1);
            assert_eq!(found, on(3));
            for ((row, column), &value) in found.indexed_iter() {
                let wanted: f64 = (0..inner).map(|k| left[[row, k]] * right[[k, column]]).sum();
                assert!((value - wanted).abs() < 1e-9, "{rows} {inner} {columns}");
            }
        }
    }
}
