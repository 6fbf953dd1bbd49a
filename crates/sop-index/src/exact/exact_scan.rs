//! Every similarity of a few queries, computed as it is defined.

use std::ops::Range;

use ndarray::Array2;

use crate::exact::nearest::Nearest;
use crate::exact::similarity::similarity;
use crate::exact::vectors::Rows;
use sop_numeric::simd::Loops;

/// Offers each of some rows to each query.
pub(crate) struct ExactScan<'a> {
    pub vectors: Rows<'a>,
    /// Queries, `[queries, dim]`.
    pub queries: &'a Array2<f64>,
    /// The places of the rows in `listed`, or the rows themselves.
    pub places: Range<usize>,
    /// The rows that are searched; all where nothing is said.
    pub listed: Option<&'a [u32]>,
    /// Row that is not its own neighbour, for each query; none when empty.
    pub excluded: &'a [u32],
    pub nearest: &'a mut [Nearest],
}

impl Loops for ExactScan<'_> {
    type Output = ();

    #[inline(always)]
    fn run<const FUSED: bool>(self) {
        let dim = self.queries.ncols();
        let mut copy = vec![0.0; dim];
        let queries = self.queries.as_slice().unwrap_or_default();
        for place in self.places {
            let index = self.listed.map_or(place as u32, |listed| listed[place]);
            let row = self.vectors.get(index as usize, &mut copy);
            for (place, nearest) in self.nearest.iter_mut().enumerate() {
                if self.excluded.get(place) != Some(&index) {
                    let query = &queries[place * dim..(place + 1) * dim];
                    nearest.offer(index, similarity::<FUSED>(query, row));
                }
            }
        }
    }
}
