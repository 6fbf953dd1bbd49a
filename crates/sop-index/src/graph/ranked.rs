//! Cells in the order of what a query may find in them, and how many rows above a score are expected there.

use crate::graph::tail::share_above;

/// A cell that a query may find rows in.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Ranked {
    pub cell: u32,
    /// Its rows; after it was looked at, those in the set.
    pub rows: u32,
    /// The score of its centre.
    pub score: f32,
    /// What is added to estimates of its rows.
    pub product: f32,
    /// The deviation of the scores of its rows, if they lie as far from their centre in every direction.
    pub deviation: f32,
}

/// What tells how many rows of a cell have a score above a bound.
pub(crate) struct Around {
    pub bound: f32,
    /// How many times as far rows lie from their centres, along the query, as they do in any direction.
    pub spread: f32,
    /// The deviation of scores in a cell at least.
    pub least: f32,
}

impl Ranked {
    /// The rows of a score above a bound that are expected in the cell.
    #[inline(always)]
    pub fn expected(&self, around: &Around) -> f32 {
        let deviation = (around.spread * self.deviation).max(around.least);
        self.rows as f32 * share_above((around.bound - self.score) / deviation)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_expected_as_normal_numbers_lie() {
        let cell = Ranked { rows: 1000, score: 0.5, deviation: 0.05, ..Ranked::default() };
        let expected = |bound, spread, least| cell.expected(&Around { bound, spread, least });
        assert!((expected(0.5, 1.0, 1e-9) - 500.0).abs() < 1.0);
        // Two deviations above the mean.
        assert!((expected(0.6, 1.0, 1e-9) - 22.75).abs() < 1.0);
        assert!((expected(0.7, 2.0, 1e-9) - 22.75).abs() < 1.0);
        assert!((expected(0.7, 1.0, 0.1) - 22.75).abs() < 1.0);
        // Rows that are all alike are all expected where the bound cannot be told from them.
        let alike = Ranked { deviation: 0.0, ..cell };
        assert!(alike.expected(&Around { bound: 0.5, spread: 1.0, least: 1e-7 }) > 499.0);
    }
}
