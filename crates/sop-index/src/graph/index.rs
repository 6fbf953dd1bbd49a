//! Approximate search along a graph.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use ndarray::{Array2, ArrayView2};
use rayon::prelude::*;

use crate::exact::nearest::Nearest;
use crate::graph::among::Among;
use crate::graph::cell_rows::CellRows;
use crate::graph::codes::RowCodes;
use crate::graph::flat::Graph;
use crate::graph::params::GraphParams;
use crate::graph::search::{MOST_IN_VIEW, QuerySearch, scored};
use crate::graph::sketch::Sketches;
use crate::{Gallery, GraphError, Neighbors, RowSet, SearchError, SearchOptions, VectorIndex};

/// From so many queries on, exact search takes many of them at a time.
const MANY_QUERIES: usize = 64;
/// Rows that it then looks at in the time that a walk takes to score one.
const MANY_FASTER: usize = 6;

/// Vectors that are searched along a [`Graph`].
///
/// What a walk finds is settled as in exact search: similarities are those of [`top_k`](crate::top_k), ties are ordered by the lower row,
/// and nothing depends on threads or on the instructions of the machine. A walk may miss rows. Where looking at all rows takes no longer
/// than walking, they are looked at, and the answer is exact: [`Self::is_exact`] says when.
///
/// Beside gallery and graph it holds one byte a component, for filters one bit a component from 128 components on, and 24 bytes a row.
#[derive(Clone, Debug)]
pub struct GraphIndex<'a> {
    gallery: Arc<Gallery<'a>>,
    graph: Arc<Graph>,
    codes: Arc<RowCodes>,
    cells: Arc<CellRows>,
    sketches: Option<Arc<Sketches>>,
}

impl<'a> GraphIndex<'a> {
    /// Searches `gallery` along `graph`, which was built from its vectors.
    ///
    /// # Errors
    /// When the gallery has another number of rows than the graph, or vectors that no graph takes.
    pub fn new(gallery: impl Into<Arc<Gallery<'a>>>, graph: impl Into<Arc<Graph>>) -> Result<Self, GraphError> {
        let (gallery, graph) = (gallery.into(), graph.into());
        let (rows, _) = gallery.vectors().dim();
        if rows != graph.len() {
            return Err(GraphError::OtherRows { graph: graph.len(), vectors: rows });
        }
        let codes = RowCodes::new(gallery.vectors().rows())?;
        Ok(Self::of(gallery, graph, codes))
    }

    /// Builds the graph, too.
    ///
    /// # Errors
    /// As [`Graph::build`].
    pub fn build(gallery: impl Into<Arc<Gallery<'a>>>, params: &GraphParams) -> Result<Self, GraphError> {
        let gallery = gallery.into();
        let codes = RowCodes::new(gallery.vectors().rows())?;
        let graph = Arc::new(Graph::build_with(gallery.vectors(), &codes, params)?);
        Ok(Self::of(gallery, graph, codes))
    }

    fn of(gallery: Arc<Gallery<'a>>, graph: Arc<Graph>, codes: RowCodes) -> Self {
        let cells = CellRows::new(&codes, &graph.cells);
        let sketches = Sketches::new(&codes, &cells, &graph.cells.of_rows).map(Arc::new);
        Self { gallery, graph, codes: Arc::new(codes), cells: Arc::new(cells), sketches }
    }

