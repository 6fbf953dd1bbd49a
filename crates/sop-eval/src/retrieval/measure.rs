//! From rankings to the metrics.

use std::collections::HashMap;
use std::sync::Arc;

use ndarray::ArrayView1;
use rayon::prelude::*;
use sop_core::{Measurement, MetricInfo, Outcomes, Params};

use super::info::{PRECISION, RANKING_METRICS, RECALL};
use super::precision::{RECALL_POINTS, average_precision, interpolated_precision, precision_at};
use super::relevance::{Answer, Role};
use super::{Difficulty, QuerySet, Relevance, RetrievalError};

/// Places of the precisions that the metrics name.
const PLACES: [usize; 3] = [1, 5, 10];

/// Values of one query in the order of [`ranking_columns`]; `None` where it has no right answer.
pub(super) type Values = Option<[f64; NUM_VALUES]>;

/// Values of one ranked list.
pub(super) const NUM_VALUES: usize = RANKING_METRICS.len() + RECALL_POINTS;

/// What is averaged over the queries: a metric, at a recall where it is the curve's.
#[derive(Clone, Copy)]
pub(super) struct ValueColumn {
    metric: &'static MetricInfo,
    recall: Option<f64>,
}

impl ValueColumn {
    /// A metric that has one value.
    pub(super) fn of(metric: &'static MetricInfo) -> Self {
        Self { metric, recall: None }
    }
}

/// What is measured of a ranked list: the metrics of any ranking, then the curve.
pub(super) fn ranking_columns() -> impl Iterator<Item = ValueColumn> {
    let steps = (RECALL_POINTS - 1) as f64;
    let curve =
        (0..RECALL_POINTS).map(move |step| ValueColumn { metric: &PRECISION, recall: Some(step as f64 / steps) });
    RANKING_METRICS.iter().map(ValueColumn::of).chain(curve)
}

/// What is known of the right answers that a list lacks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lacking {
    /// Nothing: the list is all that there is.
    Nothing,
    /// They rank behind its end, as in the list of a search.
    Behind,
}

