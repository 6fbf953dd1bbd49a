//! Similarities of query tokens with the windows around them.

use std::ops::Range;

use ndarray::{ArrayView2, ArrayViewMut2, s};
use sop_numeric::{Put, multiply_alone};

use super::top_k::{Candidate, TopK};

/// Lines of query tokens that share a product: more of them compute more outside of their windows, fewer are slower products.
const LINES: usize = 4;

/// A grid of tokens with a square window around each.
///
/// Tokens are held line by line along the shorter side, so that the window around some lines is one piece of memory and little more
/// than what is needed of it: of 30 x 52 tokens, windows of 25 x 25 take 43 % of all products with 7 of 15 of the operations.
#[derive(Clone, Copy, Debug)]
pub(super) struct Grid {
    /// Number of lines: the longer side.
    lines: usize,
    /// Tokens of a line.
    length: usize,
    /// Whether lines are the grid's columns.
    is_turned: bool,
    /// Tokens on either side of the middle; `None` for the whole grid.
    radius: Option<usize>,
}

impl Grid {
    pub fn new([rows, columns]: [usize; 2], radius: Option<usize>) -> Self {
        let is_turned = columns > rows;
        let (lines, length) = if is_turned { (columns, rows) } else { (rows, columns) };
        Self { lines, length, is_turned, radius }
    }

    pub fn tokens(&self) -> usize {
        self.lines * self.length
    }

    /// For each token as it is held, its place by the grid's rows.
    pub fn places(&self) -> Vec<usize> {
        let place = |token: usize| match self.is_turned {
            true => token % self.length * self.lines + token / self.length,
            false => token,
        };
        (0..self.tokens()).map(place).collect()
    }

    /// Ranges of lines that cover the grid.
    pub fn tiles(&self) -> Vec<Range<usize>> {
        (0..self.lines).step_by(LINES).map(|first| first..(first + LINES).min(self.lines)).collect()
    }

    /// The window around a range of places on an axis.
    fn window(&self, places: &Range<usize>, length: usize) -> Range<usize> {
        match self.radius {
            None => 0..length,
            Some(radius) => places.start.saturating_sub(radius)..(places.end + radius).min(length),
        }
    }

    /// The best `k` context tokens of every query token of some lines, in order; features are `[tokens, dim]`, of length 1.
    pub fn best(
        &self,
        tile: &Range<usize>,
        queries: ArrayView2<'_, f32>,
        context: &[ArrayView2<'_, f32>],
        k: usize,
        products: &mut Vec<f32>,
    ) -> Vec<Vec<Candidate>> {
        let queries = queries.slice(s![tile.start * self.length..tile.end * self.length, ..]);
        let lines = self.window(tile, self.lines);
        let tokens = lines.len() * self.length;
        let mut found: Vec<TopK> = (0..queries.nrows()).map(|_| TopK::new(k)).collect();
        products.resize(queries.nrows() * tokens, 0.0);
        for (frame, features) in (0_u32..).zip(context) {
            let context = features.slice(s![lines.start * self.length..lines.end * self.length, ..]);
            let Ok(view) = ArrayViewMut2::from_shape((queries.nrows(), tokens), products) else { continue };
            multiply_alone(queries, context.t(), view, Put::Set);
            for ((query, top), products) in found.iter_mut().enumerate().zip(products.chunks(tokens.max(1))) {
                let (line, place) = (tile.start + query / self.length, query % self.length);
                let places = self.window(&(place..place + 1), self.length);
                for line in self.window(&(line..line + 1), self.lines) {
                    let start = (line - lines.start) * self.length + places.start;
                    let first_token = (line * self.length + places.start) as u32;
                    top.look(&products[start..start + places.len()], frame, first_token);
                }
            }
        }
        found.into_iter().map(TopK::finish).collect()
    }
}
