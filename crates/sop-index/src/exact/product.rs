//! Candidates by f32 products, where integers tell too little.
//!
//! Whatever the order of the additions, the product of two vectors of `n` components differs from the true one by
//! `g |x| |y|` at most, with `g = n u / (1 - n u)` and `u = 2^-24` (Higham, "Accuracy and Stability of Numerical
//! Algorithms", section 3.1): here twice that and more is allowed for.

use ndarray::{Array2, ArrayView2, ArrayViewMut2};

use crate::exact::candidates::Candidate;
use crate::exact::similarity::SquareSum;
use crate::exact::vectors::Rows;
use sop_numeric::simd::vectorized;
use sop_numeric::{Put, multiply_alone};

/// Rows multiplied at once: they stay in the caches while the queries pass by.
pub(crate) const ROWS: usize = 256;
/// Products of larger norms may overflow on the way.
const LARGEST: f64 = 1e37;

/// A block of queries, laid out `[component, query]`.
pub(crate) struct QueryBlock {
    values: Vec<f32>,
    norms: Vec<f64>,
    dim: usize,
}

/// Buffers of one thread.
pub(crate) struct Workspace {
    rows: Vec<f32>,
    products: Vec<f32>,
    norms: Vec<f64>,
    names: Vec<u32>,
}

impl QueryBlock {
    /// Lays out `queries`, `[queries, dim]`, whose values are f32.
    pub fn new(queries: &Array2<f64>) -> Self {
        let norm = |query: ndarray::ArrayView1<'_, f64>| query.iter().map(|value| value * value).sum::<f64>().sqrt();
        Self {
            values: queries.t().iter().map(|&value| value as f32).collect(),
            norms: queries.rows().into_iter().map(norm).collect(),
            dim: queries.ncols(),
        }
    }

    /// Makes the buffers that [`scan`](Self::scan) needs.
    pub fn workspace(&self) -> Workspace {
        Workspace {
            rows: vec![0.0; ROWS * self.dim],
            products: vec![0.0; ROWS * self.norms.len()],
            norms: Vec::with_capacity(ROWS),
            names: Vec::with_capacity(ROWS),
        }
    }

    /// Adds some rows, at most [`ROWS`], to the candidates of every query whose threshold their upper bound reaches.
    pub fn scan(
        &self,
        vectors: Rows<'_>,
        rows: impl Iterator<Item = u32>,
        thresholds: &[f32],
        workspace: &mut Workspace,
        found: &mut [Vec<Candidate>],
    ) {
        let Workspace { rows: values, products, norms, names } = workspace;
        norms.clear();
        names.clear();
        names.extend(rows.take(ROWS));
        for (&row, copy) in names.iter().zip(values.chunks_mut(self.dim)) {
            match vectors.stored(row as usize) {
                Some(row) => copy.copy_from_slice(row),
                None => _ = vectors.get(row as usize, copy),
            }
            norms.push(vectorized(SquareSum(copy)).sqrt());
        }
        let num_rows = norms.len();
        if num_rows == 0 {
            return;
        }
        self.inner_products(&values[..num_rows * self.dim], &mut products[..self.norms.len() * num_rows]);
        let relative = (self.dim + 32) as f64 / f64::from(1 << 23);
        let largest = norms.iter().fold(0.0_f64, |largest, &norm| largest.max(norm));
        let queries = products.chunks(num_rows.max(1)).zip(&self.norms).zip(thresholds);
        for (((products, norm), &threshold), found) in queries.zip(found) {
            let bounded = norm * largest < LARGEST;
            // Of the products of the smallest numbers f32 loses up to its smallest normal number each.
            let smallest = self.dim as f64 * f64::from(f32::MIN_POSITIVE);
            // The widest bound of all rows is good enough to leave most of them out.
            let lowest = threshold - (relative * norm * largest + smallest) as f32 * 1.001 - threshold.abs() * 1e-6;
            for (chunk, first) in products.chunks(32).zip((0..).step_by(32)) {
                if bounded && !chunk.iter().fold(false, |any, &product| any | (product >= lowest)) {
                    continue;
                }
                for ((&product, norm_of_row), &row) in chunk.iter().zip(&norms[first..]).zip(&names[first..]) {
                    let error = relative * norm * norm_of_row + smallest;
                    let (center, upper) = if bounded {
                        (product, ((f64::from(product) + error) as f32).next_up())
                    } else {
                        (f32::NEG_INFINITY, f32::INFINITY)
                    };
                    if upper >= threshold {
                        found.push(Candidate { center, upper, row });
                    }
                }
            }
        }
    }

    /// Writes the product of query `i` and row `j` to `out[i * rows + j]`; `rows` are `[rows, dim]`.
    ///
    /// # Panics
    /// Where the lengths are not those of `rows` and this block.
    fn inner_products(&self, rows: &[f32], out: &mut [f32]) {
        let (num_rows, num_queries) = (rows.len() / self.dim, self.norms.len());
        let rows = ArrayView2::from_shape((num_rows, self.dim), rows);
        let queries = ArrayView2::from_shape((self.dim, num_queries), &self.values);
        let out = ArrayViewMut2::from_shape((num_queries, num_rows), out);
        match (rows, queries, out) {
            (Ok(rows), Ok(queries), Ok(out)) => multiply_alone(rows, queries, out.reversed_axes(), Put::Set),
            _ => panic!("shapes of a block"),
        }
    }
}
