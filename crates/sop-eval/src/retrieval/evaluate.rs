//! The protocol: descriptors or a ranking in, measurements out.

use ndarray::{Array2, ArrayView1, ArrayView2};
use sop_core::Measurement;

use super::measure::{Lacking, measure, values_of_queries};
use super::prepare::{check_pair, fit_whitening, to_unit_length};
use super::{Relevance, RetrievalError, RetrievalParams, database_augmentation, query_expansion, rank};
use crate::statistics::add_intervals;

/// The queries with their answers.
#[derive(Clone, Copy, Debug)]
pub struct QuerySet<'a> {
    /// Names of the queries: the units that are averaged over.
    pub ids: &'a [String],
    /// The answers to each query.
    pub relevance: &'a [Relevance],
}

/// Ranks the database for each query and measures the ranking.
///
/// `queries`, `[queries, dim]`, `database`, `[images, dim]`, and `whitening_set`, `[others, dim]`, are descriptors of any
/// length; they are whitened where that is asked for, then scaled to unit length. For each difficulty, in the order of
/// [`Difficulty::ALL`](super::Difficulty::ALL), returns fractions over the queries that have a right answer:
/// - `map`: mean of the [average precision](super::average_precision);
/// - `mp@1`, `mp@5`, `mp@10`: mean of the [precision](super::precision_at) of the first images;
/// - `precision` at the parameter `recall` of 0, 0.1 … 1: mean of the [interpolated precision](super::interpolated_precision).
///
/// The parameter `skipped_queries` counts the queries without a right answer; where all are, values are undefined.
///
/// # Errors
/// When a parameter is wrong, an array is empty or not finite, shapes differ, an answer is beyond the database or listed
/// twice, or whitening and its set are not given together.
pub fn evaluate(
    queries: ArrayView2<'_, f32>,
    database: ArrayView2<'_, f32>,
    whitening_set: Option<ArrayView2<'_, f32>>,
    set: QuerySet<'_>,
    params: &RetrievalParams,
) -> Result<Vec<Measurement>, RetrievalError> {
    let ranking = rank_descriptors(queries, database, whitening_set, params)?;
    measure_ranking(ranking.view(), database.nrows(), set, params)
}

/// Ranks the database for each query as [`evaluate`] does: indices `[queries, images]`, the most similar first.
///
/// # Errors
/// As [`evaluate`], but for what is wrong with answers.
pub fn rank_descriptors(
    queries: ArrayView2<'_, f32>,
    database: ArrayView2<'_, f32>,
    whitening_set: Option<ArrayView2<'_, f32>>,
    params: &RetrievalParams,
) -> Result<Array2<u32>, RetrievalError> {
    params.check()?;
    check_pair(queries, database)?;
    let whitening = fit_whitening(params.whitening.as_ref(), whitening_set)?;
    let mut queries = to_unit_length(whitening.as_ref(), queries)?;
    let mut database = to_unit_length(whitening.as_ref(), database)?;
    if let Some(augmentation) = &params.database_augmentation {
        database = database_augmentation(database.view(), augmentation)?;
    }
    if let Some(expansion) = &params.query_expansion {
        queries = query_expansion(queries.view(), database.view(), expansion)?;
    }
    rank(queries.view(), database.view())
}

/// Measures a ranking of a database of `images` that was made elsewhere, with the metrics of [`evaluate`].
///
/// `ranking` is `[queries, places]`, the best image first; files of the reference have a column for each query, whose
/// transposed view fits. A list may end early: the answers that it lacks count as not found.
///
/// # Errors
/// When the ranking names an image beyond the database or twice for a query, rows and queries are not as many,
/// `params` change descriptors, or answers are wrong as in [`evaluate`].
pub fn evaluate_ranking(
    ranking: ArrayView2<'_, u32>,
    images: usize,
    set: QuerySet<'_>,
    params: &RetrievalParams,
) -> Result<Vec<Measurement>, RetrievalError> {
    params.check_for_ranking()?;
    measure_ranking(ranking, images, set, params)
}

/// Measures a ranking that [`rank_descriptors`] made with these parameters, which are recorded with the values.
///
/// # Errors
/// As [`evaluate_ranking`], but for parameters.
pub fn measure_ranking(
    ranking: ArrayView2<'_, u32>,
    images: usize,
    set: QuerySet<'_>,
    params: &RetrievalParams,
) -> Result<Vec<Measurement>, RetrievalError> {
    let lists: Vec<ArrayView1<'_, u32>> = ranking.rows().into_iter().collect();
    let mut measurements = measure(&values_of_queries(&lists, images, set, Lacking::Nothing)?, set, &params.recorded());
    add_intervals(&mut measurements, params.bootstrap_resamples, params.seed);
    Ok(measurements)
}
