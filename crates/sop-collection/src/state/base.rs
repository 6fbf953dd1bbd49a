//! Rows that never change, made ready for many searches.

use ndarray::{Array2, ArrayView2};
use sop_index::{Gallery, Neighbors, RowSet, SearchError, SearchOptions, VectorIndex};

/// Rows that never change, made ready for many searches.
pub(crate) struct Base {
    gallery: Gallery<'static>,
}

impl Base {
    pub fn empty(dim: usize) -> Self {
        Self::new(Array2::zeros((0, dim)))
    }

    /// Takes the vectors, `[rows, dim]`.
    pub fn new(vectors: Array2<f32>) -> Self {
        Self { gallery: Gallery::new(vectors) }
    }

    pub fn len(&self) -> usize {
        self.gallery.len()
    }

    /// The vectors, `[rows, dim]`.
    pub fn vectors(&self) -> Option<ArrayView2<'_, f32>> {
        self.gallery.vectors().f32_view()
    }

    pub fn vector(&self, row: usize) -> Option<&[f32]> {
        let view = self.gallery.vectors().f32_view()?;
        let dim = view.ncols();
        view.to_slice()?.get(row * dim..(row + 1) * dim)
    }

    /// The nearest rows of each query. Says whether the answer is that of exact search.
    pub fn search(
        &self,
        queries: ArrayView2<'_, f32>,
        k: usize,
        allowed: Option<&RowSet>,
        options: &SearchOptions,
        _exact: bool,
    ) -> Result<(Neighbors, bool), SearchError> {
        let found = match allowed {
            None => self.gallery.top_k(queries, k, options),
            Some(allowed) => self.gallery.top_k_among(queries, k, allowed, options),
        };
        Ok((found?, true))
    }

    pub fn has_graph(&self) -> bool {
        false
    }

    /// Bytes of memory, roughly.
    pub fn bytes(&self) -> usize {
        let (rows, dim) = self.gallery.vectors().dim();
        rows * dim * 5
    }
}
