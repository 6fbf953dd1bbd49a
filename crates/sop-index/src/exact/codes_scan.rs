//! Candidates by integer products.

use std::ops::Range;

use crate::RowSet;
use crate::exact::candidates::Candidate;
use crate::exact::codes::{GalleryCodes, PanelBounds, QueryBounds, QueryCodes};
use crate::exact::int8::{PANEL, Sums, WIDTH, products};
use sop_numeric::simd::Loops;

/// Queries whose integers stay in the caches while the rows pass by.
const QUERIES: usize = 42 * WIDTH;

/// Adds the rows of some panels to the candidates of every query whose threshold their upper bound reaches.
pub(crate) struct CodesScan<'a> {
    pub gallery: &'a GalleryCodes,
    pub queries: &'a QueryCodes,
    /// Per query, as [`QueryBounds::lowest`](crate::exact::codes::QueryBounds::lowest) gives it.
    pub lowest: &'a [f32],
    pub panels: Range<usize>,
    /// Rows that may be candidates; all where nothing is said.
    pub allowed: Option<&'a RowSet>,
    /// Candidates of each query.
    pub found: &'a mut [Vec<Candidate>],
}

impl Loops for CodesScan<'_> {
    type Output = ();

    #[inline(always)]
    fn run<const FUSED: bool>(self) {
        let mut sums: Sums = [[0; PANEL]; WIDTH];
        for tiles in 0..self.queries.len().div_ceil(QUERIES) {
            for panel in self.panels.clone() {
                let (steps, rows) = self.gallery.panel(panel);
                let order = &self.gallery.order()[panel * PANEL..];
                for (first, tile) in self.queries.tiles(tiles * QUERIES..(tiles + 1) * QUERIES) {
                    products(tile, steps, &mut sums);
                    let tile = first..first + tile.width;
                    let queries = self.queries.bounds()[tile.clone()].iter().zip(&self.lowest[tile.clone()]);
                    for (((query, &lowest), found), sums) in queries.zip(&mut self.found[tile]).zip(&sums) {
                        let uppers = std::array::from_fn(|place| upper::<FUSED>(query, rows, sums, place));
                        if uppers.iter().fold(false, |any, &upper| any | (upper >= lowest)) {
                            take(query, rows, &uppers, lowest, order, self.allowed, found);
                        }
                    }
                }
            }
        }
    }
}

/// The upper bound of a row's sum.
#[inline(always)]
fn upper<const FUSED: bool>(query: &QueryBounds, rows: &PanelBounds, sums: &[i32; PANEL], place: usize) -> f32 {
    let approximate = sums[place] as f32 * query.scale;
    if FUSED {
        let error = query.error.mul_add(rows.error[place], query.norm * rows.norm[place]);
        approximate.mul_add(rows.scale[place], query.along_mean.mul_add(rows.along_mean[place], error))
    } else {
        let error = query.error * rows.error[place] + query.norm * rows.norm[place];
        approximate * rows.scale[place] + (query.along_mean * rows.along_mean[place] + error)
    }
}

/// Takes the rows whose upper bound reaches `lowest`, of those that are allowed.
#[inline(always)]
fn take(
    query: &QueryBounds,
    rows: &PanelBounds,
    uppers: &[f32; PANEL],
    lowest: f32,
    order: &[u32],
    allowed: Option<&RowSet>,
    found: &mut Vec<Candidate>,
) {
    for (place, (&row, &upper)) in order.iter().zip(uppers).enumerate() {
        if upper >= lowest && allowed.is_none_or(|allowed| allowed.contains(row)) {
            let error = query.error * rows.error[place] + query.norm * rows.norm[place];
            let (center, upper) = (query.similarity(upper - error), query.highest(upper));
            found.push(Candidate { center, upper, row });
        }
    }
}
