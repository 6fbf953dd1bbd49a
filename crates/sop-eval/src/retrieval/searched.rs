//! What a search gave, held against the ranking of all images.

use ndarray::{ArrayView1, ArrayView2, s};
use sop_core::{Measurement, Params};

use super::info::{LOST_TO_GRAPH, LOST_TO_K};
use super::measure::{Lacking, NUM_VALUES, ValueColumn, Values, measure_each, ranking_columns, values_of_queries};
use super::{QuerySet, RetrievalError, RetrievalParams};
use crate::statistics::add_intervals;

/// What a search gave for each query, and what exact search gives.
#[derive(Clone, Copy, Debug)]
pub struct Searched<'a> {
    /// The images that were found for each query, best first: `k` of them, or fewer.
    pub found: &'a [Vec<u32>],
    /// How many images were asked for.
    pub k: usize,
    /// The ranking of all images by the same descriptors, `[queries, images]`.
    pub exact: ArrayView2<'a, u32>,
    /// What tells the search from others, besides `k`; recorded with the values.
    pub params: &'a Params,
}

/// A query's values of what was found, and its average precision by exact search: of the first `k` images and of all.
struct Compared {
    found: [f64; NUM_VALUES],
    first: f64,
    all: f64,
}

/// Measures what a search gave, with the metrics of [`evaluate`](fn@super::evaluate), and what it lost.
///
/// Images that are not among those found count as not found: a right one adds nothing to the average precision, nor to the curve. Where one is not found,
/// the precision of the first images is their share of right ones among all those places, as the last right answer lies behind them.
/// Two things lower the mean average precision, which have metrics of their own:
/// - `map_lost_to_graph`: mAP of the first `k` images of the exact ranking, less `map`. It is 0 where the search is exact, and below 0
///   where what was missed were wrong images above right ones.
/// - `map_lost_to_k`: mAP of the whole exact ranking, less that of its first `k` images; never below 0.
///
/// The mAP of the whole exact ranking is the sum of all three. The parameter `index_k` is `k`.
///
/// # Errors
/// When `k` is 0, a list is longer than `k`, a list names an image beyond the database or twice, lists and queries are not as many, or
/// answers are wrong as in [`evaluate`](fn@super::evaluate).
pub fn evaluate_search(
    searched: Searched<'_>,
    images: usize,
    set: QuerySet<'_>,
    params: &RetrievalParams,
) -> Result<Vec<Measurement>, RetrievalError> {
    let Searched { found, k, exact, params: of_search } = searched;
    if k == 0 {
        return Err(RetrievalError::Param { name: "k", value: 0.0, range: "at least 1" });
    }
    if let Some(longest) = found.iter().map(Vec::len).max().filter(|longest| *longest > k) {
        return Err(RetrievalError::Counts { what: "images found for a query", found: longest, expected: k });
    }
    let cut = exact.slice(s![.., ..k.min(exact.ncols())]);
    let lists = |ranking: &ArrayView2<'_, u32>| -> Result<Vec<[Values; 3]>, RetrievalError> {
        let rows: Vec<ArrayView1<'_, u32>> = ranking.rows().into_iter().collect();
        values_of_queries(&rows, images, set, Lacking::Behind)
    };
    let found: Vec<ArrayView1<'_, u32>> = found.iter().map(|list| ArrayView1::from(list.as_slice())).collect();
    let of_found = values_of_queries(&found, images, set, Lacking::Behind)?;
    let compared: Vec<[Option<Compared>; 3]> = of_found
        .into_iter()
        .zip(lists(&cut)?)
        .zip(lists(&exact)?)
        .map(|((found, first), all)| {
            std::array::from_fn(|place| {
                Some(Compared { found: found[place]?, first: first[place]?[0], all: all[place]?[0] })
            })
        })
        .collect();
    let lost = [&LOST_TO_GRAPH, &LOST_TO_K].map(ValueColumn::of);
    let columns: Vec<ValueColumn> = ranking_columns().chain(lost).collect();
    let of_one = |place: usize, values: &Compared| match values.found.get(place) {
        Some(&value) => value,
        None if place == NUM_VALUES => values.first - values.found[0],
        None => values.all - values.first,
    };
    let mut recorded = params.recorded();
    recorded.extend(of_search.clone());
    // No value of a search may pass for one of a whole ranking.
    recorded.insert("index_k".to_owned(), k.into());
    let mut measurements = measure_each(&columns, &compared, &of_one, set, &recorded);
    add_intervals(&mut measurements, params.bootstrap_resamples, params.seed);
    Ok(measurements)
}