/// The values of each query in each difficulty. A list may end early: the answers that it lacks count as not found.
pub(super) fn values_of_queries(
    lists: &[ArrayView1<'_, u32>],
    images: usize,
    set: QuerySet<'_>,
    lacking: Lacking,
) -> Result<Vec<[Values; 3]>, RetrievalError> {
    for (what, found) in [("rankings", lists.len()), ("answers of queries", set.relevance.len())] {
        if found != set.ids.len() {
            return Err(RetrievalError::Counts { what, found, expected: set.ids.len() });
        }
    }
    let of_query = |query: usize| {
        let id = &set.ids[query];
        let roles = set.relevance[query].roles(id, images)?;
        let list = ranked_roles(lists[query], &roles, id)?;
        Ok(Difficulty::ALL.map(|difficulty| values(difficulty, &list, &roles, lacking)))
    };
    (0..set.ids.len()).into_par_iter().map(of_query).collect()
}

/// The metrics of each difficulty, without intervals.
pub(super) fn measure(of_queries: &[[Values; 3]], set: QuerySet<'_>, made_by: &Params) -> Vec<Measurement> {
    let of_one = |place: usize, values: &[f64; NUM_VALUES]| values[place];
    measure_each(&ranking_columns().collect::<Vec<_>>(), of_queries, &of_one, set, made_by)
}

/// A mean over the queries for each difficulty and each column, whose value for a query `of_one` says by the column's place.
/// `None` is a query without a right answer, which is left out and counted.
pub(super) fn measure_each<V>(
    columns: &[ValueColumn],
    of_queries: &[[Option<V>; 3]],
    of_one: &dyn Fn(usize, &V) -> f64,
    set: QuerySet<'_>,
    made_by: &Params,
) -> Vec<Measurement> {
    let landmarks = landmarks(set.relevance);
    let mut measurements = Vec::new();
    for (place, difficulty) in Difficulty::ALL.into_iter().enumerate() {
        let queries = set.ids.iter().zip(of_queries).zip(&landmarks);
        let counted: Vec<(&String, &V, u32)> =
            queries.filter_map(|((id, values), &landmark)| Some((id, values[place].as_ref()?, landmark))).collect();
        let unit_ids: Arc<[String]> = counted.iter().map(|(id, ..)| (*id).clone()).collect();
        let clusters: Arc<[u32]> = counted.iter().map(|(.., landmark)| *landmark).collect();
        let mut params = made_by.clone();
        params.insert("difficulty".to_owned(), difficulty.name().into());
        params.insert("skipped_queries".to_owned(), (set.ids.len() - counted.len()).into());
        for (place, column) in columns.iter().enumerate() {
            let values = counted.iter().map(|(_, values, _)| of_one(place, values)).collect();
            let outcomes = Outcomes::new(unit_ids.clone(), values).in_clusters(clusters.clone());
            let mut params = params.clone();
            params.extend(column.recall.map(|recall| (RECALL.to_owned(), recall.into())));
            measurements.push(mean(column.metric, params, outcomes));
        }
    }
    measurements
}

/// The landmark of each query, by the number of the first query that shows it: two queries that have a right answer in common show the
/// same one, as do those that both share one with a third. Their values belong together: an easy landmark is easy for all its queries.
fn landmarks(relevance: &[Relevance]) -> Vec<u32> {
    let mut landmarks: Vec<u32> = (0..relevance.len() as u32).collect();
    let first = |landmarks: &[u32], mut query: u32| {
        while landmarks[query as usize] != query {
            query = landmarks[query as usize];
        }
        query
    };
    let mut of_images: HashMap<u32, u32> = HashMap::new();
    for (query, answers) in relevance.iter().enumerate() {
        for &image in answers.easy.iter().chain(&answers.hard) {
            let known = *of_images.entry(image).or_insert(query as u32);
            let (one, other) = (first(&landmarks, known), first(&landmarks, query as u32));
            landmarks[one.max(other) as usize] = one.min(other);
        }
    }
    (0..landmarks.len() as u32).map(|query| first(&landmarks, query)).collect()
}

/// The mean over units as a measurement; undefined without units.
pub(super) fn mean(metric: &MetricInfo, params: Params, outcomes: Outcomes) -> Measurement {
    let measurement = Measurement::mean(metric, params, outcomes);
    if measurement.num_samples == 0 { measurement.without_outcomes() } else { measurement }
}

/// The roles of the ranked images, each of which is one of the database and occurs once.
fn ranked_roles(list: ArrayView1<'_, u32>, roles: &[Role], query: &str) -> Result<Vec<Role>, RetrievalError> {
    let mut seen = vec![false; roles.len()];
    let role = |&index: &u32| {
        let seen = seen.get_mut(index as usize);
        match (roles.get(index as usize), seen) {
            (Some(&role), Some(seen)) if !*seen => {
                *seen = true;
                Ok(role)
            }
            (Some(_), _) => Err(RetrievalError::RankedTwice { query: query.to_owned(), index }),
            (None, _) => Err(RetrievalError::RankBeyond { query: query.to_owned(), index, images: roles.len() }),
        }
    };
    list.iter().map(role).collect()
}

fn values(difficulty: Difficulty, list: &[Role], roles: &[Role], lacking: Lacking) -> Values {
    let num_positives = roles.iter().filter(|&&role| difficulty.answer(role) == Answer::Right).count();
    let mut ranks = Vec::with_capacity(num_positives);
    let mut rank = 0;
    for &role in list {
        match difficulty.answer(role) {
            Answer::Ignored => continue,
            Answer::Right => ranks.push(rank),
            Answer::Wrong => {}
        }
        rank += 1;
    }
    let ap = average_precision(&ranks, num_positives)?;
    let precision = |place: usize| {
        if lacking == Lacking::Behind && ranks.len() < num_positives {
            // The last right answer ranks behind all of the list, so that nothing shortens the places that are counted.
            ranks.iter().filter(|&&rank| rank < place).count() as f64 / place as f64
        } else {
            precision_at(&ranks, place)
        }
    };
    let [first, fifth, tenth] = PLACES.map(precision);
    let curve = interpolated_precision(&ranks, num_positives)?;
    let mut values = [0.0; NUM_VALUES];
    values.iter_mut().zip([ap, first, fifth, tenth].into_iter().chain(curve)).for_each(|(slot, value)| *slot = value);
    Some(values)
}
