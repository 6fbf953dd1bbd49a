//! A gallery made ready for many searches.

use std::sync::atomic::Ordering;
use std::time::Duration;

use ndarray::{Array2, ArrayView2};
use rayon::prelude::*;

use crate::exact::codes::{GalleryCodes, MAX_DIM};
use crate::exact::nearest::Nearest;
use crate::exact::search::{Allowed, EXACT_QUERIES, Method, Search, Work};
use crate::{Neighbors, RowSet, SearchError, SearchOptions, VectorIndex, Vectors};

/// With fewer rows, quantizing them does not pay.
const MIN_ROWS: usize = 2048;
/// With fewer components, f32 products cost as little.
const MIN_DIM: usize = 8;
/// With fewer queries, quantizing the rows for them alone does not pay.
const MIN_QUERIES: usize = 32;
/// Integer products narrow the rows down where `k` is at most one in this many of them.
const ROWS_PER_NEIGHBOR: usize = 8;
/// Integers of all rows are scanned where more than one row in this many is searched; else only the rows that are searched are looked at.
const SCANNED_ROWS: usize = 4;
/// The same for few queries, which would be compared with each of these rows in f64.
const SCANNED_ROWS_BY_FEW: usize = 16;

/// The vectors to search in, `[rows, dim]`, with a copy of one byte a component that narrows a search down.
///
/// Making it costs about as much as searching for thirty queries; [`top_k`](crate::top_k) makes one where that pays.
#[derive(Clone, Debug)]
pub struct Gallery<'a> {
    vectors: Vectors<'a>,
    codes: Option<GalleryCodes>,
}

/// What a search did, for those who want to know where the time goes.
#[derive(Clone, Copy, Debug, Default)]
pub struct SearchProfile {
    /// Time of narrowing the rows down, added over threads.
    pub scanning: Duration,
    /// Time of computing similarities, added over threads.
    pub settling: Duration,
    /// Similarities computed.
    pub similarities: u64,
    /// Queries whose threshold was guessed too high, so that they were searched again.
    pub repeated: u64,
}

impl<'a> Gallery<'a> {
    /// Quantizes the vectors, whose components must be finite; small galleries are left as they are.
    #[must_use]
    pub fn new(vectors: impl Into<Vectors<'a>>) -> Self {
        let vectors = vectors.into();
        let (num_rows, dim) = vectors.dim();
        let pays = num_rows >= MIN_ROWS && (MIN_DIM..=MAX_DIM).contains(&dim) && u32::try_from(num_rows).is_ok();
        let codes = pays.then(|| GalleryCodes::new(vectors.rows()));
        Self { vectors, codes }
    }

    /// Takes the vectors as they are, where few searches will be made: nothing is quantized.
    #[must_use]
    pub fn unprepared(vectors: impl Into<Vectors<'a>>) -> Self {
        Self { vectors: vectors.into(), codes: None }
    }

    /// Takes the vectors for one search of `num_queries` queries.
    pub(crate) fn for_once(vectors: Vectors<'a>, num_queries: usize, k: usize) -> Self {
        let pays = num_queries >= MIN_QUERIES && k <= vectors.dim().0 / ROWS_PER_NEIGHBOR;
        if pays { Self::new(vectors) } else { Self { vectors, codes: None } }
    }

    /// The vectors.
    #[must_use]
    pub fn vectors(&self) -> &Vectors<'a> {
        &self.vectors
    }

    /// As [`VectorIndex::top_k`], and says what it took.
    ///
    /// # Errors
    /// As [`top_k`](crate::top_k).
    pub fn profile(
        &self,
        queries: ArrayView2<'_, f32>,
        k: usize,
        options: &SearchOptions,
    ) -> Result<(Neighbors, SearchProfile), SearchError> {
        self.search(queries, k, None, options)
    }

    fn search(
        &self,
        queries: ArrayView2<'_, f32>,
        k: usize,
        allowed: Option<&RowSet>,
        options: &SearchOptions,
    ) -> Result<(Neighbors, SearchProfile), SearchError> {
        let (num_queries, (num_rows, dim)) = (queries.nrows(), self.vectors.dim());
        if queries.ncols() != dim {
            return Err(SearchError::DimMismatch { queries: queries.ncols(), gallery: dim });
        }
        if k == 0 {
            return Err(SearchError::ZeroK);
        }
        if u32::try_from(num_rows).is_err() {
            return Err(SearchError::GalleryTooLarge { rows: num_rows });
        }
        if options.exclude_self && num_queries != num_rows {
            return Err(SearchError::ExcludeSelfShape { queries: num_queries, gallery: num_rows });
        }
        if let Some(allowed) = allowed.filter(|allowed| allowed.num_rows() != num_rows) {
            return Err(SearchError::AllowedRows { allowed: allowed.num_rows(), gallery: num_rows });
        }
        let listed: Option<Vec<u32>> = allowed.map(|allowed| allowed.iter().collect());
        let num_searched = listed.as_ref().map_or(num_rows, Vec::len);
        // Among some rows, a query's own row need not be one of them.
        let own = usize::from(options.exclude_self && allowed.is_none());
        let k = k.min(num_searched - own.min(num_searched));
        if k == 0 || num_queries == 0 {
            let empty =
                Neighbors { indices: Array2::zeros((num_queries, k)), similarities: Array2::zeros((num_queries, k)) };
            return Ok((empty, SearchProfile::default()));
        }
        let work = Work::default();
        let few = num_queries <= EXACT_QUERIES;
        let least = num_rows / if few { SCANNED_ROWS_BY_FEW } else { SCANNED_ROWS };
        let method = match &self.codes {
            Some(codes) if k <= num_searched / ROWS_PER_NEIGHBOR && num_searched > least => Method::Codes(codes),
            _ if few || k > num_searched / 2 || dim == 0 => Method::Exact,
            _ => Method::Product,
        };
        let search = Search {
            vectors: self.vectors.rows(),
            queries,
            method,
            allowed: allowed.zip(listed.as_deref()).map(|(set, listed)| Allowed { set, listed }),
            k,
            exclude_self: options.exclude_self,
            block_bytes: options.block_bytes,
            work: &work,
        };
        let neighbors = neighbors(search.run(), k);
        let profile = SearchProfile {
            scanning: work.scanning(),
            settling: work.settling(),
            similarities: work.similarities.load(Ordering::Relaxed),
            repeated: work.repeated.load(Ordering::Relaxed),
        };
        Ok((neighbors, profile))
    }
}

impl VectorIndex for Gallery<'_> {
    fn len(&self) -> usize {
        self.vectors.dim().0
    }

    fn dim(&self) -> usize {
        self.vectors.dim().1
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
        self.search(queries, k, Some(allowed), options).map(|(neighbors, _)| neighbors)
    }
}

/// Writes down the `k` neighbours of every query, best first.
fn neighbors(nearest: Vec<Nearest>, k: usize) -> Neighbors {
    let num_queries = nearest.len();
    let mut neighbors = Neighbors {
        indices: Array2::from_elem((num_queries, k), Neighbors::NONE),
        similarities: Array2::from_elem((num_queries, k), f32::NEG_INFINITY),
    };
    let rows: Vec<_> = neighbors.indices.rows_mut().into_iter().zip(neighbors.similarities.rows_mut()).collect();
    rows.into_par_iter().zip(nearest).for_each(|((indices, similarities), nearest)| {
        for (found, slots) in nearest.into_sorted().zip(indices.into_iter().zip(similarities)) {
            (*slots.0, *slots.1) = found;
        }
    });
    neighbors
}
