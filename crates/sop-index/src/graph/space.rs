//! Distances between rows, which a graph is built by.
//!
//! For the inner product with any query, rows of differing length are lifted to one length by a component more,
//! `(y, sqrt(M^2 - |y|^2))` with `M` the largest norm: a query with a zero there has the same products, and among the lifted rows the
//! order of Euclidean distances is that of products (Bachrach and others, "Speeding up the Xbox recommender system", 2014). Distances
//! are those of the integers, so that equal rows are at distance zero.

use rayon::prelude::*;

use crate::exact::similarity::SquareSum;
use crate::exact::vectors::Rows;
use crate::graph::codes::{RowCodes, RowNumbers};
use crate::graph::dot::Line;
use sop_numeric::simd::vectorized;

/// Rows whose squared lengths differ by less than this share are taken for equally long.
const EQUAL: f64 = 1e-5;

/// Rows with the distances between them.
pub(crate) struct Space<'a> {
    codes: &'a RowCodes,
    /// What is added is half the squared norm, negative.
    numbers: Vec<RowNumbers>,
    /// The component more; empty where all rows are equally long.
    lifts: Vec<f32>,
}

impl<'a> Space<'a> {
    /// Prepares the rows that `codes` were made of.
    pub fn new(vectors: Rows<'_>, codes: &'a RowCodes) -> Self {
        let dim = vectors.dim();
        let square_sums: Vec<f64> = (0..vectors.len())
            .into_par_iter()
            .map_init(|| vec![0.0; dim], |copy, row| vectorized(SquareSum(vectors.get(row, copy))))
            .collect();
        let largest = square_sums.iter().copied().fold(0.0, f64::max);
        let smallest = square_sums.iter().copied().fold(f64::INFINITY, f64::min);
        let lifts: Vec<f32> = if largest - smallest > largest * EQUAL {
            square_sums.iter().map(|square_sum| ((largest - square_sum).sqrt() / codes.unit()) as f32).collect()
        } else {
            Vec::new()
        };
        let numbers = (0..vectors.len() as u32)
            .into_par_iter()
            .map(|row| {
                let scale = codes.numbers()[row as usize].scale;
                let lift = lifts.get(row as usize).copied().unwrap_or_default();
                let square_sum = f64::from(scale).powi(2) * f64::from(codes.square_sum(row)) + f64::from(lift).powi(2);
                RowNumbers { scale, added: (-0.5 * square_sum) as f32 }
            })
            .collect();
        Self { codes, numbers, lifts }
    }

    /// Number of rows.
    pub fn len(&self) -> usize {
        self.codes.len()
    }

    /// Whether the rows are of differing lengths.
    pub fn is_lifted(&self) -> bool {
        !self.lifts.is_empty()
    }

    /// Scores other rows by their closeness to `row`, whose integers are put into `vector`.
    pub fn around<'b>(&'b self, row: u32, vector: &'b mut Vec<Line>) -> Scorer<'b> {
        let sum = self.codes.row(row, vector);
        Scorer {
            codes: self.codes,
            numbers: &self.numbers,
            lifts: &self.lifts,
            vector,
            offset: 128 * sum,
            scale: self.numbers[row as usize].scale,
            weight: 1.0,
            lift: self.lifts.get(row as usize).copied().unwrap_or_default(),
        }
    }

    /// Half the squared distance of two rows.
    pub fn between(&self, first: u32, second: u32) -> f32 {
        let (mut vector, mut products, mut scores) = (Vec::new(), Vec::new(), Vec::new());
        self.around(first, &mut vector).scores(&[second], &mut products, &mut scores);
        self.distance(first, scores.first().copied().unwrap_or_default())
    }

    /// Half the squared distance to `row` of what has this score around it.
    #[inline]
    pub fn distance(&self, row: u32, score: f32) -> f32 {
        // The row's own half is taken off; rounding must not make it negative.
        (-self.numbers[row as usize].added - score).max(0.0)
    }
}

/// Scores rows for one query or around one row: the higher the nearer.
#[derive(Clone, Copy)]
pub(crate) struct Scorer<'a> {
    pub codes: &'a RowCodes,
    pub numbers: &'a [RowNumbers],
    pub lifts: &'a [f32],
    pub vector: &'a [Line],
    pub offset: i32,
    pub scale: f32,
    pub weight: f32,
    pub lift: f32,
}

impl Scorer<'_> {
    /// Writes the scores of some rows, in their order, to `scores`.
    #[inline]
    pub fn scores(&self, rows: &[u32], products: &mut Vec<i32>, scores: &mut Vec<f32>) {
        products.resize(rows.len(), 0);
        self.codes.products(self.vector, rows, products);
        scores.clear();
        scores.extend(rows.iter().zip(&*products).map(|(&row, &product)| {
            let numbers = self.numbers[row as usize];
            (product - self.offset) as f32 * (self.scale * numbers.scale) + self.weight * numbers.added
        }));
        if !self.lifts.is_empty() {
            let lifts = rows.iter().map(|&row| self.lifts[row as usize]);
            scores.iter_mut().zip(lifts).for_each(|(score, lift)| *score += self.lift * lift);
        }
    }
}
