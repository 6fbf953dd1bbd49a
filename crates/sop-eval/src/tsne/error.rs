//! What can be wrong with a map.

use sop_index::SearchError;

/// Why a map could not be made or scored.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TsneError {
    /// The perplexity is not a number above 1.
    #[error("`perplexity` is {perplexity}; it must be a number above 1, e.g. 30")]
    Perplexity {
        /// The value given.
        perplexity: f64,
    },
    /// A map of other than two or three dimensions.
    #[error("`dimensions` is {dimensions}; a map has 2 or 3")]
    Dimensions {
        /// The value given.
        dimensions: usize,
    },
    /// The exaggeration is not a number from 1 on.
    #[error("`early_exaggeration` is {exaggeration}; it must be a number of at least 1, e.g. 12")]
    Exaggeration {
        /// The value given.
        exaggeration: f64,
    },
    /// The learning rate is not a positive number.
    #[error("`learning_rate` is {learning_rate}; it must be a positive number, or left out to follow the points")]
    LearningRate {
        /// The value given.
        learning_rate: f64,
    },
    /// The opening angle is not within 0 and 1.
    #[error("`theta` is {theta}; it must be within 0 (exact and slow) and 1, e.g. 0.5")]
    Theta {
        /// The value given.
        theta: f64,
    },
    /// Fewer points than the perplexity allows.
    #[error(
        "{points} points are too few for a perplexity of {perplexity}, which must be below the number of other points; \
         lower `perplexity` or take more points"
    )]
    TooFewPoints {
        /// Number of points.
        points: usize,
        /// The perplexity asked for.
        perplexity: f64,
    },
    /// More points than an index of 32 bits can name.
    #[error("{points} points are more than 2^32 - 1; take a part of them")]
    TooManyPoints {
        /// Number of points.
        points: usize,
    },
    /// Vectors with fewer components than the map has dimensions cannot start at their principal components.
    #[error("vectors of {components} components have no {dimensions} principal components; set `init` to `random`")]
    TooFewComponents {
        /// Components of a vector.
        components: usize,
        /// Dimensions of the map.
        dimensions: usize,
    },
    /// A vector or a map holds a value that is not finite.
    #[error("row {row} of the {what} holds a value that is not finite; leave it out or make it again")]
    NotFinite {
        /// `vectors` or `map`.
        what: &'static str,
        /// The first such row.
        row: usize,
    },
    /// A map of other points.
    #[error("the map has {rows} rows for {points} points; score a map of the same points")]
    MapRows {
        /// Rows of the map.
        rows: usize,
        /// Number of points.
        points: usize,
    },
    /// The map has left the range of numbers.
    #[error("the map left the range of numbers in iteration {iteration}; lower `learning_rate` or leave it out")]
    Diverged {
        /// The iteration, from 1 on.
        iteration: usize,
    },
    /// The neighbour search failed.
    #[error(transparent)]
    Search(#[from] SearchError),
}