    /// The vectors.
    #[must_use]
    pub fn gallery(&self) -> &Arc<Gallery<'a>> {
        &self.gallery
    }

    /// The graph.
    #[must_use]
    pub fn graph(&self) -> &Arc<Graph> {
        &self.graph
    }

    /// Bytes that it takes beside the gallery.
    #[must_use]
    pub fn memory_bytes(&self) -> usize {
        let sketches = self.sketches.as_ref().map_or(0, |sketches| sketches.bytes());
        self.graph.memory_bytes() + self.codes.bytes() + self.cells.bytes() + sketches
    }

    /// Rows that a walk keeps in view when the options say nothing: four times `k`, and 128 at least.
    #[must_use]
    pub fn default_beam(k: usize) -> usize {
        k.saturating_mul(4).max(128)
    }

    /// Whether a search among all rows looks at each of them, so that its answer is that of exact search.
    ///
    /// That is where it takes no longer than walking: with few rows, a wide beam (one above 4096 always), or many queries at a time, which
    /// share the rows that come from memory.
    #[must_use]
    pub fn is_exact(&self, num_queries: usize, k: usize, options: &SearchOptions) -> bool {
        let beam = self.beam(k, options);
        let faster = if num_queries < MANY_QUERIES { 1 } else { MANY_FASTER };
        beam > MOST_IN_VIEW || scored(beam, self.graph.params().degree).saturating_mul(faster) >= self.graph.len()
    }

    fn beam(&self, k: usize, options: &SearchOptions) -> usize {
        let wanted = k.saturating_add(usize::from(options.exclude_self));
        options.beam.unwrap_or_else(|| Self::default_beam(k)).max(wanted)
    }

    /// What is wrong with a search, and how many neighbours it is for.
    fn check(
        &self,
        queries: ArrayView2<'_, f32>,
        k: usize,
        allowed: Option<(&RowSet, usize)>,
        options: &SearchOptions,
    ) -> Result<usize, SearchError> {
        let (num_rows, dim) = (self.codes.len(), self.codes.dim());
        if queries.ncols() != dim {
            return Err(SearchError::DimMismatch { queries: queries.ncols(), gallery: dim });
        }
        if k == 0 {
            return Err(SearchError::ZeroK);
        }
        if options.exclude_self && queries.nrows() != num_rows {
            return Err(SearchError::ExcludeSelfShape { queries: queries.nrows(), gallery: num_rows });
        }
        Ok(match allowed {
            Some((allowed, _)) if allowed.num_rows() != num_rows => {
                return Err(SearchError::AllowedRows { allowed: allowed.num_rows(), gallery: num_rows });
            }
            Some((_, count)) => k.min(count),
            None => k.min(num_rows - usize::from(options.exclude_self && num_rows > 0)),
        })
    }

    /// As [`VectorIndex::top_k`], and says how many rows were scored: none where the search is exact.
    ///
    /// # Errors
    /// As [`VectorIndex::top_k`].
    pub fn profile(
        &self,
        queries: ArrayView2<'_, f32>,
        k: usize,
        options: &SearchOptions,
    ) -> Result<(Neighbors, u64), SearchError> {
        let k = self.check(queries, k, None, options)?;
        if k == 0 || self.is_exact(queries.nrows(), k, options) {
            return Ok((self.gallery.top_k(queries, k.max(1), options)?, 0));
        }
        let search = self.query_search(k, options, None);
        let found = self.search(queries, &search, options.exclude_self);
        Ok((found, search.num_scored.into_inner()))
    }

    /// As [`VectorIndex::top_k_among`], and says how many rows were looked at: none where the search is exact.
    ///
    /// # Errors
    /// As [`VectorIndex::top_k_among`].
    pub fn profile_among(
        &self,
        queries: ArrayView2<'_, f32>,
        k: usize,
        allowed: &RowSet,
        options: &SearchOptions,
    ) -> Result<(Neighbors, u64), SearchError> {
        let count = allowed.count();
        let k = self.check(queries, k, Some((allowed, count)), options)?;
        if k == 0 || self.beam(k, options) > MOST_IN_VIEW {
            return Ok((self.gallery.top_k_among(queries, k.max(1), allowed, options)?, 0));
        }
        let mut search = self.query_search(k, options, Some(Among::new(allowed, count)));
        // Rows that may be found are harder to get at than all rows are.
        search.beam = search.beam.max(Self::default_beam(k) / 2);
        let found = self.search(queries, &search, options.exclude_self);
        Ok((found, search.num_scored.into_inner()))
    }

    fn query_search<'b>(&'b self, k: usize, options: &SearchOptions, among: Option<Among<'b>>) -> QuerySearch<'b> {
        QuerySearch {
            graph: &self.graph,
            codes: &self.codes,
            cells: &self.cells,
            sketches: self.sketches.as_deref(),
            rows: self.gallery.vectors().rows(),
            k,
            beam: self.beam(k, options),
            among,
            num_scored: AtomicU64::new(0),
        }
    }

    /// Searches for each query on its own, on all threads.
    fn search(&self, queries: ArrayView2<'_, f32>, search: &QuerySearch<'_>, exclude_self: bool) -> Neighbors {
        let (num_queries, k) = (queries.nrows(), search.k);
        let mut neighbors = Neighbors {
            indices: Array2::from_elem((num_queries, k), Neighbors::NONE),
            similarities: Array2::from_elem((num_queries, k), f32::NEG_INFINITY),
        };
        if k == 0 {
            return neighbors;
        }
        let rows = neighbors.indices.rows_mut().into_iter().zip(neighbors.similarities.rows_mut());
        let answers: Vec<_> = rows.zip(queries.rows()).enumerate().collect();
        let put = |nearest: Nearest, slots: (ndarray::ArrayViewMut1<'_, u32>, ndarray::ArrayViewMut1<'_, f32>)| {
            for (found, slots) in nearest.into_sorted().zip(slots.0.into_iter().zip(slots.1)) {
                (*slots.0, *slots.1) = found;
            }
        };
        let one = |scratch: &mut _, (place, (slots, query)): (usize, (_, ndarray::ArrayView1<'_, f32>))| {
            let query: Vec<f64> = query.iter().map(|&value| f64::from(value)).collect();
            put(search.nearest(&query, exclude_self.then_some(place as u32), scratch), slots);
        };
        if num_queries == 1 {
            // Waking other threads takes longer than it helps.
            answers.into_iter().for_each(|answer| one(&mut Default::default(), answer));
        } else {
            answers.into_par_iter().for_each_init(Default::default, one);
        }
        neighbors
    }
}

impl VectorIndex for GraphIndex<'_> {
    fn len(&self) -> usize {
        self.codes.len()
    }

    fn dim(&self) -> usize {
        self.codes.dim()
    }

    fn top_k(&self, queries: ArrayView2<'_, f32>, k: usize, options: &SearchOptions) -> Result<Neighbors, SearchError> {
        self.profile(queries, k, options).map(|(neighbors, _)| neighbors)
    }

    fn top_k_among(
        &self,
        queries: ArrayView2<'_, f32>,
        k: usize,
        allowed: &RowSet,
        options: &SearchOptions,
    ) -> Result<Neighbors, SearchError> {
        self.profile_among(queries, k, allowed, options).map(|(neighbors, _)| neighbors)
    }
}
