//! Similarities of a tile of query tokens with the windows around them.

use std::ops::Range;

use ndarray::{ArrayView2, ArrayViewMut2};
use sop_index::{Put, multiply_alone};

use super::top_k::{Candidate, TopK};

/// Rows and columns of query tokens that share a product: more of them compute more outside of their windows, fewer are slower
/// products.
const TILE: [usize; 2] = [5, 13];

/// A grid of tokens with a square window around each.
#[derive(Clone, Copy, Debug)]
pub(super) struct Grid {
    pub rows: usize,
    pub columns: usize,
    /// Tokens on either side of the middle; `None` for the whole grid.
    pub radius: Option<usize>,
}

/// A rectangle of query tokens.
#[derive(Clone, Debug)]
pub(super) struct Tile {
    rows: Range<usize>,
    columns: Range<usize>,
}

/// Buffers of a thread.
#[derive(Default)]
pub(super) struct Buffers {
    queries: Vec<f32>,
    context: Vec<f32>,
    products: Vec<f32>,
}

impl Grid {
    pub fn tokens(&self) -> usize {
        self.rows * self.columns
    }

    /// Tiles that cover the grid.
    pub fn tiles(&self) -> Vec<Tile> {
        let cut =
            |length: usize, step: usize| (0..length).step_by(step).map(move |from| from..(from + step).min(length));
        cut(self.rows, TILE[0])
            .flat_map(|rows| cut(self.columns, TILE[1]).map(move |columns| Tile { rows: rows.clone(), columns }))
            .collect()
    }

    /// The window around a range of places on an axis.
    fn window(&self, places: &Range<usize>, length: usize) -> Range<usize> {
        match self.radius {
            None => 0..length,
            Some(radius) => places.start.saturating_sub(radius)..(places.end + radius).min(length),
        }
    }

    /// The best `k` context tokens of every query of a tile; features are `[tokens, dim]`, of length 1.
    pub fn best(
        &self,
        tile: &Tile,
        queries: ArrayView2<'_, f32>,
        context: &[ArrayView2<'_, f32>],
        k: usize,
        buffers: &mut Buffers,
    ) -> Vec<(usize, Vec<Candidate>)> {
        let dim = queries.ncols();
        let mut found: Vec<(usize, usize, TopK)> = Vec::new();
        buffers.queries.clear();
        for row in tile.rows.clone() {
            for column in tile.columns.clone() {
                buffers.queries.extend(queries.row(row * self.columns + column));
                found.push((row, column, TopK::new(k)));
            }
        }
        let (rows, columns) = (self.window(&tile.rows, self.rows), self.window(&tile.columns, self.columns));
        let tokens = rows.len() * columns.len();
        buffers.products.resize(found.len() * tokens, 0.0);
        for (frame, features) in (0_u32..).zip(context) {
            buffers.context.clear();
            for row in rows.clone() {
                let first = row * self.columns;
                match features.as_slice() {
                    Some(all) => buffers
                        .context
                        .extend_from_slice(&all[(first + columns.start) * dim..(first + columns.end) * dim]),
                    None => columns.clone().for_each(|column| buffers.context.extend(features.row(first + column))),
                }
            }
            let shaped = (
                ArrayView2::from_shape((found.len(), dim), &buffers.queries),
                ArrayView2::from_shape((tokens, dim), &buffers.context),
                ArrayViewMut2::from_shape((found.len(), tokens), &mut buffers.products),
            );
            // The lengths are those of the shapes, as they were made above.
            let (Ok(queries), Ok(context), Ok(products)) = shaped else { continue };
            multiply_alone(queries, context.t(), products, Put::Set);
            for ((row, column, top), products) in found.iter_mut().zip(buffers.products.chunks(tokens.max(1))) {
                let own_rows = self.window(&(*row..*row + 1), self.rows);
                let own_columns = self.window(&(*column..*column + 1), self.columns);
                for row in own_rows {
                    let start = (row - rows.start) * columns.len() + own_columns.start - columns.start;
                    let first_token = (row * self.columns + own_columns.start) as u32;
                    top.look(&products[start..start + own_columns.len()], frame, first_token);
                }
            }
        }
        found.into_iter().map(|(row, column, top)| (row * self.columns + column, top.finish())).collect()
    }
}
