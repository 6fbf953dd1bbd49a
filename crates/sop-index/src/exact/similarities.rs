//! The similarities of one query and every row.

use ndarray::ArrayView1;

use crate::exact::similarity::unrounded;
use crate::exact::vectors::Rows;
use crate::{SearchError, Vectors};
use sop_numeric::simd::{Loops, vectorized};

/// The inner product of `query`, `[dim]`, with each row of `rows`, `[rows, dim]`, in f64.
///
/// They are those of [`top_k`](crate::top_k) before it rounds them to f32, which makes ties of what is nearly one: for
/// rankings of all rows. Runs on one thread.
///
/// # Errors
/// When the sides have different `dim`.
pub fn similarities(query: ArrayView1<'_, f32>, rows: &Vectors<'_>) -> Result<Vec<f64>, SearchError> {
    if query.len() != rows.dim().1 {
        return Err(SearchError::DimMismatch { queries: query.len(), gallery: rows.dim().1 });
    }
    let query: Vec<f64> = query.iter().map(|&component| f64::from(component)).collect();
    Ok(vectorized(All { query: &query, rows: rows.rows() }))
}

struct All<'a> {
    query: &'a [f64],
    rows: Rows<'a>,
}

impl Loops for All<'_> {
    type Output = Vec<f64>;

    #[inline(always)]
    fn run<const FUSED: bool>(self) -> Vec<f64> {
        let mut copy = vec![0.0; self.rows.dim()];
        let mut similarities = Vec::with_capacity(self.rows.len());
        for index in 0..self.rows.len() {
            similarities.push(unrounded::<FUSED>(self.query, self.rows.get(index, &mut copy)));
        }
        similarities
    }
}

#[cfg(test)]
mod tests {
    use half::f16;
    use ndarray::{Array2, array};

    use super::*;
    use crate::{SearchOptions, top_k};

    #[test]
    fn rounded_they_are_those_of_a_search() {
        let rows = Array2::from_shape_fn((40, 37), |(row, column)| ((row * 31 + column * 17) % 101) as f32 / 7.0 - 6.0);
        let query = rows.row(3);
        let found = similarities(query, &rows.view().into()).unwrap();
        let nearest = top_k(query.insert_axis(ndarray::Axis(0)), rows.view(), 40, &SearchOptions::default()).unwrap();
        for (&row, &similarity) in nearest.indices.iter().zip(&nearest.similarities) {
            assert_eq!(found[row as usize] as f32, similarity);
        }
        let halves = rows.mapv(f16::from_f32);
        let widened = halves.mapv(f16::to_f32);
        let of_halves = similarities(query, &halves.view().into()).unwrap();
        assert_eq!(of_halves, similarities(query, &widened.view().into()).unwrap());
    }

    #[test]
    fn differences_below_f32_are_kept() {
        let found = similarities(array![1.0, 1e-5].view(), &array![[1.0, 0.0], [1.0, 1e-5]].into()).unwrap();
        assert!(found[1] > found[0] && found[1] as f32 == found[0] as f32, "{found:?}");
    }

    #[test]
    fn other_lengths_are_refused() {
        let error = similarities(array![1.0].view(), &array![[1.0, 0.0]].into()).unwrap_err();
        assert_eq!(error, SearchError::DimMismatch { queries: 1, gallery: 2 });
    }
}
