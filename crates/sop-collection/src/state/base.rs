//! Rows that never change, made ready for many searches.

use std::sync::Arc;

use ndarray::{Array2, ArrayView2};
use rayon::prelude::*;
use sop_index::{
    Gallery, Graph, GraphError, GraphIndex, GraphParams, Neighbors, RowSet, SearchError, SearchOptions, VectorIndex,
};

/// Rows that never change, made ready for many searches.
#[derive(Clone)]
pub(crate) struct Base {
    gallery: Arc<Gallery<'static>>,
    graph: Option<GraphIndex<'static>>,
    /// The file of points whose rows these are, one by one.
    generation: Option<u64>,
}

impl Base {
    pub fn empty(dim: usize) -> Self {
        Self::new(Array2::zeros((0, dim)))
    }

    /// Takes the vectors, `[rows, dim]`.
    pub fn new(vectors: Array2<f32>) -> Self {
        Self { gallery: Arc::new(Gallery::new(vectors)), graph: None, generation: None }
    }

    /// Says that its rows are those of a file of points, one by one.
    pub fn of_generation(self, generation: u64) -> Self {
        Self { generation: Some(generation), ..self }
    }

    pub fn generation(&self) -> Option<u64> {
        self.generation
    }

    /// The same rows with a graph that is built now.
    pub fn with_new_graph(&self, params: &GraphParams) -> Result<Self, GraphError> {
        let graph = GraphIndex::build(Arc::clone(&self.gallery), params)?;
        Ok(Self { graph: Some(graph), ..self.clone() })
    }

    /// The same rows with a graph that there is.
    pub fn with_graph(&self, graph: Graph) -> Result<Self, GraphError> {
        let graph = GraphIndex::new(Arc::clone(&self.gallery), graph)?;
        Ok(Self { graph: Some(graph), ..self.clone() })
    }

    /// The same rows with the graph of their first ones, to which the others are added.
    pub fn with_extended_graph(&self, graph: &Graph) -> Result<Self, GraphError> {
        let mut graph = graph.clone();
        if let Some(vectors) = self.gallery.vectors().f32_view() {
            graph.extend(vectors)?;
        }
        self.with_graph(graph)
    }

    pub fn graph(&self) -> Option<&Graph> {
        self.graph.as_ref().map(|index| index.graph().as_ref())
    }

    pub fn len(&self) -> usize {
        self.gallery.len()
    }

    /// Components of a vector.
    pub fn dim(&self) -> usize {
        self.gallery.dim()
    }

    pub fn vector(&self, row: usize) -> Option<&[f32]> {
        let view = self.gallery.vectors().f32_view()?;
        let dim = view.ncols();
        view.to_slice()?.get(row * dim..(row + 1) * dim)
    }

    /// The nearest rows of each query. Says whether the answer is provably that of exact search.
    pub fn search(
        &self,
        queries: ArrayView2<'_, f32>,
        k: usize,
        allowed: Option<&RowSet>,
        options: &SearchOptions,
        exact: bool,
    ) -> Result<(Neighbors, bool), SearchError> {
        let graph = self.graph.as_ref().filter(|graph| {
            let scanned = allowed.map_or_else(|| graph.len(), RowSet::count);
            // Where few rows are allowed, looking at all of them takes no longer than walking.
            !exact && scanned > self.rows_worth_a_walk(k, options) && !graph.is_exact(queries.nrows(), k, options)
        });
        let found = match (graph, allowed) {
            (None, None) => self.gallery.top_k(queries, k, options)?,
            (None, Some(allowed)) => self.gallery.top_k_among(queries, k, allowed, options)?,
            (Some(graph), None) => graph.top_k(queries, k, options)?,
            (Some(graph), Some(allowed)) => graph.top_k_among(queries, k, allowed, options)?,
        };
        Ok((found, graph.is_none()))
    }

    /// Rows from which on a walk along the graph looks at fewer of them than there are.
    fn rows_worth_a_walk(&self, k: usize, options: &SearchOptions) -> usize {
        let degree = self.graph().map_or(0, |graph| graph.params().degree);
        let beam = options.beam.unwrap_or_else(|| GraphIndex::default_beam(k)).max(k);
        beam.saturating_mul(degree) / 2
    }

    /// Rows that the graph cannot reach, ascending; `None` where there is no graph.
    pub fn unreachable(&self) -> Option<Vec<u32>> {
        self.graph().map(Graph::unreachable)
    }

    /// Checksum of all vectors, in their order.
    pub fn checksum(&self) -> u32 {
        const AT_ONCE: usize = 1 << 18;
        let view = self.gallery.vectors().f32_view();
        let values = view.as_ref().and_then(|view| view.as_slice()).unwrap_or_default();
        let of_part = |values: &[f32]| {
            let bytes: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
            crc32fast::hash(&bytes)
        };
        let parts: Vec<u32> = values.par_chunks(AT_ONCE).map(of_part).collect();
        let bytes: Vec<u8> = parts.iter().flat_map(|checksum| checksum.to_le_bytes()).collect();
        crc32fast::hash(&bytes)
    }

    /// Bytes of memory, roughly.
    pub fn bytes(&self) -> usize {
        let (rows, dim) = self.gallery.vectors().dim();
        rows * dim * 5 + self.graph.as_ref().map_or(0, GraphIndex::memory_bytes)
    }
}
