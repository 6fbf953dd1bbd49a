//! Candidates by integer products.

use std::ops::Range;

use crate::candidates::Candidate;
use crate::codes::{GalleryCodes, QueryCodes};
use crate::int8::{PANEL, Sums, WIDTH, products};
use crate::simd::Loops;

/// Adds the rows of some panels to the candidates of every query whose threshold their upper bound reaches.
pub(crate) struct CodesScan<'a> {
    pub gallery: &'a GalleryCodes,
    pub queries: &'a QueryCodes,
    /// Per query, as [`QueryBounds::lowest`](crate::codes::QueryBounds::lowest) gives it.
    pub lowest: &'a [f32],
    pub panels: Range<usize>,
    /// Candidates of each query.
    pub found: &'a mut [Vec<Candidate>],
}

impl Loops for CodesScan<'_> {
    type Output = ();

    #[inline(always)]
    fn run<const FUSED: bool>(self) {
        let mut sums: Sums = [[0; PANEL]; WIDTH];
        let (mut center, mut upper) = ([0.0_f32; PANEL], [0.0_f32; PANEL]);
        for panel in self.panels {
            let (steps, rows) = self.gallery.panel(panel);
            let order = &self.gallery.order()[panel * PANEL..];
            for (first, tile) in self.queries.tiles() {
                products(tile, steps, &mut sums);
                let tile = first..first + tile.width;
                let queries = self.queries.bounds()[tile.clone()].iter().zip(&self.lowest[tile.clone()]);
                for (((query, &lowest), found), sums) in queries.zip(&mut self.found[tile]).zip(&sums) {
                    let mut reaches = false;
                    for place in 0..PANEL {
                        center[place] = sums[place] as f32 * query.scale * rows.scale[place]
                            + query.along_mean * rows.along_mean[place];
                        upper[place] =
                            center[place] + (query.error * rows.error[place] + query.norm * rows.norm[place]);
                        reaches |= upper[place] >= lowest;
                    }
                    if !reaches {
                        continue;
                    }
                    for ((&row, &center), &upper) in order.iter().zip(&center).zip(&upper) {
                        if upper >= lowest {
                            let (center, upper) = (query.similarity(center), query.highest(upper));
                            found.push(Candidate { center, upper, row });
                        }
                    }
                }
            }
        }
    }
}
