//! Inner products of blocks of rows, with a rounding that depends on the two rows alone.
//!
//! The product is one f32 accumulator per pair of rows, filled in the order of the components.
//! That is how the micro-kernels of the `gemm` crate work, but not its special cases for single rows, for small
//! products and for few components, and it cuts the components where the caches of the machine suggest.
//! Whether they apply depends on the shape of a block, and with them the last bit of a similarity would.
//! So the queries are laid out component by component, short rows are padded, and the components are cut here.
//! What remains is that machines with and without fused multiply-add round differently.

use std::borrow::Cow;

use gemm::Parallelism;
use ndarray::ArrayView2;

/// Components summed in one accumulator: `gemm` never cuts this few.
const MAX_DEPTH: usize = 512;
/// `gemm` takes other kernels for fewer components; zeros are added up to this number.
const MIN_DEPTH: usize = 4;

/// Contiguous rows, padded with zeros to at least [`MIN_DEPTH`] components.
pub(crate) struct Rows<'a> {
    values: Cow<'a, [f32]>,
    depth: usize,
}

impl<'a> Rows<'a> {
    /// Takes `vectors` as they are where their layout allows it, else a copy.
    pub fn new(vectors: ArrayView2<'a, f32>) -> Self {
        let depth = vectors.ncols().max(MIN_DEPTH);
        let values = match vectors.to_slice() {
            Some(values) if depth == vectors.ncols() => Cow::Borrowed(values),
            _ => {
                let padding = depth - vectors.ncols();
                let padded = |row: ndarray::ArrayView1<'_, f32>| {
                    row.iter().copied().chain(std::iter::repeat_n(0.0, padding)).collect::<Vec<f32>>()
                };
                Cow::Owned(vectors.rows().into_iter().flat_map(padded).collect())
            }
        };
        Self { values, depth }
    }

    /// Components of a row, padding included.
    pub fn depth(&self) -> usize {
        self.depth
    }

    fn block(&self, rows: std::ops::Range<usize>) -> &[f32] {
        &self.values[rows.start * self.depth..rows.end * self.depth]
    }
}

/// A block of queries, laid out `[component, width]`, where `width` is at least 2 so that one query alone is no
/// special case.
pub(crate) struct QueryBlock {
    values: Vec<f32>,
    num_queries: usize,
    width: usize,
    depth: usize,
}

impl QueryBlock {
    /// Lays out the queries of some rows.
    pub fn new(queries: &Rows<'_>, rows: std::ops::Range<usize>) -> Self {
        let (num_queries, depth) = (rows.len(), queries.depth);
        let block = queries.block(rows);
        let width = num_queries.max(2);
        let mut values = Vec::with_capacity(width * depth);
        for component in 0..depth {
            values.extend(block.iter().skip(component).step_by(depth));
            values.resize((component + 1) * width, 0.0);
        }
        Self { values, num_queries, width, depth }
    }

    /// Number of queries.
    pub fn len(&self) -> usize {
        self.num_queries
    }

    /// Writes the inner product of query `i` and row `rows.start + j` of the gallery to `out[i * stride + j]`.
    ///
    /// `out` holds `len * stride` values, `stride` is at least `rows.len()` and at least 2, and both sides have the
    /// same depth.
    #[expect(unsafe_code, reason = "`gemm` takes pointers; the slices they stand for are cut to their size here")]
    pub fn inner_products(&self, gallery: &Rows<'_>, rows: std::ops::Range<usize>, out: &mut [f32], stride: usize) {
        assert!(gallery.depth == self.depth && stride >= rows.len().max(2), "block shapes");
        let num_rows = rows.len();
        let gallery = gallery.block(rows);
        let out = &mut out[..self.num_queries * stride];
        let num_parts = self.depth.div_ceil(MAX_DEPTH);
        for part in 0..num_parts {
            let (start, end) = (part * self.depth / num_parts, (part + 1) * self.depth / num_parts);
            let gallery_part = &gallery[start.min(gallery.len())..];
            let query_part = &self.values[start * self.width..end * self.width];
            // SAFETY: `out` is `[num_queries, stride]` with `stride >= num_rows`; component `c` of gallery row `j` is
            // at `gallery_part[j * depth + c]` and that of query `i` at `query_part[c * width + i]`, for every
            // `c < end - start`, so all accesses stay inside the three slices; `out` is borrowed mutably and aliases
            // neither of the others; strides fit `isize` because the slices exist.
            unsafe {
                gemm::gemm(
                    num_rows,
                    self.num_queries,
                    end - start,
                    out.as_mut_ptr(),
                    stride as isize,
                    1,
                    part > 0,
                    gallery_part.as_ptr(),
                    1,
                    self.depth as isize,
                    query_part.as_ptr(),
                    1,
                    self.width as isize,
                    1.0,
                    1.0,
                    false,
                    false,
                    false,
                    Parallelism::None,
                );
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use ndarray::Array2;

    use super::*;

    fn values(rows: usize, dim: usize, seed: u32) -> Array2<f32> {
        let mut state = seed;
        Array2::from_shape_simple_fn((rows, dim), || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 8) as f32 / (1_u32 << 23) as f32 - 1.0
        })
    }

    fn products(queries: &Array2<f32>, gallery: &Array2<f32>, num_queries: usize, num_rows: usize) -> Array2<f32> {
        let (query_rows, gallery_rows) = (Rows::new(queries.view()), Rows::new(gallery.view()));
        let mut all = Array2::zeros((queries.nrows(), gallery.nrows()));
        for first in (0..queries.nrows()).step_by(num_queries) {
            let block = QueryBlock::new(&query_rows, first..queries.nrows().min(first + num_queries));
            for start in (0..gallery.nrows()).step_by(num_rows) {
                let rows = start..gallery.nrows().min(start + num_rows);
                let stride = rows.len().max(2);
                let mut out = vec![f32::NAN; block.len() * stride];
                block.inner_products(&gallery_rows, rows.clone(), &mut out, stride);
                for query in 0..block.len() {
                    for row in rows.clone() {
                        all[(first + query, row)] = out[query * stride + row - start];
                    }
                }
            }
        }
        all
    }

    #[test]
    fn rounding_does_not_depend_on_the_block_shape() {
        for dim in [1, 2, 3, 5, 64, 384, 513, 1025] {
            let (queries, gallery) = (values(37, dim, 1), values(131, dim, 2));
            let whole = products(&queries, &gallery, 37, 131);
            for (num_queries, num_rows) in [(1, 1), (1, 131), (2, 3), (3, 17), (16, 16), (37, 1), (5, 130)] {
                assert_eq!(products(&queries, &gallery, num_queries, num_rows), whole, "{dim} components");
            }
            let exact = queries.mapv(f64::from).dot(&gallery.t().mapv(f64::from));
            for (found, expected) in whole.iter().zip(&exact) {
                assert!((f64::from(*found) - expected).abs() < 1e-5 * (dim as f64).sqrt().max(1.0), "{dim} components");
            }
        }
    }
}
